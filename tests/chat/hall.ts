/**
 * Rooms and channels without a hub, and what they delivered: for tests of the fan-out.
 * @module
 */
import { Broadcaster } from "../../lib/delivery/broadcaster.ts";
import { Member } from "../../lib/chat/member.ts";
import { Room } from "../../lib/chat/room.ts";
import type { Membership } from "../../lib/chat/membership.ts";
import { Client, CountingFormat } from "./fakes.ts";

/** A room and another one, with channels of two formats as a hub has them. */
export class Hall {
  readonly deliveries: string[] = [];
  readonly room = new Room("room", 0);
  readonly other = new Room("other", 0);
  readonly lines = this.#channel("\n");
  readonly frames = this.#channel("|");

  join(
    address: string,
    { channel = this.lines, room = this.room, capacity = 100, capacityBytes = 1000 } = {},
  ): Membership {
    const client = new Client();
    const limits = { capacity, capacityBytes, overflow: "drop-oldest" } as const;
    const observer = { slow() {}, recovered() {} };
    const member = new Member(1, address, channel.format, limits, client, observer);
    client.member = member;
    return room.admit(member, channel);
  }

  say(author: Membership, text: string): void {
    for (const audience of author.room.subscribers) {
      if (audience.hears(author)) audience.broadcaster.say(audience, author, text);
    }
  }

  settle(): void {
    for (const channel of [this.lines, this.frames]) channel.deliver();
  }

  #channel(end: string): Broadcaster {
    return new Broadcaster(new CountingFormat(end), {
      delivered: ({ address }, lost) => {
        this.deliveries.push(lost === 0 ? address : `${address} lost ${lost}`);
      },
    });
  }
}

/** All that waits for somebody. */
export function take({ member }: Membership): string {
  let text = "";
  const decoder = new TextDecoder();
  for (let bytes = member.take(); bytes; bytes = member.take()) text += decoder.decode(bytes);
  return text;
}
