/**
 * Opens the webhook that the options of a server ask for.
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { CredentialError, readSecretFile } from "../identity/secret.ts";
import { isLoopback } from "../ip/ip_address.ts";
import { hostAndPortOf, parseEndpoint } from "../webhook/endpoint.ts";
import { Signer } from "../webhook/signature.ts";
import { Webhook } from "../webhook/webhook.ts";
import type { Clock } from "./connection/clock.ts";
import type { Counters } from "./observability/counters.ts";
import { type LogData, logEntry, type Logger } from "./observability/log.ts";
import type { Settings } from "./settings.ts";
import type { ServeValues } from "./values.ts";

/** Webhooks cannot be sent. The message is one line: "Cannot send webhooks: they need --allow-net=hooks.example:443". */
export class WebhookError extends Error {
  /** The name of the class, as stack traces show it. */
  override readonly name: string = "WebhookError";

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

/** Where the secret is. */
type SecretOptions = Pick<Settings, "webhookSecretFile"> & Pick<ServeValues, "webhookSecret">;

/**
 * Opens the webhook, if there is one.
 *
 * @throws {TypeError} If the URL is malformed, or it or the secret is missing.
 * @throws {CredentialError} If the secret cannot be used.
 * @throws {WebhookError} If the permission to send is missing.
 */
export function openServerWebhook(
  { webhook, ...secret }: Pick<Settings, "webhook"> & SecretOptions,
  { clock, random, log, counters, epoch }: ServerWebhookOptions,
): Webhook | undefined {
  if (webhook === undefined) {
    if (secret.webhookSecret === undefined) return undefined;
    throw new TypeError("Cannot send webhooks: there is a secret, but no URL");
  }
  const url = parseEndpoint(webhook);
  const signer = createSigner(secret, log);
  const host = hostAndPortOf(url);
  // The runtime would report this at the first event, or ask for it on the terminal and stop the server meanwhile.
  if (Deno.permissions.querySync({ name: "net", host }).state !== "granted") {
    throw new WebhookError(`they need --allow-net=${host}`);
  }
  if (url.protocol === "http:" && !isLocal(url)) {
    log(logEntry("webhook_unencrypted", { endpoint: url.origin }));
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
    log: (kind, data) => log(logEntry(kind, data as LogData[typeof kind])),
  });
}

function isLocal({ hostname }: URL): boolean {
  return hostname === "localhost" || isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}

function createSigner({ webhookSecret, webhookSecretFile: path }: SecretOptions, log: Logger) {
  if (webhookSecret === undefined) {
    if (path === undefined) {
      throw new TypeError("Cannot send webhooks: there is no secret to sign them with");
    }
    const what = `webhook secret file '${path}'`;
    const { text, isExposed } = readSecretFile(path, (reason) => new CredentialError(what, reason));
    if (isExposed) log(logEntry("secret_exposed", { file: what }));
    return createSignerOf(text, what);
  }
  if (path !== undefined) {
    throw new TypeError("Cannot use webhookSecret: there is a file with it too");
  }
  if (typeof webhookSecret !== "string") {
    throw new TypeError("Cannot use webhookSecret: not a text");
  }
  return createSignerOf(webhookSecret, "webhookSecret");
}

function createSignerOf(text: string, what: string): Signer {
  try {
    return new Signer(text);
  } catch (error) {
    if (error instanceof TypeError) throw new CredentialError(what, error.message);
    throw error;
  }
}
