/**
 * The header field in which a trusted proxy names the user that it has authenticated: `X-Forwarded-User` of oauth2-proxy,
 * `Remote-User` of Authelia, `Cf-Access-Authenticated-User-Email` of Cloudflare.
 *
 * No byte of it is believed, and none is shown to the application, if another peer sends it.
 * @module
 */
import { decodeUtf8 } from "../text/decode.ts";
import { toName } from "../text/name.ts";
import { isUserId } from "./claims.ts";
import type { AuthRefusal, Credential, Identity } from "./identity.ts";

/** What an HTTP request says about its user. */
export interface RequestUser {
  /** The fields of the request, without the field of the proxy unless it is believed. */
  readonly headers: Headers;
  /** The user that a trusted proxy names. */
  readonly credential: Credential | undefined;
}

/**
 * Reads the user of a request.
 *
 * @param fields The values of each field by its name in lower case, in Latin-1.
 * @param userHeader The name of the field, in lower case.
 * @param isTrusted Whether the peer is a trusted proxy.
 */
export function readRequestUser(
  fields: ReadonlyMap<string, readonly string[]>,
  userHeader: string | undefined,
  isTrusted: boolean,
): RequestUser {
  const headers = new Headers();
  for (const [name, values] of fields) {
    if (name === userHeader && !isTrusted) continue;
    for (const value of values) headers.append(name, value);
  }
  const named = userHeader !== undefined && isTrusted ? fields.get(userHeader) : undefined;
  const user = named?.join(", ") ?? "";
  // A proxy that is set up to pass requests without a login sends an empty field, or none.
  return { headers, credential: user === "" ? undefined : { type: "header", user } };
}

/**
 * Returns the identity of the user that a trusted proxy names. The name in the chat is what comes before the `@` of an e-mail
 * address, so that the address stays private.
 */
export function readHeaderUser(value: string): Identity | AuthRefusal {
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
  const id = (decodeUtf8(bytes) ?? value).trim();
  // A comma is between two values: one of them may be the client's own, which the proxy did not remove.
  if (id.includes(",")) return { refused: "The proxy names more than one user" };
  if (!isUserId(id)) return { refused: "The proxy names a user whose name is malformed" };
  const name = toName(id.replace(/(?<=.)@.*$/s, ""));
  return name === undefined ? { id } : { id, name };
}
