/**
 * Witnesses: two clients that chat while strangers misbehave, and notice lost, duplicate or reordered messages.
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Client, Wire } from "../support/client.ts";
import { POLITE_WIRES } from "../support/polite.ts";

const [TCP, WEBSOCKET] = POLITE_WIRES;

export class Witnesses implements AsyncDisposable {
  /** The number of messages that they exchanged. */
  said = 0;
  /** The longest round trip of a message, in ms. */
  longest = 0;
  #over = false;
  #chat: Promise<void> | undefined;

  private constructor(readonly speaker: Client, readonly listener: Client, readonly name: string) {}

  /** In the lobby there are other clients, whose messages are ignored. */
  static async meet(port: number, name: string, room?: string): Promise<Witnesses> {
    const join = async (wire: Wire, name: string) => {
      const client = await (await wire.connect(port)).takesName(name);
      if (room !== undefined) await client.asks(`/join ${room}`, `Joined room '${room}'`);
      return client;
    };
    const speaker = await join(TCP, `${name}-tcp`);
    const witnesses = new Witnesses(speaker, await join(WEBSOCKET, `${name}-web`), name);
    witnesses.#chat = witnesses.#talk();
    return witnesses;
  }

  /** Finishes the conversation and disconnects. @throws The error that one of them noticed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    try {
      await this.#chat;
    } finally {
      this.speaker.close();
      this.listener.close();
    }
  }

  /** Resolves when one of them notices an error, or when they stop. */
  get noticed(): Promise<void> {
    return this.#chat!;
  }

  async #talk(): Promise<void> {
    for (; !this.#over; this.said++) {
      const began = performance.now();
      await this.#tell(this.speaker, `${this.name}-tcp`, this.listener);
      await this.#tell(this.listener, `${this.name}-web`, this.speaker);
      this.longest = Math.max(this.longest, performance.now() - began);
    }
  }

  async #tell(from: Client, name: string, to: Client): Promise<void> {
    await from.say(`word ${this.said}`);
    for (;;) {
      const line = await to.line();
      if (!line.startsWith(`[${name}]: `)) continue; // a stranger's
      assertEquals(line, `[${name}]: word ${this.said}`);
      return;
    }
  }
}
