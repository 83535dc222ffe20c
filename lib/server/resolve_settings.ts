/**
 * Checks the options of the library against the table of settings, and fills in the defaults.
 * @module
 */
import { parseEngineUrls } from "../cluster/engine_url.ts";
import { isLoopback } from "../ip/ip_address.ts";
import { TOKEN } from "../protocol/http/request_head.ts";
import { parseEndpoint } from "../webhook/endpoint.ts";
import { type Setting, SETTINGS, type Settings } from "./settings.ts";
import { type GivenOptions, tlsSourceOf, toSettings } from "./values.ts";

/**
 * Checks options and fills in the defaults.
 *
 * @throws {RangeError} If a number is out of its bounds.
 * @throws {TypeError} If a value is of the wrong type or not one of the choices, or if an option lacks another one that it
 * needs.
 */
export function resolveSettings(options: GivenOptions): Settings {
  const given = toSettings(options);
  const settings: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const value = given[name as keyof Settings];
    settings[name] = value === undefined ? setting.default : checkSetting(name, setting, value);
  }
  // Loopback addresses are useful and not private. Other addresses are personal data.
  settings.hideAddresses = given.hideAddresses ??
    (!isLoopback(settings.hostname as string) || given.trustProxy !== undefined);
  settings.lineIdleTimeout ??= settings.idleTimeout;
  tlsSourceOf(options); // incomplete options must not start a server without TLS
  checkHistory(given);
  checkWebhook(given);
  checkUserHeader(given);
  checkCluster(settings as unknown as Settings);
  return settings as unknown as Settings;
}

/** Contradictory options must not start a server that stores nothing. */
function checkHistory({ history, noHistory }: Partial<Settings>): void {
  if (history === undefined || noHistory !== true) return;
  throw new TypeError(`Cannot keep history in '${history}': no history is to be kept`);
}

/** The form of the name of a chat, which is a part of keys: a brace would end the hash tag. */
const CLUSTER_NAME = /^[\w.-]{1,64}$/;

/** The engine keeps what a file would keep. */
function checkCluster({ cluster, clusterName, history, echo }: Settings): void {
  if (cluster === undefined) return;
  parseEngineUrls(cluster);
  if (!CLUSTER_NAME.test(clusterName)) {
    throw new TypeError(
      `Cannot name the cluster '${clusterName}': use 1 to 64 letters, digits, '-', '_' or '.'`,
    );
  }
  if (history !== undefined) {
    throw new TypeError(`Cannot keep history in '${history}': the Redis of --cluster keeps it`);
  }
  if (echo) throw new TypeError("Cannot echo: --cluster needs a chat");
}

/** Without a trusted proxy, a header field that lets users in would never be believed. */
function checkUserHeader({ userHeader, trustProxy }: Partial<Settings>): void {
  if (userHeader === undefined) return;
  if (!TOKEN.test(userHeader)) {
    throw new TypeError(`Cannot read users from '${userHeader}': not a name of a header field`);
  }
  if (trustProxy === undefined) {
    throw new TypeError(`Cannot read users from ${userHeader}: no proxy is trusted`);
  }
}

/** A secret for nothing, and a webhook that gets nothing, are mistakes. */
function checkWebhook({ webhook, webhookSecretFile, echo }: Partial<Settings>): void {
  if (webhook === undefined) {
    if (webhookSecretFile === undefined) return;
    throw new TypeError("Cannot send webhooks: there is a secret, but no URL");
  }
  parseEndpoint(webhook);
  if (echo) throw new TypeError("Cannot send webhooks: with echo, no message reaches a room");
}

function checkSetting(name: string, setting: Setting, value: unknown): unknown {
  switch (setting.type) {
    case "number":
      if (typeof value !== "number") {
        throw new TypeError(`Cannot set ${name} to ${value}: not a number`);
      }
      if (
        !(value >= setting.min && value <= setting.max) ||
        (setting.whole && !Number.isInteger(value))
      ) {
        const kind = setting.whole ? "a whole number" : "a number";
        throw new RangeError(
          `Cannot set ${name} to ${value}: not ${kind} from ${setting.min} to ${setting.max}`,
        );
      }
      return value;
    case "choice":
      if (!setting.choices.includes(value as string)) {
        throw new TypeError(
          `Cannot set ${name} to ${value}: not one of ${setting.choices.join(", ")}`,
        );
      }
      return value;
    case "text":
      if (typeof value !== "string" || value === "") {
        throw new TypeError(`Cannot set ${name} to '${value}': not a text`);
      }
      return value;
    case "switch":
      if (typeof value !== "boolean") {
        throw new TypeError(`Cannot set ${name} to ${value}: not true or false`);
      }
      return value;
  }
}
