/**
 * Getting a name, and getting it again: the server gives it to one connection at a time, and may not have noticed yet
 * that the last one is dead.
 * @module
 */
import type { Clock } from "../net/connection.ts";

export interface NamingOptions {
  /** Asks the server for a name; returns the id of the question. */
  send: (name: string) => string | undefined;
  /** A person must say a name. */
  ask: (problem: string) => void;
  memory: { load: () => string | null; save: (name: string) => void };
  clock: Clock;
}

/** How often a name that is taken is asked for again, in ms, in case it is one's own old connection that has it. */
const RETAKE_EVERY = 1_000;

/** For how long, in ms: the server needs 15 s to see that a connection is dead; at a first visit it is somebody else. */
const RETAKE_AFTER_LOSS = 20_000, RETAKE_AT_START = 2_500;

export function createNaming({ send, ask, memory, clock }: NamingOptions) {
  let wanted = memory.load();
  let claim: { ref: string; name: string; by: "person" | "page" } | undefined;
  let cancelRetake: (() => void) | undefined;
  let retakeUntil = 0;

  function take(name: string, by: "person" | "page") {
    cancelRetake?.();
    const ref = send(name);
    if (ref === undefined) return false;
    claim = { ref, name, by };
    return true;
  }

  return {
    /** The name that one has or would like to have. */
    get wanted() {
      return wanted;
    },
    /**
     * There is a connection, and it has no name. Says whether one was asked for.
     *
     * @param again Whether there was one before.
     */
    begin(again: boolean) {
      retakeUntil = clock.now() + (again ? RETAKE_AFTER_LOSS : RETAKE_AT_START);
      return wanted !== null && take(wanted, "page");
    },
    /** Takes a name that somebody has chosen; without a connection, when there is one again. Says whether there is. */
    choose(name: string) {
      if (take(name, "person")) return true;
      wanted = name;
      return false;
    },
    /** Nobody wants a name any more. */
    forgo() {
      wanted = null;
      cancelRetake?.();
    },
    /** The connection is gone. */
    stop() {
      claim = undefined;
      cancelRetake?.();
    },
    /** The server has given a name. Says whether a person had asked for it. */
    got(name: string | null, ref: string | null) {
      const asked = claim?.ref === ref && claim?.by === "person";
      if (claim?.ref === ref) claim = undefined;
      wanted = name;
      if (name !== null) memory.save(name);
      return asked;
    },
    /** The server has refused something. Says whether it was a name. */
    refused(ref: string | null, code: string, text: string) {
      if (claim === undefined || claim.ref !== ref) return false;
      const { name, by } = claim;
      claim = undefined;
      if (by === "page" && code === "name_taken" && clock.now() < retakeUntil) {
        cancelRetake = clock.after(RETAKE_EVERY, () => take(name, "page"));
      } else ask(text);
      return true;
    },
  };
}
