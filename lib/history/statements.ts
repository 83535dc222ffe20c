/**
 * The prepared statements of `tables.ts`.
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { OFFSETS_PER_ROOM } from "./schema.ts";

/** What a message weighs besides its characters, in bytes: its row, its name and address, its entries in the index. */
const ROW_WEIGHT = 128;

/** The weight of a message: about the bytes of its row. */
export function weightOf(text: string): number {
  return ROW_WEIGHT + text.length;
}

export type Statements = ReturnType<typeof prepare>;

/** Prepares all statements. The schema must be up to date. */
export function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text);
  return {
    usedBytes: sql(`
      SELECT (page_count - freelist_count) * page_size AS bytes
      FROM pragma_page_count, pragma_freelist_count, pragma_page_size`),
    setAhead: sql("UPDATE meta SET ahead = ?"),
    setTime: sql("UPDATE meta SET stamp = ?, wall = ?, gaps = ?, doubt = ?, migrated = ?"),
    setFloor: sql("UPDATE meta SET floor = ?"),
    oldestRow: sql("SELECT id FROM messages WHERE id > ? AND id < ? ORDER BY id LIMIT 1"),
    newestRow: sql(
      "SELECT id, time, stored_at FROM messages WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1",
    ),
    putRoom: sql("INSERT OR REPLACE INTO rooms (id, name, topic, first) VALUES (?, ?, ?, ?)"),
    setFirst: sql("UPDATE rooms SET first = ? WHERE id = ?"),
    deleteRoom: sql("DELETE FROM rooms WHERE id = ?"),
    insert: sql(`
      INSERT INTO messages
        (id, era, sender, name, address, account, time, action, text, client_id, stored_at, source)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    doomed: sql(`
      SELECT id, era, text, stored_at, source FROM messages
      WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?`),
    weigh: sql(`
      SELECT era, source, ${ROW_WEIGHT} + length(text) AS weight FROM messages
      WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?`),
    delete: sql("DELETE FROM messages WHERE id BETWEEN ? AND ?"),
    oldest: sql(`SELECT * FROM messages WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?`),
    newest: sql(
      `SELECT * FROM messages WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?`,
    ),
    putBan: sql(`
      INSERT OR REPLACE INTO bans (target, name, network, since, until, by, reason, imposed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
    deleteBan: sql("DELETE FROM bans WHERE target = ?"),
    times: sql("SELECT time, stored_at FROM messages WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"),
    era: sql("SELECT era FROM messages WHERE id = ?"),
    find: sql("SELECT id FROM messages WHERE client_id = ? AND id > ? AND id < ? LIMIT 1"),
    roomOf: sql(`
      SELECT rooms.name FROM messages JOIN rooms ON rooms.id = messages.id / ${OFFSETS_PER_ROOM}
      WHERE client_id = ? ORDER BY messages.id DESC LIMIT 1`),
  };
}
