/**
 * Logs the client in: with the password or token of the user, which is remembered for this tab and this server, and with
 * the token that gives a guest the name back.
 * @module
 */
import { BehaviorSubject, type Observable } from "rxjs";
import type { ErrorEvent, HelloEvent } from "../models/protocol";
import type { Memory } from "./environment";
import type { Request } from "./history";

/** Asks the user for a password or token. */
export interface LoginQuestion {
  /** What is wrong with the last one; empty if there was none. */
  readonly problem: string;
}

export interface LoginOptions {
  readonly memory: Memory;
  /** Sends a request to log in. Returns whether there is a connection. */
  readonly ask: (request: Request) => boolean;
  /** Connects at once, if the client is not connected. */
  readonly retry: () => void;
}

export class Login {
  readonly #options: LoginOptions;
  readonly #question = new BehaviorSubject<LoginQuestion | null>(null);
  #server = "";
  /** What the user has entered and the server has not accepted yet. */
  #entered: string | undefined;
  /** Whether the connection has to log in before its hello. */
  #isRequired = false;
  /** Whether the connection has logged in. */
  #isDone = false;
  /** Whether the request that is not answered has a password or token. */
  #hasSecret = false;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  get question$(): Observable<LoginQuestion | null> {
    return this.#question.asObservable();
  }

  get isAsking(): boolean {
    return this.#question.value !== null;
  }

  /** Turns to a server. Passwords and tokens are for no other. */
  moveTo(server: string): void {
    this.#server = server;
    this.cancel();
  }

  /** Forgets what the user has entered, and asks no more. */
  cancel(): void {
    this.#entered = undefined;
    this.#question.next(null);
  }

  /** The server lets this connection in only if it logs in. */
  required(): void {
    this.#isRequired = true;
    if (this.isAsking) return;
    if (this.#secret === undefined) this.#question.next({ problem: "" });
    else this.#send();
  }

  /** The user has entered a password or token. Returns whether it was sent now. */
  enter(secret: string, isGreeted: boolean): boolean {
    this.#entered = secret;
    if (this.isAsking) this.#question.next(null);
    if (this.#isRequired || isGreeted) return this.#send();
    this.#options.retry();
    return false;
  }

  /** Handles the hello of a connection. Returns whether a request to log in was sent. */
  greeted({ you, resume }: HelloEvent): boolean {
    this.#isRequired = false;
    this.#question.next(null);
    if (resume !== undefined) this.#store("resume", resume);
    return !this.#isDone && you.account === undefined && this.#send();
  }

  /** Stores the token that comes with a name. */
  named(resume: string | undefined): void {
    this.#store("resume", resume);
  }

  /** The server has accepted the login. Returns whether the connection was greeted before. */
  accepted(resume: string | undefined): boolean {
    const wasRequired = this.#isRequired;
    this.#isDone = true;
    this.named(resume);
    if (this.#hasSecret) this.#store("secret", this.#secret);
    this.#entered = undefined;
    return !wasRequired;
  }

  /** The server has refused the login. Returns whether the client goes on without it. */
  refused({ code, text }: Pick<ErrorEvent, "code" | "text">): boolean {
    if (!this.#hasSecret) this.#store("resume", undefined);
    else this.#forget();
    if (this.#hasSecret && code !== "no_login" && this.#isRequired) {
      this.#question.next({ problem: text.replace(/^Error: /, "") });
    }
    return !this.#isRequired;
  }

  /** The login of this connection has expired. The next one needs another token. */
  expired(text: string): void {
    this.#forget();
    this.#question.next({ problem: text });
  }

  connectionLost(): void {
    this.#isRequired = this.#isDone = false;
  }

  get #secret(): string | undefined {
    return this.#entered ?? this.#load("secret");
  }

  #send(): boolean {
    const secret = this.#secret, resume = this.#load("resume");
    if (secret === undefined && resume === undefined) return false;
    this.#hasSecret = secret !== undefined;
    return this.#options.ask({
      type: "login",
      ...(secret === undefined ? {} : { secret }),
      ...(resume === undefined ? {} : { resume }),
    });
  }

  #forget(): void {
    this.#entered = undefined;
    this.#store("secret", undefined);
  }

  #load(name: string): string | undefined {
    return this.#options.memory.get(`${name} ${this.#server}`) || undefined;
  }

  #store(name: string, value: string | undefined): void {
    this.#options.memory.set(`${name} ${this.#server}`, value ?? "");
  }
}
