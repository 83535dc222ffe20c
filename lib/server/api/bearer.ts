/**
 * Bearer tokens of requests (RFC 6750 2.1), and the answers to requests without a right one.
 * @module
 */
import {
  type AuthAttempt,
  type AuthOutcome,
  type AuthRefusal,
  type Identity,
  isRefused,
} from "../../identity/identity.ts";
import { RequestError } from "../../protocol/http/request_head.ts";
import type { HttpRequest } from "../http/answer.ts";
import { ApiError } from "./problem.ts";

/** RFC 6750 2.1, and more than it allows in a token: an operator may have chosen any characters of ASCII. */
const BEARER = /^bearer +([!-~]+)$/i;

/** RFC 9110 11.6.1. */
const CHALLENGE = 'Bearer realm="backchannel"';

/**
 * The attempt to authenticate that a request is.
 *
 * @throws {ApiError} 401 if it has no token, 400 if what it has is malformed.
 */
export function readAttempt({ head, connection }: HttpRequest): AuthAttempt {
  const { fields } = head;
  const values = fields.get("authorization") ?? [];
  const [value = "", ...others] = values;
  const [, token] = BEARER.exec(value) ?? [];
  if (token === undefined || others.length > 0) {
    if (!/^bearer\b/i.test(value)) throw unauthorized("A bearer token is required");
    throw unauthorized("Authorization is not Bearer and one token", "invalid_request", 400);
  }
  return {
    ip: connection.client.ip,
    address: connection.address,
    headers: toHeaders(fields),
    credential: { type: "bearer", token },
  };
}

/**
 * The identity of an authenticated request.
 *
 * @throws {RequestError} If it is not authenticated.
 */
export function toIdentity(outcome: AuthOutcome): Identity {
  if (outcome === "guest") throw new ApiError(403, "Guests cannot use the API");
  if (isRefused(outcome)) throw toError(outcome);
  return outcome;
}

function toError({ refused, cause = "wrong", retryAfter }: AuthRefusal): RequestError {
  switch (cause) {
    case "limited":
      return new RequestError(429, refused, retryAfter);
    case "failed":
      return new RequestError(503, refused, retryAfter);
    case "none":
      return unauthorized(refused);
    default:
      return unauthorized(refused, "invalid_token");
  }
}

/** @param code What is wrong with the token (RFC 6750 3.1); `undefined` if there is none. */
function unauthorized(message: string, code?: string, status = 401): ApiError {
  const challenge = code === undefined ? CHALLENGE : `${CHALLENGE}, error="${code}"`;
  return new ApiError(status, message, undefined, [["www-authenticate", challenge]]);
}

/** The error for a token without a right (RFC 6750 3.1). */
export function forbidden(message: string): ApiError {
  const challenge = `${CHALLENGE}, error="insufficient_scope"`;
  return new ApiError(403, message, undefined, [["www-authenticate", challenge]]);
}

function toHeaders(fields: ReadonlyMap<string, readonly string[]>): Headers {
  const headers = new Headers();
  for (const [name, values] of fields) for (const value of values) headers.append(name, value);
  return headers;
}
