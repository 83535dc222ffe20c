/**
 * A receiver of webhooks on a real socket, which checks signatures and can misbehave in any way.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { ServerEvent } from "../../lib/wire/protocol.ts";
import { until } from "./patience.ts";
import { RawSocket } from "./raw_socket.ts";
import { isSigned } from "./webhook_signature.ts";

export const WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/** A request with a good signature. */
export interface WebhookRequest {
  readonly id: string;
  readonly target: string;
  readonly epoch: string;
  readonly events: readonly ServerEvent[];
}

/** Answers a request on its connection. Returns whether the connection goes on. */
export type Behavior = (request: WebhookRequest, socket: RawSocket) => Promise<boolean>;

/** Sends a response as it stands. */
export const respond = (response: string): Behavior => async (_request, socket) => {
  await socket.write(response);
  return true;
};

/** Accepts the request. */
export const accept: Behavior = respond(OK);

export class WebhookReceiver implements AsyncDisposable {
  /** All requests, repeated ones included. */
  readonly requests: WebhookRequest[] = [];
  /** The events of all batches that were accepted, each batch once. */
  readonly events: ServerEvent[] = [];
  readonly port: number;
  /** What is done with the next requests, one after the other. After the last one requests are accepted. */
  readonly behaviors: Behavior[];
  connections = 0;
  readonly #listener: Deno.TcpListener;
  readonly #sockets = new Set<RawSocket>();
  readonly #accepted = new Set<string>();
  readonly #serving: Promise<void>[] = [];
  readonly #loop: Promise<void>;

  constructor({ port = 0, behaviors = [] as Behavior[] } = {}) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.port = this.#listener.addr.port;
    this.behaviors = behaviors;
    this.#loop = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook?key=T0KEN`;
  }

  /** The options of a server that sends to this receiver. */
  get options(): { readonly webhook: string; readonly webhookSecret: string } {
    return { webhook: this.url, webhookSecret: WEBHOOK_SECRET };
  }

  /** The texts of the messages that were accepted. */
  get texts(): string[] {
    return this.events.flatMap((event) => event.type === "message" ? [event.text] : []);
  }

  gets(...texts: string[]): Promise<void> {
    return until(() => texts.every((text) => this.texts.includes(text)), `it gets ${texts}`);
  }

  async #accept(): Promise<void> {
    for (;;) {
      const conn = await this.#listener.accept().catch(() => undefined);
      if (conn === undefined) return;
      this.connections++;
      const socket = new RawSocket(conn);
      this.#sockets.add(socket);
      this.#serving.push(this.#serve(socket));
    }
  }

  async #serve(socket: RawSocket): Promise<void> {
    try {
      while (await this.#handle(socket));
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource || isBroken(error))) throw error;
    } finally {
      this.#sockets.delete(socket);
      socket[Symbol.dispose]();
    }
  }

  async #handle(socket: RawSocket): Promise<boolean> {
    const head = await socket.throughOrEnd("\r\n\r\n");
    if (head === undefined) return false;
    const [line = "", ...fields] = head.split("\r\n");
    const headers = new Headers(fields.map((field) => field.split(": ") as [string, string]));
    const body = await socket.bytes(Number(headers.get("content-length")));
    assert(await isSigned(WEBHOOK_SECRET, headers, body), "the signature is good");
    const { type, data } = JSON.parse(new TextDecoder().decode(body));
    assertEquals([line.split(" ")[0], type], ["POST", "chat.events"]);
    const id = headers.get("webhook-id") ?? "";
    const request = { id, target: line.split(" ")[1] ?? "", ...data };
    this.requests.push(request);
    const behavior = this.behaviors.shift() ?? accept;
    if (behavior !== accept) return await behavior(request, socket);
    this.note(request);
    return await accept(request, socket);
  }

  /** Accepts the events of a batch, unless it was accepted before. */
  note({ id, events }: WebhookRequest): void {
    if (this.#accepted.has(id)) return;
    this.#accepted.add(id);
    this.events.push(...events);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket[Symbol.dispose]();
    await this.#loop;
    await Promise.all(this.#serving);
  }
}

function isBroken(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.Interrupted;
}
