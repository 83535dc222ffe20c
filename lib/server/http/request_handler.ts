/**
 * Answers HTTP requests: finds out whom a request is from and what it is for, admits it, and responds or upgrades.
 * @module
 */
import type { Authenticator } from "../../identity/identity.ts";
import { readForwardedFor } from "../../protocol/http/forwarded.ts";
import { RequestError, type RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import { checkHandshake, wantsWebSocket } from "../../protocol/websocket/handshake.ts";
import type { AdmissionControl } from "../admission/admission_control.ts";
import { LOCKED_DOWN, type Refusal, type RefusalLog } from "../admission/refusals.ts";
import type { TimeSource } from "../connection/clock.ts";
import type { Connection } from "../connection/connection.ts";
import type { Answer, HttpRequest, PathHandler } from "./answer.ts";
import { type Assets, hasAsset, respondWithAsset } from "./asset.ts";
import type { AllowedHosts } from "./host.ts";
import type { AllowedOrigins } from "./origin.ts";
import { originOf, type RequestOrigin } from "./request_origin.ts";
import type { PathPrefix } from "./path_prefix.ts";
import { errorResponse, isRead, notFound, pathOf, redirect } from "./responses.ts";
import { readRequestLine, respondWithRoute, type Route, ROUTES } from "./routes.ts";
import { isLocalRequest, type Status } from "./status.ts";
import { acceptHandshake } from "./upgrade.ts";

/**
 * The requests that are answered: all of them (`chat`); one request, except handshakes (`files`); one request for a route
 * (`status`); routes, on a port where everybody is trusted (`metrics`).
 */
export type Site = "chat" | "files" | "status" | "metrics";

/** How much of a refused origin is logged, in characters. A domain name has at most 253. */
const MAX_LOGGED_ORIGIN = 300;

/** How much of a refused host is returned and logged, in characters. */
const MAX_SHOWN_HOST = 253;

/** A request that is refused for a reason of admission: its connection counts as refused. */
export class RefusedRequest extends RequestError {
  constructor({ status, text, retryAfter }: Refusal) {
    super(status, text, retryAfter);
  }
}

/** Answers requests outside of the chat's paths, if there is no application. */
const NOTHING: PathHandler = {
  hasAnyHost: true,
  owns: () => true,
  handle: ({ head }) => notFound(head),
};

export interface RequestHandlerOptions {
  readonly time: TimeSource;
  readonly assets: Assets;
  /** Whether the assets are private, so that they are only served under a name of the server. */
  readonly hasPrivateAssets: boolean;
  readonly status: Status;
  /** The prefix of the paths of the chat. */
  readonly prefix: PathPrefix;
  /** What answers paths of its own below the prefix, in this order, on the port of the chat. */
  readonly handlers: readonly PathHandler[];
  /** What answers all that is not for the chat. By default it is not found. */
  readonly application: PathHandler | undefined;
  readonly hosts: AllowedHosts;
  readonly origins: AllowedOrigins;
  readonly isTrustedProxy: (hostname: string) => boolean;
  readonly admission: Pick<AdmissionControl, "admitClient" | "admitRequest">;
  /** Why no new clients are admitted to the chat at the moment. */
  readonly closedFor: () => Refusal | undefined;
  readonly refusals: RefusalLog;
  /** Checks an operator's token; `undefined` without operators. */
  readonly checkToken:
    | ((token: string, client: Deno.NetAddr) => "granted" | "wrong" | "limited")
    | undefined;
  /** `undefined` if no way to authenticate is configured. */
  readonly authenticator: Authenticator | undefined;
  /** The WebSocket subprotocol that clients may offer (RFC 6455 1.9). */
  readonly subprotocol: string;
}

export class RequestHandler {
  readonly #options: RequestHandlerOptions;

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  /**
   * Answers a request, or accepts its handshake.
   *
   * @param refusal Why handshakes are refused, on a site without the chat.
   * @throws {RequestError} If the request is refused.
   */
  handle(request: HttpRequest, site: Site, refusal: Refusal | undefined): Answer {
    const { connection } = request;
    const isChat = site === "chat" || site === "files";
    if (isChat) this.#setClient(request.head, connection);
    const origin = originOf(request.head, isChat && connection.client.isTrusted);
    request.origin = origin;
    const handler = isChat ? this.#findHandler(request) : undefined;
    const { head } = request;
    const isOwn = handler?.hasAnyHost !== true;
    const isHandshake = isChat && isOwn && isUpgrade(head);
    if (isHandshake || (handler !== undefined && isOwn) || (isOwn && this.#isPrivate(head, site))) {
      this.#checkHost(origin, connection);
    }
    if (isChat) this.#admit(connection, isHandshake, refusal);
    if (!isHandshake) return handler?.handle(request) ?? this.#respond(head, connection, site);
    checkHandshake(head);
    this.#checkOrigin(head, origin, connection);
    this.#checkClosed(head, connection);
    return acceptHandshake(head, this.#options.subprotocol);
  }

  /** Renders an error. The request is `undefined` if its head could not be read. */
  renderError(request: HttpRequest | undefined, error: RequestError): HttpResponse {
    return this.#renderError(request, error);
  }

  /** Renders the refusal of a client whose request begins with these bytes, which hold the whole request line. */
  renderRefusal(beginning: Uint8Array, { status, text, retryAfter }: Refusal): HttpResponse {
    const { method, target } = readRequestLine(beginning);
    const head = {
      method,
      target: this.#options.prefix.strip(target) ?? target,
      version: "HTTP/1.1",
      fields: new Map<string, string[]>(),
    };
    const request = { head, origin: undefined };
    return this.#renderError(request, new RequestError(status, text, retryAfter));
  }

  #renderError(
    request: Pick<HttpRequest, "head" | "origin"> | undefined,
    error: RequestError,
  ): HttpResponse {
    const handler = request && this.#ownerOf(request.head);
    return request !== undefined && handler?.renderError !== undefined
      ? handler.renderError(request, error)
      : errorResponse(error.status, error.message, error.retryAfter);
  }

  /**
   * Finds what answers a request, besides routes and files, and removes the prefix of the chat's paths from its target.
   * Without a prefix, the application gets what there is no file for.
   */
  #findHandler(request: HttpRequest): PathHandler | undefined {
    const { prefix, application } = this.#options;
    const { head } = request;
    if (ROUTES.has(pathOf(head.target)) || head.target === "*") return undefined;
    const target = prefix.strip(head.target);
    if (target === undefined) return application?.owns(pathOf(head.target)) ? application : NOTHING;
    const location = prefix.redirectOf(head.target);
    if (location !== undefined && isRead(head.method) && !isUpgrade(head)) {
      return { ...NOTHING, handle: () => redirect(location) };
    }
    if (prefix.text !== "") request.head = { ...head, target };
    const owner = this.#ownerOf(request.head);
    if (owner !== undefined || application === undefined || prefix.text !== "") return owner;
    const isForChat = isUpgrade(head) || !application.owns(pathOf(target)) ||
      hasAsset(this.#options.assets, target);
    return isForChat ? undefined : application;
  }

  /** Finds what answers a target without the prefix. */
  #ownerOf({ target }: RequestHead): PathHandler | undefined {
    const { handlers } = this.#options;
    if (handlers.length === 0) return undefined;
    const path = pathOf(target);
    return ROUTES.has(path) ? undefined : handlers.find((handler) => handler.owns(path));
  }

  #respond(head: RequestHead, connection: Connection, site: Site): HttpResponse {
    const { status, assets } = this.#options;
    const route = ROUTES.get(pathOf(head.target));
    if (route !== undefined) {
      const isTrusted = site === "metrics" || this.#mayRead(route, head, connection);
      const response = respondWithRoute(route, head.method, status, isTrusted);
      if (response !== undefined) return response;
    }
    return site === "chat" || site === "files" ? respondWithAsset(head, assets) : notFound(head);
  }

  /** Whether a client may read private data: one on this machine, or an operator. */
  #mayRead(route: Route, head: RequestHead, connection: Connection): boolean {
    return (isLocalRequest(connection.address, head) && connection.client.isLocal) ||
      (route.isPrivate && this.#hasToken(head, connection));
  }

  /**
   * Sets the client that a trusted proxy names; the peer was found to be one before any input was read. Routes on other
   * sites are not limited by address, so the client does not matter there.
   */
  #setClient(head: RequestHead, connection: Connection): void {
    if (!connection.client.isTrusted) return;
    const { isTrustedProxy } = this.#options;
    const client = readForwardedFor(head.fields.get("x-forwarded-for"), isTrustedProxy);
    if (client !== undefined) connection.setClient(client);
  }

  /**
   * RFC 9110 15.5.20: a request for a host name that is not the server's was led here by somebody else's DNS. A proxy
   * chooses the names that it forwards, unless the operator has listed them.
   */
  #checkHost({ host, isForwarded }: RequestOrigin, connection: Connection): void {
    const { hosts, refusals, time } = this.#options;
    if ((isForwarded && !hosts.isConfigured) || hosts.allows(host)) return;
    const shown = host?.slice(0, MAX_SHOWN_HOST);
    const message = `'${shown}' is not a name of this server, see --allow-host`;
    refusals.add("host", connection.address, time.now, message);
    throw new RequestError(421, message);
  }

  /** Whether the response may hold private data. On the port of the chat, private routes have a check of their own too. */
  #isPrivate({ target }: RequestHead, site: Site): boolean {
    const route = ROUTES.get(pathOf(target));
    if (site === "metrics") return route?.isPrivate === true;
    return this.#options.hasPrivateAssets && route?.isPrivate !== false;
  }

  /** Files and the chat have separate limits for each address. */
  #admit(connection: Connection, isHandshake: boolean, refused: Refusal | undefined): void {
    const { admission } = this.#options;
    const refusal = isHandshake
      ? refused ?? admission.admitClient(connection)
      : admission.admitRequest(connection);
    if (refusal !== undefined) throw new RefusedRequest(refusal);
  }

  /** RFC 6455 4.2.2: an unwanted origin is answered with 403. */
  #checkOrigin(
    { fields }: RequestHead,
    { host, scheme }: RequestOrigin,
    connection: Connection,
  ): void {
    const origin = fields.get("origin")?.join(", ");
    const { origins, refusals, time } = this.#options;
    if (origins.allows(origin, host, scheme)) return;
    const shown = origin?.slice(0, MAX_LOGGED_ORIGIN).replace(/[^\x20-\x7e]/g, "?");
    refusals.add("origin", connection.address, time.now, `pages from ${shown}`);
    throw new RequestError(403, "Pages from this origin are not allowed here, see --allow-origin");
  }

  /** RFC 9110 15.6.4. An operator's token opens a server that is locked down. */
  #checkClosed(head: RequestHead, connection: Connection): void {
    const { closedFor, refusals, time } = this.#options;
    const refusal = closedFor();
    if (refusal === undefined) return;
    if (refusal === LOCKED_DOWN && this.#hasToken(head, connection)) return;
    refusals.add(refusal.cause, connection.address, time.now);
    throw new RefusedRequest(refusal);
  }

  /**
   * Whether the request has an operator's token (RFC 6750 2.1).
   *
   * @throws {RequestError} If the token is wrong.
   */
  #hasToken({ fields }: RequestHead, connection: Connection): boolean {
    const { checkToken } = this.#options;
    const [, token] = /^bearer +(\S+)$/i.exec(fields.get("authorization")?.[0] ?? "") ?? [];
    if (checkToken === undefined || token === undefined) return false;
    const result = checkToken(token, connection.client.net);
    if (result === "wrong") throw new RequestError(401, "Wrong token");
    if (result === "limited") {
      throw new RequestError(429, "Too many wrong tokens, try again later");
    }
    return true;
  }
}

/** Whether a request is the handshake of a WebSocket. */
function isUpgrade(head: RequestHead): boolean {
  return head.method === "GET" && wantsWebSocket(head);
}
