/**
 * The password or token that the user logs in with. It is remembered for this tab and this server, until the server
 * refuses it.
 * @module
 */
import type { LoginRequest, Memory } from "../net/client.ts";

export interface LoginOptions {
  memory: Memory;
  /** The address of the server. */
  server: () => string;
  /** Asks the user. `problem` tells what is wrong with the last secret. Resolves with `undefined` if the user gives none. */
  ask: (problem: string) => Promise<string | undefined>;
}

export type LoginModel = ReturnType<typeof createLogin>;

export function createLogin({ memory, server, ask }: LoginOptions) {
  /** What the user has typed behind `/login`, until the server accepts it. */
  let typed: string | undefined;

  function remember(secret: string | undefined) {
    memory.save(secret === undefined ? "" : JSON.stringify({ server: server(), secret }));
  }

  /** Asks the user, and remembers the answer unless they have turned to another server meanwhile. */
  async function askUser(problem: string) {
    const asking = server();
    const secret = await ask(problem);
    if (asking === server()) remember(secret);
    return secret;
  }

  return {
    /** Gives the client a secret: the remembered one, or what the user enters. */
    give({ isRequired, problem }: LoginRequest): string | undefined | Promise<string | undefined> {
      const remembered = parse(memory.load(), server());
      if (problem === undefined && remembered !== undefined) return remembered;
      remember(undefined);
      return isRequired ? askUser(problem?.text ?? "") : undefined;
    },
    /** The user has typed a secret. */
    type(secret: string) {
      typed = secret;
    },
    /** The server has accepted a login. */
    accepted() {
      if (typed !== undefined) remember(typed);
      typed = undefined;
    },
    /** The server has refused what the user has typed. */
    refused() {
      typed = undefined;
    },
  };
}

/** The secret for a server. */
function parse(text: string | null, server: string): string | undefined {
  try {
    const stored = Object(JSON.parse(text || "null"));
    if (stored.server === server && typeof stored.secret === "string") return stored.secret;
  } catch {
    // Nothing is stored, or it is broken.
  }
  return undefined;
}
