/**
 * Chooses the user's name and takes it again after a reconnect. The server gives a name to one connection at a time, and
 * may not have noticed yet that the last connection is dead.
 * @module
 */
import type { Clock } from "../net/connection.ts";

export interface NamingOptions {
  /** Requests a name. Returns the id of the request, or `undefined` if it could not be sent. */
  send: (name: string) => string | undefined;
  /** Asks the user for a name. */
  ask: (problem: string) => void;
  memory: { load: () => string | null; save: (name: string) => void };
  clock: Clock;
}

/** The interval between attempts, in ms, to take a name that the user's old connection may still have. */
const RETAKE_INTERVAL = 1_000;

/** The time limit of these attempts, in ms. The server detects a dead connection within 15 s. */
const RETAKE_AFTER_LOSS = 20_000;

/** The same for the first connection of a page: the name more likely belongs to another user. */
const RETAKE_AT_START = 2_500;

export function createNaming({ send, ask, memory, clock }: NamingOptions) {
  let wanted = memory.load();
  let claim: { ref: string; name: string; by: "user" | "page" } | undefined;
  let cancelRetake: (() => void) | undefined;
  let retakeUntil = 0;

  function request(name: string, by: "user" | "page") {
    cancelRetake?.();
    const ref = send(name);
    if (ref === undefined) return false;
    claim = { ref, name, by };
    return true;
  }

  return {
    /** The name that the user has or wants. */
    get wanted() {
      return wanted;
    },
    /**
     * Requests the wanted name on a new connection. Returns whether there is one.
     *
     * @param isReconnect Whether the page was connected before.
     */
    connected(isReconnect: boolean) {
      retakeUntil = clock.now() + (isReconnect ? RETAKE_AFTER_LOSS : RETAKE_AT_START);
      return wanted !== null && request(wanted, "page");
    },
    /** Requests the name that the user chose, now or after the next connect. Returns whether it was sent now. */
    choose(name: string) {
      if (request(name, "user")) return true;
      wanted = name;
      return false;
    },
    /** Stays without a name. */
    giveUp() {
      wanted = null;
      cancelRetake?.();
    },
    connectionLost() {
      claim = undefined;
      cancelRetake?.();
    },
    /** Handles the server's reply to `/name`. Returns whether the user had requested the name. */
    granted(name: string | null, ref: string | null) {
      const isByUser = claim?.ref === ref && claim?.by === "user";
      if (claim?.ref === ref) claim = undefined;
      wanted = name;
      if (name !== null) memory.save(name);
      return isByUser;
    },
    /** Handles an error of the server. Returns whether it was about a name. */
    refused(ref: string | null, code: string, text: string) {
      if (claim === undefined || claim.ref !== ref) return false;
      const { name, by } = claim;
      claim = undefined;
      if (by === "page" && code === "name_taken" && clock.now() < retakeUntil) {
        cancelRetake = clock.after(RETAKE_INTERVAL, () => request(name, "page"));
      } else ask(text);
      return true;
    },
  };
}
