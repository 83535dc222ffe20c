/**
 * What a client needs from its surroundings: sockets, time and randomness. Tests and runtimes without a global `WebSocket`
 * bring their own.
 * @module
 */

/** The part of a WebSocket that the client uses. The browsers' `WebSocket` and that of the package `ws` have it. */
export interface Socket {
  /** 1 while the connection is open. */
  readonly readyState: number;
  /** The subprotocol that the server selected; empty if it selected none. */
  readonly protocol: string;
  /** Called when the connection is open. */
  // deno-lint-ignore no-explicit-any -- the event types of the runtimes differ
  onopen: ((event: any) => unknown) | null;
  /** Called with every message, whose frame is `data`. */
  // deno-lint-ignore no-explicit-any -- the same
  onmessage: ((event: any) => unknown) | null;
  /** Called when the connection is closed, or cannot be opened. */
  // deno-lint-ignore no-explicit-any -- the same
  onclose: ((event: any) => unknown) | null;
  /** Called before {@linkcode onclose} if something went wrong. */
  // deno-lint-ignore no-explicit-any -- the same
  onerror: ((event: any) => unknown) | null;
  /** Sends a text frame. */
  send(frame: string): void;
  /** Closes the connection. */
  close(): void;
}

/** Opens a WebSocket that offers a subprotocol. Throws if the address cannot be used. */
export type CreateSocket = (url: string, subprotocol?: string) => Socket;

/** A source of time. */
export interface ClientClock {
  /** The current time, in milliseconds. Only differences matter. */
  now(): number;
  /** Calls `run` once after a time in milliseconds. Returns a function that cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** The surroundings of a client. */
export interface ClientEnvironment {
  /** By default the global `WebSocket` is used. */
  readonly createSocket: CreateSocket;
  /** By default the clock and the timers of the runtime are used. */
  readonly clock: ClientClock;
  /** Returns a number from 0 to 1, without 1. */
  readonly random: () => number;
  /** Returns a new request id, which nobody else in the world has. */
  readonly createId: () => string;
}

/** A place for a text that outlives the client, such as a key of `sessionStorage`. */
export interface Memory {
  /** Returns the text; `null` if there is none. */
  load(): string | null;
  /** Stores a text instead of the last one. */
  save(text: string): void;
}
