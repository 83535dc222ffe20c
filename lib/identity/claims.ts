/**
 * The claims of a token whose signature is right (RFC 7519 4), and the identity that they state.
 * @module
 */
import { cleanLine } from "../text/sanitize.ts";
import { toName } from "../text/name.ts";
import type { Identity, RoomRights } from "./identity.ts";
import { JwtError } from "./jwt_error.ts";
import { readRoomRights } from "./room_rights.ts";

/**
 * How far the clocks of the server and of the issuer may be apart, in ms. It is more than NTP leaves, and less than anybody
 * gains from a token that has expired.
 */
export const CLOCK_SKEW = 30_000;

/** The longest user id (`sub`), in characters. OpenID Connect allows 255. */
export const MAX_ID = 256;

/** The latest time, in seconds of Unix time: the year 5138. A later one is usually in ms. */
const MAX_TIME = 1e11;

type Claims = ReadonlyMap<string, unknown>;

/**
 * Returns the identity that claims state. It expires `CLOCK_SKEW` after the token, since the token is accepted until then. A
 * token without `exp` does not expire.
 *
 * @param now The wall clock, in ms of Unix time.
 * @throws {JwtError} If the claims are malformed, or do not hold for this server now.
 */
export function readClaims(claims: Claims, audience: string | undefined, now: number): Identity {
  const expires = readTime(claims, "exp");
  if (expires !== undefined && now >= expires + CLOCK_SKEW) {
    throw new JwtError("Token has expired: get a new one", "expired");
  }
  for (const name of ["nbf", "iat"]) {
    if ((readTime(claims, name) ?? 0) > now + CLOCK_SKEW) {
      throw new JwtError(`Token is not valid yet ('${name}')`, "denied");
    }
  }
  checkAudience(claims.get("aud"), audience);
  const name = readUserName(claims.get("name"));
  return {
    id: readSubject(claims.get("sub")),
    ...name !== undefined && { name },
    ...readRights(claims.get("backchannel")),
    ...expires !== undefined && { expires: expires + CLOCK_SKEW },
  };
}

/** A NumericDate, which may be a fraction (RFC 7519 2), in ms. */
function readTime(claims: Claims, name: string): number | undefined {
  const seconds = claims.get(name);
  if (seconds === undefined) return undefined;
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= MAX_TIME)) {
    throw invalid(`'${name}' is not a time in seconds`);
  }
  return seconds * 1000;
}

/** RFC 7519 4.1.3: a server that is not among the audience rejects the token. One without a name never is. */
function checkAudience(claim: unknown, audience: string | undefined): void {
  if (claim === undefined && audience === undefined) return;
  const named = Array.isArray(claim) ? claim : [claim];
  if (!named.includes(audience)) {
    throw new JwtError("Token is for another audience ('aud')", "denied");
  }
}

/** Ids are compared, stored and logged as they are, so they have to be one clean line. */
function readSubject(claim: unknown): string {
  if (claim === undefined) throw invalid("'sub' is missing");
  if (typeof claim !== "string" || !isUserId(claim)) {
    throw invalid(`'sub' is not one line of 1 to ${MAX_ID} characters`);
  }
  return claim;
}

/** Whether a text can be the id of a user. */
export function isUserId(text: string): boolean {
  return text !== "" && text.length <= MAX_ID && cleanLine(text) === text;
}

/** Providers put the full name here: `Alice Smith`. */
function readUserName(claim: unknown): string | undefined {
  if (claim === undefined || claim === null) return undefined;
  if (typeof claim !== "string") throw invalid("'name' is not a text");
  return toName(claim);
}

interface Rights {
  readonly operator?: boolean;
  readonly rooms?: RoomRights;
}

/** Unknown members are an error: a misspelled restriction would not restrict. */
function readRights(claim: unknown): Rights {
  if (claim === undefined) return {};
  if (typeof claim !== "object" || claim === null || Array.isArray(claim)) {
    throw invalid("'backchannel' is not an object");
  }
  const { operator, rooms, ...others }: Record<string, unknown> = { ...claim };
  if (Object.keys(others).length > 0) {
    throw invalid("'backchannel' has a member other than 'operator' and 'rooms'");
  }
  if (operator !== undefined && typeof operator !== "boolean") {
    throw invalid("'operator' is not true or false");
  }
  return {
    ...operator !== undefined && { operator },
    ...rooms !== undefined && { rooms: readRooms(rooms) },
  };
}

function readRooms(value: unknown): RoomRights {
  try {
    return readRoomRights(value);
  } catch (error) {
    if (error instanceof TypeError) throw invalid(`'rooms' ${error.message}`);
    throw error;
  }
}

function invalid(what: string): JwtError {
  return new JwtError(`Token has a claim that is not valid: ${what}`, "denied");
}
