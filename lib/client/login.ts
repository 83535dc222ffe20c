/**
 * Logs the client in on every connection: with a secret, if the program has one, and with the resume token that gives a
 * guest its name back.
 * @module
 */
import type { ErrorEvent, HelloEvent, Replies, User } from "../wire/protocol.ts";
import type { Memory } from "./environment.ts";
import type { Request } from "./requests.ts";

/** Why a login did not last, or was refused. */
export interface LoginProblem {
  /** `login_failed`, `login_required`, `expired` or another code, for programs. */
  readonly code: string;
  /** For people. */
  readonly text: string;
}

/** Asks a program for its secret. */
export interface LoginRequest {
  /** Whether the server lets nobody in who does not log in. If not, a client without a secret is a guest. */
  readonly isRequired: boolean;
  /** What was wrong with the last secret; `undefined` if it is the first one, or if it was accepted. */
  readonly problem: LoginProblem | undefined;
}

/**
 * A password or token, or a function that gets one for every connection: a fresh token, or what a person enters.
 * `undefined` means that there is none. A function that throws is called again on the next connection, after a wait.
 */
export type LoginSource =
  | string
  | ((request: LoginRequest) => string | undefined | Promise<string | undefined>);

export interface LoginOptions {
  readonly source: LoginSource | undefined;
  /** Where the resume token is stored. By default it is lost with the client. */
  readonly memory: Memory | undefined;
  /** Sends a request. Returns its id, or `undefined` without a connection. */
  readonly post: (request: Request) => string | undefined;
  /**
   * Called once for every connection, after its hello, when it is settled who the client is: as this user, if the server
   * has said so since.
   */
  readonly onSettled: (user: User | undefined) => void;
  /** Called when the client cannot log in. */
  readonly onRefused: (problem: LoginProblem) => void;
  /** Called when the program has failed to give a secret. */
  readonly onFailed: (error: unknown) => void;
  /** Called when the program gives a secret for which there is no connection. */
  readonly onSecret: () => void;
}

/** A request to log in. */
interface Sent {
  readonly id: string;
  /** `undefined` if it has the resume token only. */
  readonly secret: string | undefined;
}

const MISSING: LoginProblem = { code: "login_required", text: "The server asks for a login" };

