// Checks once, before anything is measured, that everybody in a room hears and what arrives.

import type { Client } from "./client.ts";
import { nameOf, oneCharacterEach, type Room } from "./room.ts";
import { incoming, message, outgoing, prefix } from "./wire.ts";

const PATIENCE_SECONDS = 10;

/**
 * Lets `speaker`, who has a name, say one message of this payload.
 *
 * @throws {Error} unless each of `listeners` gets exactly that.
 */
export function probe(
  room: Room,
  speaker: Client,
  payloadBytes: number,
  listeners: readonly Client[],
): void {
  const { dialect } = room.target;
  const name = nameOf(speaker);
  const said = message(dialect, name, payloadBytes);
  const arriving = prefix(dialect, name) + said;
  const expected = {
    ws: oneCharacterEach(incoming("ws", arriving)),
    tcp: oneCharacterEach(incoming("tcp", arriving)),
  };

  const heard = new Map<Client, string>(listeners.map((client) => [client, ""]));
  const isComplete = () =>
    listeners.every((client) => heard.get(client)!.length >= expected[client.transport].length);
  room.tell(speaker, outgoing(speaker.transport, said));
  room.pollUntil(isComplete, PATIENCE_SECONDS, (client, bytes) => {
    heard.set(client, (heard.get(client) ?? "") + room.text(bytes));
  });
  const wrong = listeners.find((client) => heard.get(client) !== expected[client.transport]);
  if (wrong === undefined) return;
  const [got, wanted] = [heard.get(wrong), expected[wrong.transport]].map((s) => JSON.stringify(s));
  throw new Error(`Client ${wrong.index} got ${got} instead of ${wanted}`);
}
