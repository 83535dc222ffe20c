/**
 * Helpers for tests of histories: messages, a temporary folder, and histories with a clock and database that the test
 * controls.
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { History, Message, StoredMessage } from "../../lib/chat/history.ts";
import { identityOf, openDatabase } from "../../lib/history/database.ts";
import { type HistoryOptions, openHistory } from "../../lib/history/open_history.ts";
import { SqliteHistory, type SqliteHistoryOptions } from "../../lib/history/sqlite_history.ts";
import { Tables } from "../../lib/history/tables.ts";
import { finish } from "../chat/fakes.ts";
import { FakeClock } from "../support/clock.ts";

export function newMessage(text: string, others: Partial<Message> = {}): Message {
  return {
    sender: 1,
    name: "Ada",
    address: "192.0.2.1",
    time: 0,
    text,
    action: false,
    clientId: null,
    ...others,
  };
}

export function texts(messages: readonly StoredMessage[]): string[] {
  return messages.map(({ text }) => text);
}

export function offsets(messages: readonly StoredMessage[]): number[] {
  return messages.map(({ offset }) => offset);
}

/** A temporary folder for one test. */
export class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "history-" });

  file(name = "chat.db"): string {
    return `${this.path}/${name}`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

export interface Opened extends Disposable {
  readonly history: History;
  readonly clock: FakeClock;
  /** Reported problems, and "recovered". */
  readonly reported: string[];
}

/** Opens a history as a program does, with a clock that the test moves. */
export function open(options: Partial<HistoryOptions> = {}, clock = new FakeClock()): Opened {
  const reported: string[] = [];
  const history = openHistory({ clock, ...events(reported), ...options });
  return { history, clock, reported, [Symbol.dispose]: () => history.close() };
}

/** The same, with access to its database. */
export function openInside(
  path: string | undefined,
  options: Partial<SqliteHistoryOptions> = {},
  clock = new FakeClock(),
): Opened & { readonly database: DatabaseSync } {
  const reported: string[] = [];
  const database = openDatabase(path);
  const epoch = crypto.randomUUID();
  const identity = identityOf(path);
  const isInPlace = () => identityOf(path) === identity;
  const history = new SqliteHistory(
    { epoch, path, tables: new Tables(database, epoch), isInPlace },
    {
      limit: 1_000,
      ageMs: 1e12,
      maxBytes: 1e9,
      maxRooms: 1_000,
      clock,
      ...events(reported),
      ...options,
    },
  );
  return { history, clock, reported, database, [Symbol.dispose]: () => history.close() };
}

function events(reported: string[]) {
  return {
    onFailure: (problem: string) => void reported.push(problem),
    onRecovered: () => void reported.push("recovered"),
  };
}

/** All messages that a search finds. Runs its steps at once. */
export function searchAll(
  history: History,
  room: string,
  words: string,
  limit: number,
): readonly StoredMessage[] {
  return finish(history.search(room, words, limit)).messages;
}
