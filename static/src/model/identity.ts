/**
 * Who one is for the server, now and on earlier connections of this tab: a message of any of these is one's own.
 * @module
 */
import type { User } from "../net/protocol.ts";

export type Identity = ReturnType<typeof createIdentity>;

/** Connections that are remembered: more than one loses while anything of them can be seen. */
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
    /**
     * The server has greeted this connection.
     *
     * @param name Under which the server counts.
     */
    begin(you: User, name: string) {
      ids = [...(name === epoch ? ids : []), you.id].slice(-CAPACITY);
      epoch = name;
      user = you;
      memory.save(JSON.stringify({ epoch, ids }));
    },
    /** One is called otherwise, or away. */
    change(you: User) {
      user = you;
    },
    /** Whether it is this client, or was. */
    is: (other: User) => other.id === user?.id || ids.includes(other.id),
  };
}

function parse(text: string | null): { epoch: string; ids: number[] } {
  try {
    const { epoch, ids } = JSON.parse(text ?? "");
    if (typeof epoch === "string" && Array.isArray(ids)) return { epoch, ids };
  } catch {
    // There is none, or it is broken.
  }
  return { epoch: "", ids: [] };
}
