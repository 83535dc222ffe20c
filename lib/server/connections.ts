/**
 * The open connections of a server: ticked, disconnected by address, and closed at its end.
 * @module
 */
import type { Connection } from "./connection/connection.ts";
import { Drain } from "./drain.ts";

export class Connections {
  readonly #all = new Set<Connection>();
  #drain: Drain<Connection> | undefined;
  readonly #drained = Promise.withResolvers<void>();
  readonly #empty = Promise.withResolvers<void>();
  #isClosing = false;

  get size(): number {
    return this.#all.size;
  }

  /** Number of connections with a stalled write. */
  get stalled(): number {
    let stalled = 0;
    for (const { isStalled } of this.#all) if (isStalled) stalled++;
    return stalled;
  }

  get isDraining(): boolean {
    return this.#drain !== undefined;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
  }

  /** Forgets a connection that is closed. */
  delete(connection: Connection): void {
    this.#all.delete(connection);
    if (this.#isClosing && this.#all.size === 0) this.#empty.resolve();
    this.#drain?.delete(connection);
    if (this.#drain?.done) this.#drained.resolve();
  }

  /** Lets time pass: checks the deadlines of all connections, and disconnects those that the drain has come to. */
  tick(now: number): void {
    for (const connection of this.#all) connection.tick(now);
    for (const connection of this.#drain?.due(now) ?? []) connection.end("shutdown");
  }

  /** Disconnects the clients for which `isUnwanted` holds. */
  evict(isUnwanted: (connection: Connection) => boolean, message: string): void {
    for (const connection of [...this.#all]) {
      if (isUnwanted(connection)) connection.end("kicked", message);
    }
  }

  /** Starts to disconnect all clients at random moments of the next `length` ms. Resolves when they are gone. */
  drain(now: number, length: number, random: () => number): Promise<void> {
    this.#drain = new Drain(this.#all, now, length, random);
    return this.#drained.promise;
  }

  /** Disconnects all clients. Resolves when they are gone. */
  end(): Promise<void> {
    this.#isClosing = true;
    for (const connection of [...this.#all]) connection.end("shutdown");
    if (this.#all.size === 0) this.#empty.resolve();
    return this.#empty.promise;
  }

  /** Closes all connections now. */
  cut(): void {
    for (const connection of [...this.#all]) connection.cut("shutdown");
  }
}
