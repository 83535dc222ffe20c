/**
 * The users of a room.
 * @module
 */
import type { User } from "../net/protocol.ts";
import * as protocol from "../net/protocol.ts";

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
        compare(protocol.displayName(a), protocol.displayName(b))
      );
    },
  };
}
