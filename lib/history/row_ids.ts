/**
 * Room and offset in one number: the key of a message in its table.
 *
 * Messages of a room lie together and in order, and every number is exact in JavaScript, whose whole numbers end at
 * 2 ** 53: 17 bits for the room, 36 for the offset.
 * @module
 */

/** A room can have so many messages in its life: at 1,000 a second, that is two years. */
export const OFFSETS_PER_ROOM = 2 ** 36;

/** The largest number of a room; the smallest is 1. */
export const MAX_ROOM_ID = 2 ** 17 - 1;

export function rowId(room: number, offset: number): number {
  return room * OFFSETS_PER_ROOM + offset;
}

export function offsetOf(id: number): number {
  return id % OFFSETS_PER_ROOM;
}
