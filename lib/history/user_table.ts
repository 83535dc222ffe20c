/**
 * The table of users. Every call may throw what SQLite throws.
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredUser } from "../chat/users.ts";
import { fromColumn, toColumn } from "./schema.ts";

export class UserTable {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;

  /** @param database An open database whose schema is up to date. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO users (key, account, name, seen) VALUES (?, ?, ?, ?)",
    );
    this.#delete = database.prepare("DELETE FROM users WHERE key = ?");
  }

  /** All users, in no particular order. */
  all(): StoredUser[] {
    const rows = this.#database.prepare("SELECT * FROM users").all();
    return rows.map(({ key, account, name, seen }) => ({
      key: fromColumn(key),
      account: fromColumn(account),
      name: name === null ? undefined : fromColumn(name),
      seen: Number(seen),
    }));
  }

  put({ key, account, name, seen }: StoredUser): void {
    this.#put.run(toColumn(key), account, name ?? null, seen);
  }

  delete(key: string): void {
    this.#delete.run(toColumn(key));
  }
}