export class Login {
  readonly #options: LoginOptions;
  /** The address of the server. Secrets and tokens are for no other. */
  #server = "";
  #token: string | undefined;
  /** Changes when the client turns to another server or is closed: secrets that come later are not used. */
  #generation = 0;
  /** Whether the program is asked for a secret. */
  #isAsking = false;
  /** A secret that came while there was no connection. */
  #waiting: string | undefined;
  /** Whether this connection waits for a secret. */
  #isWanted = false;
  #isRequired = false;
  /** Whether this connection has logged in before its hello. */
  #isDone = false;
  /** The request on this connection. */
  #request: Sent | undefined;
  /** The last secret that was sent, and whether it is of no use any more. */
  #last: { readonly secret: string; isRefused: boolean } | undefined;
  #problem: LoginProblem | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** Whether the program is asked for a secret. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Turns to a server. */
  open(server: string): void {
    if (server !== this.#server) this.#last = this.#problem = undefined;
    this.cancel();
    this.#server = server;
    this.#token = parse(this.#options.memory?.load() ?? null, server);
  }

  /** Forgets the secret that the program is asked for: the client is closed. */
  cancel(): void {
    this.#generation++;
    this.#isAsking = false;
    this.#waiting = undefined;
  }

  /** The server lets this connection in only if it logs in. */
  require(): void {
    this.#isRequired = true;
    this.#begin();
  }

  /** Handles the hello of a connection. */
  greeted({ you, resume }: HelloEvent): void {
    this.#isRequired = false;
    if (resume !== undefined) this.#store(resume);
    // The server may know the user without a login, for example by a header of a proxy.
    if (this.#isDone || you.account !== undefined) return this.#options.onSettled(undefined);
    this.#begin();
  }

  /** Stores the token that comes with a name. */
  named({ resume }: Replies["name"]): void {
    this.#store(resume);
  }

  /** The guest has lost its name, and the token for it. */
  renamed(): void {
    this.#store(undefined);
  }

  /** Handles the reply to a login. Returns whether it is one of this client. */
  replied(ref: string | null, { user, resume }: Replies["login"]): boolean {
    this.#store(resume);
    if (this.#request === undefined || this.#request.id !== ref) return false;
    this.#request = undefined;
    this.#problem = undefined;
    this.#isDone = true;
    if (!this.#isRequired) this.#options.onSettled(user);
    return true;
  }

  /** Handles an error. Returns whether it was about a login of this client. */
  refused({ ref, code, text }: ErrorEvent): boolean {
    if (this.#request === undefined || this.#request.id !== ref) return false;
    const { secret } = this.#request;
    this.#request = undefined;
    if (secret === undefined) {
      this.#store(undefined);
      this.#options.onSettled(undefined);
    } else if (code === "no_login" || code === "logged_in") this.#sendToken();
    else this.#ask({ code, text: text.replace(/^Error: /, "") });
    return true;
  }

  /** The login of this connection has expired. */
  expired(text: string): void {
    if (this.#last !== undefined) this.#last.isRefused = true;
    this.#problem = { code: "expired", text };
  }

  connectionLost(): void {
    this.#isWanted = this.#isRequired = this.#isDone = false;
    this.#request = undefined;
  }

  #begin(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#send(waiting);
    else if (this.#isAsking) this.#isWanted = true;
    else this.#ask(undefined);
  }

  /** Asks the program for a secret, or for another one. */
  #ask(problem: LoginProblem | undefined): void {
    if (problem !== undefined) {
      this.#problem = problem;
      if (this.#last !== undefined) this.#last.isRefused = true;
    }
    const { source, onFailed } = this.#options;
    this.#isWanted = true;
    if (typeof source !== "function") return this.#take(source);
    const generation = this.#generation;
    const isCurrent = () => generation === this.#generation && this.#isAsking;
    this.#isAsking = true;
    const give = (secret: string | undefined) => {
      if (!isCurrent()) return;
      this.#isAsking = false;
      this.#take(secret);
    };
    const fail = (error: unknown) => {
      if (!isCurrent()) return;
      this.#isAsking = false;
      onFailed(error);
    };
    try {
      const given = source({ isRequired: this.#isRequired, problem: this.#problem });
      if (typeof given === "string" || given === undefined) give(given);
      else given.then(give, fail);
    } catch (error) {
      fail(error);
    }
  }

  #take(secret: string | undefined): void {
    const { onRefused, onSecret } = this.#options;
    if (secret === undefined) {
      if (this.#isRequired) onRefused(this.#problem ?? MISSING);
      else this.#sendToken();
    } else if (this.#last?.isRefused === true && this.#last.secret === secret) {
      onRefused(this.#problem ?? MISSING);
    } else if (this.#isWanted) this.#send(secret);
    else {
      this.#waiting = secret;
      onSecret();
    }
  }

  #send(secret: string): void {
    const resume = this.#token;
    this.#last = { secret, isRefused: false };
    this.#request = this.#post({ type: "login", secret, ...(resume && { resume }) }, secret);
  }

  /** Takes the name back with the token, if there is one. */
  #sendToken(): void {
    const resume = this.#token;
    this.#isWanted = false;
    this.#problem = undefined;
    if (resume === undefined) return this.#options.onSettled(undefined);
    this.#request = this.#post({ type: "login", resume }, undefined);
  }

  #post(request: Request, secret: string | undefined): Sent | undefined {
    this.#isWanted = false;
    const id = this.#options.post(request);
    return id === undefined ? undefined : { id, secret };
  }

  #store(token: string | undefined): void {
    if (token === this.#token) return;
    this.#token = token;
    this.#options.memory?.save(
      token === undefined ? "" : JSON.stringify({ server: this.#server, token }),
    );
  }
}

/** The token for a server. */
function parse(text: string | null, server: string): string | undefined {
  try {
    const { server: of, token } = Object(JSON.parse(text || "null"));
    return of === server && typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}
