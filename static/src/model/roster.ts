/**
 * The users of a room, and the colours of their names.
 * @module
 */
import type { User } from "../net/protocol.ts";

/** The number of name colours in the style sheet. */
export const COLOURS = 8;

/**
 * The length of the part of a name that decides its colour, in UTF-16 units. Normalizing a long run of combining marks
 * takes quadratic time.
 */
const COLOURED_LENGTH = 256;

const { compare } = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

export function createRoster(onChange: () => void) {
  const users: Map<number, User> = new Map();
  let sorted: readonly User[] | undefined;

  function change() {
    sorted = undefined;
    onChange();
  }

  return {
    reset(all: readonly User[]) {
      users.clear();
      for (const user of all) users.set(user.id, user);
      change();
    },
    put(user: User) {
      users.set(user.id, user);
      change();
    },
    remove(id: number) {
      users.delete(id);
      change();
    },
    get(id: number) {
      return users.get(id);
    },
    get size() {
      return users.size;
    },
    /** All users: those with names first, in alphabetical order. */
    sorted() {
      return sorted ??= [...users.values()].sort((a, b) =>
        Number(a.name === null) - Number(b.name === null) ||
        compare(a.name ?? a.address, b.name ?? b.address)
      );
    },
  };
}

/** The index of the colour of a name: the same on every page, regardless of case. */
export function colourOf(name: string) {
  let hash = 0x811c9dc5; // FNV-1a
  for (const character of name.slice(0, COLOURED_LENGTH).normalize("NFKC").toLowerCase()) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return ((hash ^ (hash >>> 16)) >>> 0) % COLOURS;
}
