/**
 * Who is here, and which colour each name has.
 * @module
 */
import type { User } from "../net/protocol.ts";

export type RosterStore = ReturnType<typeof createRoster>;

/** How many sender colours the style sheet has. */
export const COLOURS = 8;

/** As much of a name as decides its colour, in UTF-16 units. Normalizing a long text of marks takes the square of it. */
const COLOURED = 256;

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
    /** Everybody: those with names first, in the order of the alphabet. */
    sorted() {
      return sorted ??= [...users.values()].sort((a, b) =>
        Number(a.name === null) - Number(b.name === null) ||
        compare(a.name ?? a.address, b.name ?? b.address)
      );
    },
  };
}

/** The number of the colour of a name; the same on every page, in whatever case it is written. */
export function colourOf(name: string) {
  let hash = 0x811c9dc5; // FNV-1a
  for (const character of name.slice(0, COLOURED).normalize("NFKC").toLowerCase()) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return ((hash ^ (hash >>> 16)) >>> 0) % COLOURS;
}
