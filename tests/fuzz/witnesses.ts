/**
 * Witnesses: two who chat through all that strangers do, and notice if a word is lost, doubled or out of order.
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Client, Wire } from "../support/client.ts";
import { POLITE_WIRES } from "../support/polite.ts";

const [TCP, WEBSOCKET] = POLITE_WIRES;

export class Witnesses implements AsyncDisposable {
  /** What they said to each other and heard. */
  said = 0;
  /** The longest that a word took, in ms. */
  longest = 0;
  #over = false;
  #chat: Promise<void> | undefined;

  private constructor(readonly speaker: Client, readonly listener: Client, readonly name: string) {}

  /** They meet where others are too if `room` is the lobby; what those say is not what is counted. */
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

  /** They finish their sentence and go. @throws What one of them noticed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    try {
      await this.#chat;
    } finally {
      this.speaker.close();
      this.listener.close();
    }
  }

  /** Resolves when somebody notices something, which never happens, or they are told to stop. */
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
