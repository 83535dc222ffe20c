/**
 * The HTTP API: finds out whose a request is and what they may do, and passes it to its operation.
 * @module
 */
import type { Author } from "../../chat/author.ts";
import { CommandError } from "../../chat/commands/command.ts";
import type { Hub } from "../../chat/hub.ts";
import type { Authenticator, AuthOutcome, Identity } from "../../identity/identity.ts";
import { RequestError, type RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import type { RefusalLog } from "../admission/refusals.ts";
import type { TimeSource } from "../connection/clock.ts";
import {
  type Answer,
  CollectBody,
  type HttpRequest,
  type PathHandler,
  type Reply,
} from "../http/answer.ts";
import type { AllowedOrigins } from "../http/origin.ts";
import { isKnownMethod, isRead, pathOf } from "../http/responses.ts";
import type { Counters } from "../observability/counters.ts";
import { forbidden, readAttempt, toIdentity } from "./bearer.ts";
import { type ApiCall, permits } from "./call.ts";
import type { CallRates } from "./call_rates.ts";
import { corsFields, isPreflight, originField, preflightResponse } from "./cors.ts";
import { API_FIELDS, ApiError, problemResponse, toApiError } from "./problem.ts";
import { allowedMethods, type ApiServices, findRoute, type Operation } from "./routes.ts";

/** Everything below this path belongs to the API. */
const API_PATH = "/api";

export interface ApiOptions {
  readonly services: ApiServices;
  readonly authenticator: Pick<Authenticator, "authenticate">;
  readonly rates: Pick<CallRates, "charge">;
  readonly origins: AllowedOrigins;
  readonly refusals: Pick<RefusalLog, "add">;
  readonly time: TimeSource;
  readonly counters: Pick<Counters, "apiRequests">;
  /** The longest body of a request, in bytes. */
  readonly maxBody: number;
}

export class Api implements PathHandler {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  owns(path: string): boolean {
    return path === API_PATH || path.startsWith(`${API_PATH}/`);
  }

  handle(request: HttpRequest): Answer {
    return this.#attempt(request, () => {
      this.#checkOrigin(request);
      if (isPreflight(request.head)) return this.#finish(request, preflightResponse());
      const outcome = this.#options.authenticator.authenticate(readAttempt(request));
      if (!(outcome instanceof Promise)) return this.#call(request, outcome);
      return outcome.then((outcome) =>
        charged(request, () => this.#attempt(request, () => this.#call(request, outcome)))
      );
    });
  }

  renderError(request: Pick<HttpRequest, "head" | "origin">, error: RequestError): HttpResponse {
    return this.#finish(request, problemResponse(error));
  }

  /** The one place where errors become responses. */
  #attempt<Result>(request: HttpRequest, act: () => Result): Result | HttpResponse {
    try {
      return act();
    } catch (error) {
      return this.#fail(request, error);
    }
  }

  #fail(request: HttpRequest, error: unknown): HttpResponse {
    const known = error instanceof CommandError ? toApiError(error) : error;
    if (known instanceof RequestError) return this.renderError(request, known);
    throw error;
  }

  /** @throws {RequestError | CommandError} */
  #call(request: HttpRequest, outcome: AuthOutcome): Answer {
    const { services, rates } = this.#options;
    const { head } = request;
    const identity = toIdentity(outcome);
    rates.charge(identity);
    const match = findRoute(pathOf(head.target));
    if (match === undefined) throw new ApiError(404, "There is nothing here");
    const allow = ["allow", allowedMethods(match.route)] as const;
    if (head.method === "OPTIONS") {
      return this.#finish(request, { status: 204, fields: [...API_FIELDS, allow] });
    }
    const operation = match.route.operations[isRead(head.method) ? "GET" : head.method];
    if (operation === undefined) throw methodError(head.method, allow);
    const room = decodeSegment(match.room);
    const author = authorOf(services.hub, identity, request);
    const call = { request, author, room, query: queryOf(head) };
    const { right } = operation;
    const decision = right === undefined || permits(services.hub, author, right, room);
    if (!(decision instanceof Promise)) return this.#perform(operation, call, decision);
    return decision.then((isAllowed) =>
      charged(
        request,
        () => this.#attempt(request, () => this.#perform(operation, call, isAllowed)),
      )
    );
  }

  /** @throws {ApiError} If the caller is not allowed to. */
  #perform(operation: Operation, call: ApiCall, isAllowed: boolean): Answer {
    const { services, maxBody } = this.#options;
    const { request } = call;
    if (!isAllowed) throw forbidden(`You are not allowed to ${DEEDS[operation.right ?? "read"]}`);
    if ("run" in operation) return this.#run(request, () => operation.run(services, call));
    return new CollectBody(
      maxBody,
      (body) => this.#run(request, () => operation.runWithBody(services, call, body)),
    );
  }

  #run(request: HttpRequest, run: () => Reply | Promise<Reply>): Reply | Promise<Reply> {
    return this.#attempt(request, () => {
      const reply = run();
      if (!(reply instanceof Promise)) return this.#finish(request, reply);
      return reply.then(
        (reply) => this.#finish(request, reply),
        (error) => this.#fail(request, error),
      );
    });
  }

  /** Lets pages from allowed origins read a reply, and counts it. */
  #finish<R extends Reply>({ head, origin }: Pick<HttpRequest, "head" | "origin">, reply: R): R {
    const { counters, origins } = this.#options;
    const { status } = reply;
    counters.apiRequests[status < 400 ? "done" : status < 500 ? "refused" : "failed"]++;
    const fields = corsFields(head, origin, origins);
    return fields.length === 0 ? reply : { ...reply, fields: [...reply.fields, ...fields] };
  }

  /** @throws {ApiError} 403 if a page from an origin that is not allowed sent the request. */
  #checkOrigin({ head, origin: target, connection }: HttpRequest): void {
    const { origins, refusals, time } = this.#options;
    const origin = originField(head);
    if (origin === undefined || origins.allows(origin, target?.host, target?.scheme)) return;
    refusals.add("origin", connection.address, time.now);
    throw new ApiError(403, "Pages from this origin are not allowed here, see --allow-origin");
  }
}

/** Does something that no turn of the connection pays for. */
function charged<Result>({ connection }: HttpRequest, act: () => Result): Result {
  const start = performance.now();
  try {
    return act();
  } finally {
    connection.charge(performance.now() - start);
  }
}

/** RFC 9110 9.1: a method that nobody knows is not implemented, another one is not allowed here. */
function methodError(method: string, allow: readonly [string, string]): ApiError {
  return isKnownMethod(method)
    ? new ApiError(405, `${method} is not allowed here`, undefined, [allow])
    : new ApiError(501, "Unknown method");
}

/** Decodes the percent-encoding of a part of a path (RFC 3986 2.1). */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ApiError(400, "The path is not percent-encoded UTF-8", "malformed");
  }
}

const DEEDS = { read: "read this room", write: "write to this room" } as const;

/** @throws {ApiError} 403 if something keeps the caller from using the chat. */
function authorOf(hub: Hub, identity: Identity, { connection }: HttpRequest): Author {
  const author = hub.authorOf(identity, connection.address);
  if ("problem" in author) throw new ApiError(403, author.problem);
  return author;
}

function queryOf({ target }: RequestHead): URLSearchParams {
  const at = target.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : target.slice(at));
}
