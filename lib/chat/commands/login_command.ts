/**
 * The command and the request that log a client in, or give a guest its name back.
 * @module
 */
import { type AuthOutcome, type Identity, isRefused } from "../../identity/identity.ts";
import type { ReplyData } from "../../wire/chat_event.ts";
import { LOGIN_HINT } from "../../wire/events.ts";
import { parseRequest } from "../../wire/json.ts";
import { MAX_SECRET_LENGTH } from "../../wire/shapes.ts";
import type { Hub } from "../hub.ts";
import type { Member } from "../member.ts";
import { command, CommandError, malformed, refuse, type Request, STEP_COST } from "./command.ts";
import { commandName, readLine, visible } from "./command_line.ts";

/** The number of failed logins after which a connection ends: people mistype a password once or twice. */
export const MAX_FAILED_LOGINS = 3;

/** How much longer than a secret a line may be that is searched for one, in UTF-16 units: hidden characters. */
const MAX_LINE = MAX_SECRET_LENGTH + 256;

/** What a client logs in with: a password or a token, the token of a guest who is back, or both. */
export interface LoginRequest {
  readonly secret?: string | undefined;
  readonly resume?: string | undefined;
}

/** `/help` does not list it: servers that ask for a login say how. */
export const LOGIN = command({
  name: "login",
  parameters: "<password or token>",
  summary: "log in",
  cost: STEP_COST,
  run: (request, rest) => logIn(request, { secret: visible(rest) }),
});

type LoginReply = ReplyData<"login"> | undefined;

/**
 * Logs a member in, or gives it its name back. The request is answered already if it returns nothing.
 *
 * @throws {CommandError}
 */
export function logIn(request: Request, login: LoginRequest): LoginReply | Promise<LoginReply> {
  checkLogin(login);
  const { hub, member } = request;
  const { secret, resume } = login;
  if (secret === undefined) return resumeName(request, resume!);
  const outcome = member.session.authenticate(secret);
  if (outcome === undefined) throw noLogin();
  const carryOut = (outcome: AuthOutcome): LoginReply | Promise<LoginReply> => {
    if (!hub.has(member)) return undefined;
    const problem = loginError(hub, outcome, member);
    if (problem !== undefined) return refuseLogin(request, problem);
    const reply = () => loginReply(hub, member);
    const replyTo = (isLoggedIn: boolean) => {
      if (isLoggedIn) return reply();
      const text = `Error: You have logged in as '${member.name ?? member.who.address}' already`;
      throw new CommandError("logged_in", text);
    };
    if (outcome !== "guest") {
      const loggedIn = hub.logIn(member, outcome as Identity);
      return loggedIn instanceof Promise ? loggedIn.then(replyTo) : replyTo(loggedIn);
    }
    const restored = resume === undefined ? false : restoreName(hub, member, resume);
    return restored instanceof Promise ? restored.then(reply) : reply();
  };
  return outcome instanceof Promise ? outcome.then(carryOut) : carryOut(outcome);
}

/** @throws {CommandError} If a request gives nothing to log in with. */
export function checkLogin({ secret, resume }: LoginRequest): void {
  if (secret === undefined && resume === undefined) {
    throw malformed("secret and resume are missing");
  }
}

/** Why a client is not let in; `undefined` if it is. */
export function loginError(
  hub: Hub,
  outcome: AuthOutcome,
  client: Pick<Member, "origin" | "user">,
): CommandError | undefined {
  if (outcome === "guest") return undefined;
  const problem = isRefused(outcome) ? outcome.refused : hub.logins.problem(outcome, client);
  return problem === undefined ? undefined : new CommandError("login_failed", `Error: ${problem}`);
}

/** The data of the reply to a login. */
export function loginReply(hub: Hub, member: Member): ReplyData<"login"> {
  return { user: member.who, resume: hub.resumeToken(member) };
}

/** Gives a guest its name back, if that is still kept for it and not banned. Returns whether it has it. */
export function restoreName(
  hub: Hub,
  member: Member,
  token: string,
): boolean | Promise<boolean> {
  const name = hub.nameOfToken(token);
  if (name === undefined || hub.moderation?.bans.findByName(name) !== undefined) return false;
  return hub.resume(member, token);
}

function resumeName({ hub, member }: Request, token: string): LoginReply | Promise<LoginReply> {
  const reply = (isRestored: boolean) => {
    if (isRestored) return loginReply(hub, member);
    throw new CommandError("resume_failed", "Error: Your name is not kept for you any longer");
  };
  const restored = restoreName(hub, member, token);
  return typeof restored === "boolean" ? reply(restored) : restored.then(reply);
}

function noLogin(): CommandError {
  return new CommandError("no_login", "Error: This server asks nobody to log in");
}

function refuseLogin(request: Request, error: CommandError): undefined {
  refuse(request, error);
  const { member } = request;
  if (++member.failedLogins >= MAX_FAILED_LOGINS) {
    member.session.end("login", "Disconnected after too many failed logins");
  }
}

/** What a client sends that has not logged in yet. */
export type BeforeLogin =
  | {
    readonly type: "login";
    readonly id: string | undefined;
    readonly secret: string;
    readonly resume: string | undefined;
  }
  | { readonly type: "quit" }
  /** The operators' token lets its owner in as well. */
  | { readonly type: "oper"; readonly id: string | undefined; readonly token: string }
  /** An empty line, which keeps the connection from being idle. */
  | { readonly type: "empty" }
  | { readonly type: "refused"; readonly id: string | undefined; readonly error: CommandError };

/** Reads the input of a client that has not logged in yet. Nothing of it reaches anybody. */
export function readBeforeLogin(input: string, isJson: boolean): BeforeLogin {
  const request = isJson
    ? parseRequest(input)
    : { type: "line", id: undefined, text: input } as const;
  try {
    switch (request.type) {
      case "login":
        checkLogin(request);
        if (request.secret === undefined) throw loginRequired();
        return { ...request, secret: request.secret, resume: request.resume };
      case "line":
      case "command":
        return readCommand(request);
      case "malformed":
        throw malformed(request.problem);
      default:
        throw loginRequired();
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { type: "refused", id: request.id, error };
  }
}

function readCommand(
  { text, id }: { readonly text: string; readonly id?: string | undefined },
): BeforeLogin {
  if (text.length > MAX_LINE) throw loginRequired();
  const typed = readLine(text);
  if ("problem" in typed) throw new CommandError("usage", typed.problem);
  if ("text" in typed) {
    if (typed.text.trim() === "" && id === undefined) return { type: "empty" };
    throw loginRequired();
  }
  const [word = ""] = typed.command.split(/\s/, 1);
  const rest = typed.command.slice(word.length).trim();
  const name = commandName(word);
  if (name === "quit") return { type: "quit" };
  if (name === "oper" && rest !== "") return { type: "oper", id, token: visible(rest) };
  if (name !== LOGIN.name || rest === "") throw loginRequired();
  return { type: "login", id, secret: visible(rest), resume: undefined };
}

function loginRequired(): CommandError {
  return new CommandError("login_required", `Error: ${LOGIN_HINT}`);
}
