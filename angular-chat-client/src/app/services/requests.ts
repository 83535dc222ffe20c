/**
 * Requests as frames, and the ids that they carry. The types of requests and events, and the check of a frame, are in
 * `models/protocol.ts`, which is generated from the server's tables.
 * @module
 */
import type { ClientRequest } from "../models/protocol";

/** The maximum frame size in bytes until the server has announced its own: the server's default. */
export const DEFAULT_MAX_PAYLOAD = 65_536;

/** The number of random bytes in an `id`: as many as in a UUID, so that ids are unique across connections. */
const REF_BYTES = 16;

/** The frame of a request. */
export function encodeRequest(request: ClientRequest): string {
  return JSON.stringify(request);
}

const encoder = new TextEncoder();

/** The size of a frame in bytes. */
export function frameLength(frame: string): number {
  return encoder.encode(frame).length;
}

/** Creates an `id`. Not with `randomUUID`, which is missing on pages that are loaded over plain http from another machine. */
export function createRef(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(REF_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
