/**
 * Prints how many bytes of heap a room with one member takes. Run with `--v8-flags=--expose-gc`. It is a program of its own
 * because a test cannot force a garbage collection.
 */
import { handleLine } from "../../lib/chat/commands/handle.ts";
import { Chat, RoomyFormat } from "./fakes.ts";

const ROOMS = 10_000;

declare const gc: () => void;

function heap(): number {
  gc();
  return Deno.memoryUsage().heapUsed;
}

const chat = new Chat({ presenceDelay: 15_000 });
// They stay in the lobby, so that the room is all that is measured.
const format = new RoomyFormat();
const clients = Array.from({ length: ROOMS }, () => chat.join(undefined, format));
for (const [i, { member }] of clients.entries()) handleLine(chat.hub, member, `/name user-${i}`);
await Promise.resolve();
const before = heap();
// Padded, since a name must not keep alive the line of which it was a part.
for (const [i, { member }] of clients.entries()) {
  handleLine(chat.hub, member, `/join the-room-of-user-${i}${" ".repeat(4_000)}`);
}
await Promise.resolve();
chat.now += 15_000;
chat.hub.tick();
await Promise.resolve();
for (const client of clients) client.lines();
console.log(Math.round((heap() - before) / ROOMS));
if (chat.hub.largestRooms(1).total !== ROOMS + 1) {
  throw new Error(`There are ${chat.hub.largestRooms(1).total} rooms`);
}
