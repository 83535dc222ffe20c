/**
 * The login of one client: who it says it is, and whether that still holds.
 * @module
 */
import type { Authenticator, AuthOutcome, Credential, Identity } from "../../identity/identity.ts";
import type { RequestUser } from "../../identity/user_header.ts";
import type { Connection } from "../connection/connection.ts";

/** How clients log in. */
export interface LoginOptions {
  /** Its promises settle before a deadline, and never reject. */
  readonly authenticator: Authenticator;
  /** The wall clock, in ms of Unix time. */
  readonly wall: () => number;
}

export class ClientLogin {
  readonly #connection: Pick<Connection, "client" | "address">;
  readonly #request: RequestUser | undefined;
  readonly #options: LoginOptions | undefined;

  /**
   * @param request What the handshake of the client says about its user; `undefined` for line clients.
   * @param options `undefined` if clients cannot log in.
   */
  constructor(
    connection: Pick<Connection, "client" | "address">,
    request: RequestUser | undefined,
    options: LoginOptions | undefined,
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#options = options;
  }

  get isRequired(): boolean {
    return this.#options?.authenticator.required === true;
  }

  /** The credential that the handshake of the client has. */
  get credential(): Credential | undefined {
    return this.#request?.credential;
  }

  /** Checks a credential. `undefined` if clients cannot log in. */
  check(credential: Credential | undefined): AuthOutcome | Promise<AuthOutcome> | undefined {
    const { client: { ip }, address } = this.#connection;
    const headers = this.#request?.headers;
    return this.#options?.authenticator.authenticate({ ip, address, headers, credential });
  }

  /** Whether what a client has logged in with has expired. Tokens follow the wall clock. */
  hasExpired(identity: Identity | undefined): boolean {
    const expires = identity?.expires;
    return expires !== undefined && this.#options !== undefined && expires <= this.#options.wall();
  }
}
