/**
 * The gate of a session: a client that has to log in neither gets nor sends anything before it has.
 * @module
 */
import { CommandError, STEP_COST } from "../../chat/commands/command.ts";
import {
  type BeforeLogin,
  loginError,
  loginReply,
  MAX_FAILED_LOGINS,
  readBeforeLogin,
  restoreName,
} from "../../chat/commands/login_command.ts";
import { makeOperator, tokenError } from "../../chat/commands/operator_commands.ts";
import { mayEnter } from "../../chat/commands/permission.ts";
import type { Hub } from "../../chat/hub.ts";
import type { Member } from "../../chat/member.ts";
import type { ChatRecipient } from "../../chat/wire_format.ts";
import type { AuthOutcome, Credential, Identity } from "../../identity/identity.ts";
import { LOCKED_DOWN } from "../admission/refusals.ts";
import type { ChatEvent } from "../../wire/chat_event.ts";
import type { DisconnectReason } from "../../wire/events.ts";

/** How long a client may take to log in, in ms: a person looks the password up, a browser asks for it. */
export const LOGIN_TIMEOUT = 30_000;

export interface LoginGateOptions {
  readonly hub: Hub;
  readonly recipient: ChatRecipient;
  /** Whether the client sends JSON. */
  readonly isJson: boolean;
  /** Whether the client has to log in. By default it can, and is a guest until then. */
  readonly isRequired: boolean;
  /** The client's address, `host:port`. */
  readonly origin: () => string;
  readonly authenticate: (
    credential: Credential | undefined,
  ) => AuthOutcome | Promise<AuthOutcome>;
  /** Charges the client for a request that costs as much as so many more messages. */
  readonly charge: (messages: number) => void;
  /** Makes the client a member, which is in no room: the gate is open. */
  readonly enter: (identity: Identity | undefined) => Member;
  /** Called when the member is in the lobby, if it may be there. */
  readonly onEntered: (member: Member) => void;
  /** Disconnects the client. */
  readonly end: (reason: DisconnectReason, message?: string) => void;
}

type Login = Extract<BeforeLogin, { readonly type: "login" }>;

export class LoginGate {
  readonly #options: LoginGateOptions;
  #failures = 0;

  constructor(options: LoginGateOptions) {
    this.#options = options;
  }

  /**
   * Lets a client in that need not log in, or that is known already, and asks any other to log in. Nothing may be handled
   * before the returned promise has settled.
   *
   * @param credential What the handshake of the client says.
   * @param hasSpoken Whether the client has sent something, whose answer asks it to log in.
   */
  begin(credential: Credential | undefined, hasSpoken: boolean): Promise<void> | void {
    return this.#check(credential, (outcome) => {
      const error = this.#errorOf(outcome);
      if (error === undefined) return this.#admit(outcome);
      if (!this.#options.isRequired) return this.#admit("guest");
      if (credential !== undefined) this.#refuse(error, undefined);
      if (!hasSpoken) this.#answer({ type: "login_required" });
    });
  }

  /** Handles a line or a frame. Nothing more may be handled before the returned promise has settled. */
  handle(input: string): Promise<void> | void {
    const { isJson, end, charge } = this.#options;
    const request = readBeforeLogin(input, isJson);
    switch (request.type) {
      case "empty":
        return;
      case "quit":
        return end("quit");
      case "refused":
        return this.#refuse(request.error, request.id);
      case "oper":
        charge(STEP_COST - 1);
        return this.#enterAsOperator(request.token, request.id);
      case "login":
        charge(STEP_COST - 1);
        return this.#logIn(request);
    }
  }

  #enterAsOperator(token: string, ref: string | undefined): Promise<void> | void {
    const { hub, origin } = this.#options;
    const { moderation } = hub;
    const result = moderation?.authenticate(token, { name: undefined, origin: origin() });
    if (moderation === undefined || result !== "granted") {
      return this.#fail(tokenError(result === "limited" ? result : "wrong"), ref);
    }
    return this.#admit("guest", (member) => {
      const data = makeOperator(hub, moderation, member);
      hub.answer(member, { type: "reply", command: "oper", data, ref });
    });
  }

  #logIn(login: Login): Promise<void> | void {
    return this.#check({ type: "secret", secret: login.secret }, (outcome) => {
      const error = this.#errorOf(outcome);
      if (error !== undefined) return this.#fail(error, login.id);
      return this.#admit(outcome, (member) => this.#answerLogin(member, login));
    });
  }

  #answerLogin(member: Member, { resume, id: ref }: Login): Promise<void> | void {
    const { hub } = this.#options;
    const answer = () => {
      hub.answer(member, { type: "reply", command: "login", data: loginReply(hub, member), ref });
    };
    const restored = resume === undefined ? false : restoreName(hub, member, resume);
    // Without the other servers, the name is not restored, and the client is let in.
    return restored instanceof Promise ? restored.then(answer, answer) : answer();
  }

  #check(
    credential: Credential | undefined,
    act: (outcome: AuthOutcome) => Promise<void> | void,
  ): Promise<void> | void {
    const outcome = this.#options.authenticate(credential);
    return outcome instanceof Promise ? outcome.then(act) : act(outcome);
  }

  #errorOf(outcome: AuthOutcome): CommandError | undefined {
    const { hub, origin } = this.#options;
    const error = loginError(hub, outcome, { origin: origin(), user: undefined });
    if (error !== undefined || !hub.moderation?.isLockedDown) return error;
    const isOperator = outcome !== "guest" && (outcome as Identity).operator === true;
    return isOperator ? undefined : new CommandError("login_failed", `Error: ${LOCKED_DOWN.text}`);
  }

  /** @param answer Answers the request. Nothing more is handled before its promise has settled. */
  #admit(
    outcome: AuthOutcome,
    answer?: (member: Member) => Promise<void> | void,
  ): Promise<void> | void {
    const { hub, enter, end } = this.#options;
    const identity = outcome === "guest" ? undefined : outcome as Identity;
    const member = enter(identity);
    const goOn = () => {
      const answered = answer?.(member);
      const enterLobby = () => this.#enterLobby(member);
      return answered instanceof Promise ? answered.then(enterLobby) : enterLobby();
    };
    if (identity === undefined || !hub.isShared) return goOn();
    // Without the other servers nobody knows whether the user may have the name.
    const failed = () => end("login", "Cannot log you in now, try again");
    return Promise.resolve(hub.logIn(member, identity)).then(goOn, failed);
  }

  #enterLobby(member: Member): Promise<void> | void {
    const { hub, onEntered } = this.#options;
    const carryOn = (mayEnter: boolean) => {
      if (!hub.has(member)) return;
      const entering = mayEnter ? hub.enterLobby(member) : undefined;
      const enter = () => onEntered(member);
      return entering instanceof Promise ? entering.then(enter, enter) : enter();
    };
    const decision = mayEnter(hub, member, hub.lobby.name);
    return typeof decision === "boolean" ? carryOn(decision) : decision.then(carryOn);
  }

  /** Refuses a secret. After some wrong ones, the connection ends. */
  #fail(error: CommandError, ref: string | undefined): void {
    this.#refuse(error, ref);
    if (++this.#failures < MAX_FAILED_LOGINS) return;
    this.#options.end("login", "Disconnected after too many failed logins");
  }

  #refuse({ code, message: text }: CommandError, ref: string | undefined): void {
    this.#answer({ type: "error", code, text, ref });
  }

  #answer(event: ChatEvent): void {
    const { hub, recipient } = this.#options;
    hub.answer({ recipient }, event);
  }
}
