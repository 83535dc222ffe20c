/**
 * Errors of the API as problem details (RFC 9457).
 * @module
 */
import { STATUS_CODES } from "node:http";
import type { CommandError } from "../../chat/commands/command.ts";
import { RequestError } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import type { ErrorCode } from "../../wire/events.ts";
import { COMMON_FIELDS } from "../http/responses.ts";

type Fields = ReadonlyArray<readonly [name: string, value: string]>;

/** The media type of problem details. */
export const PROBLEM_TYPE = "application/problem+json";

/** The status of each error of the chat that a request to the API can lead to. */
const STATUSES: Partial<Record<ErrorCode, number>> = {
  room_invalid: 400,
  room_confusable: 409,
  room_not_found: 404,
  no_history: 404,
  name_banned: 403,
  muted: 403,
  too_long: 413,
  malformed: 400,
  id_reused: 422,
  rejected: 403,
  failed: 502,
};

/** An error of a request to the API. */
export class ApiError extends RequestError {
  /**
   * @param code What is wrong, for programs, if the chat has a code for it.
   * @param fields Fields of the response that the status asks for.
   */
  constructor(
    status: number,
    message: string,
    readonly code?: ErrorCode,
    readonly fields: Fields = [],
  ) {
    super(status, message);
  }
}

/** An error of the chat as one of the API. Its text begins with `Error: ` for people at a terminal. */
export function toApiError({ code, message }: CommandError): ApiError {
  return new ApiError(STATUSES[code] ?? 400, message.replace(/^Error: /, ""), code);
}

/** Fields of every response of the API. Nothing of it may be cached, and what pages may read depends on their origin. */
export const API_FIELDS: Fields = [
  ...COMMON_FIELDS,
  ["cache-control", "no-store"],
  ["vary", "origin"],
];

/** The response to a request that failed. The type `about:blank` says that the status tells what kind of problem it is. */
export function problemResponse(error: RequestError, fields: Fields = []): HttpResponse {
  const { status, message: detail, retryAfter } = error;
  const { code, fields: own } = error instanceof ApiError ? error : { code: undefined, fields: [] };
  const title = STATUS_CODES[status];
  const all: Array<readonly [string, string]> = [
    ...API_FIELDS,
    ["content-type", PROBLEM_TYPE],
    ...own,
    ...fields,
  ];
  if (retryAfter !== undefined) all.push(["retry-after", String(retryAfter)]);
  const body = JSON.stringify({ type: "about:blank", title, status, detail, code });
  return { status, fields: all, body: `${body}\n` };
}

/** A response with JSON. */
export function jsonResponse(status: number, json: string): HttpResponse {
  return {
    status,
    fields: [...API_FIELDS, ["content-type", "application/json"]],
    body: `${json}\n`,
  };
}
