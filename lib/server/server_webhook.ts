/**
 * Opens the webhook that the options of a server ask for.
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { isLoopback } from "../ip/ip_address.ts";
import { hostAndPortOf, parseEndpoint } from "../webhook/endpoint.ts";
import { Signer } from "../webhook/signature.ts";
import { Webhook } from "../webhook/webhook.ts";
import type { Clock } from "./connection/clock.ts";
import type { Counters } from "./observability/counters.ts";
import type { Logger, LogLevel } from "./observability/log.ts";
import type { ServeOptions, Settings } from "./settings.ts";

/** The webhook cannot be used. The message is one line: "Cannot send webhooks: ...". */
export class WebhookError extends Error {
  /** The name of the class, as stack traces show it. */
  override readonly name = "WebhookError";

  /** Describes in a few words why. */
  constructor(reason: string) {
    super(`Cannot send webhooks: ${reason}`);
  }
}

export interface ServerWebhookOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly counters: Counters;
  /** Returns the epoch of the chat. */
  readonly epoch: () => string;
}

/**
 * Opens the webhook, if there is one.
 *
 * @throws {TypeError} If the URL or the secret is missing.
 * @throws {WebhookError} If the secret cannot be used, or a permission is missing.
 */
export function openServerWebhook(
  { webhook, webhookSecretFile }: Settings,
  { webhookSecret }: Pick<ServeOptions, "webhookSecret">,
  { clock, random, log, counters, epoch }: ServerWebhookOptions,
): Webhook | undefined {
  if (webhook === undefined) {
    if (webhookSecret === undefined) return undefined;
    throw new TypeError("Cannot send webhooks: there is a secret, but no URL");
  }
  const url = parseEndpoint(webhook);
  const logAs = (level: LogLevel, message: string) => log({ level, topic: "webhook", message });
  const host = hostAndPortOf(url);
  // The runtime would report this at the first event, or ask for it on the terminal and stop the server meanwhile.
  if (Deno.permissions.querySync({ name: "net", host }).state !== "granted") {
    throw new WebhookError(`they need --allow-net=${host}`);
  }
  const signer = webhookSecret === undefined
    ? readSecret(webhookSecretFile, logAs)
    : createSigner(webhookSecret, "the secret");
  if (url.protocol === "http:" && !isLocal(url)) {
    logAs("warn", `Webhooks to ${url.origin} can be read on the way, try https`);
  }
  return new Webhook({
    url,
    signer,
    userAgent: `Backchannel/${config.version}`,
    epoch,
    fetch: globalThis.fetch,
    clock: {
      now: () => clock.now(),
      wall: () => clock.wall?.() ?? Date.now(),
      after: (ms, action) => clock.after(ms, action),
    },
    random,
    counts: counters.webhook,
    log: logAs,
  });
}

function isLocal({ hostname }: URL): boolean {
  return hostname === "localhost" || isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}

/** File mode bits that let users other than the owner read the file. */
const READABLE_BY_OTHERS = 0o044;

function readSecret(
  path: string | undefined,
  logAs: (level: LogLevel, message: string) => void,
): Signer {
  if (path === undefined) {
    throw new TypeError("Cannot send webhooks: there is no secret to sign them with");
  }
  let text: string, mode: number | null;
  try {
    text = Deno.readTextFileSync(path);
    mode = Deno.statSync(path).mode;
  } catch (error) {
    throw new WebhookError(`secret file '${path}': ${describeReadError(error)}`);
  }
  if (((mode ?? 0) & READABLE_BY_OTHERS) !== 0) {
    logAs("warn", "Others on this machine can read the webhook secret file, try chmod 600");
  }
  return createSigner(text, `secret file '${path}'`);
}

function createSigner(text: string, what: string): Signer {
  try {
    return new Signer(text);
  } catch (error) {
    if (error instanceof TypeError) throw new WebhookError(`${what}: ${error.message}`);
    throw error;
  }
}

function describeReadError(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  if (error instanceof Deno.errors.NotCapable) return "it needs --allow-read for this path";
  return error instanceof Error ? error.message : String(error);
}
