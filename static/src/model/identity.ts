/**
 * Who the user of this tab is: the account, if the user has logged in, and the ids of guests on the current and earlier
 * connections. They tell the user's own messages from others.
 * @module
 */
import type { User } from "../net/protocol.ts";

export type Identity = ReturnType<typeof createIdentity>;

/** The number of earlier connections that are remembered: more than there are while their messages are still shown. */
const CAPACITY = 200;

export function createIdentity(
  memory: { load: () => string | null; save: (text: string) => void },
) {
  let { epoch, ids } = parse(memory.load());
  let user: User | undefined;

  return {
    get user() {
      return user;
    },
    /** Stores the id of a new connection. Ids of an earlier epoch mean other users now. */
    connected(you: User, newEpoch: string) {
      ids = [...(newEpoch === epoch ? ids : []), you.id].slice(-CAPACITY);
      epoch = newEpoch;
      user = you;
      memory.save(JSON.stringify({ epoch, ids }));
    },
    /** Stores a new name or away state. */
    update(you: User) {
      user = you;
    },
    /** Whether a user is the one of this tab: on this or an earlier connection, or on another device. */
    is: ({ id, account }: User) =>
      account === undefined ? id === user?.id || ids.includes(id) : account === user?.account,
  };
}

function parse(text: string | null): { epoch: string; ids: number[] } {
  try {
    const { epoch, ids } = JSON.parse(text ?? "");
    if (typeof epoch === "string" && Array.isArray(ids)) return { epoch, ids };
  } catch {
    // Nothing is stored, or it is broken.
  }
  return { epoch: "", ids: [] };
}
