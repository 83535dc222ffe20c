/**
 * The commands about the user: names, private messages, presence, and leaving.
 * @module
 */
import type { ReplyData } from "../../wire/chat_event.ts";
import type { Participant } from "../member.ts";
import { findDeception } from "../name_rules.ts";
import { NAME_RULES, nameKey, normalizeName } from "../names.ts";
import { isReserved } from "../reserved_names.ts";
import { excerpt, MAX_AWAY_LENGTH, readPhrase } from "../single_line.ts";
import { approve, approveName, say } from "./approval.ts";
import { command, CommandError, type Request, STEP_COST, usageError } from "./command.ts";
import { checkMute, toMessageText } from "./message_rules.ts";

export const NAME = command({
  name: "name",
  parameters: "<username>",
  summary: "choose your name",
  cost: STEP_COST,
  run(request, rest) {
    const { hub, member } = request;
    if (member.identity?.name !== undefined) return keepName(request, rest);
    const name = allowedName(rest);
    checkMute(request);
    if (hub.moderation?.bans.findByName(name) !== undefined) {
      throw new CommandError("name_banned", `Error: Username '${name}' is banned`);
    }
    const deception = findDeception(name);
    if (deception !== undefined && !isConfusable(request, name)) {
      const text = `Error: Username '${name}' is not allowed: it ${deception}`;
      throw new CommandError("name_invalid", text);
    }
    if (deception !== undefined || !hub.mayTake(member, name)) throw takenError(request, name);
    const reply = (isRenamed: boolean) => {
      if (!isRenamed) throw takenError(request, name);
      return { user: member.who, resume: hub.resumeToken(member) };
    };
    return approveName(request, name, () => {
      const isRenamed = hub.rename(member, name);
      return typeof isRenamed === "boolean" ? reply(isRenamed) : isRenamed.then(reply);
    });
  },
});

/** The reply to a user whose name comes from their login: they have it, or cannot change it. */
function keepName({ member }: Request, typed: string): ReplyData<"name"> {
  if (nameKey(typed) === nameKey(member.name ?? "")) return { user: member.who };
  const text = `Error: You are '${member.name}' by your login, and cannot change your name`;
  throw new CommandError("name_fixed", text);
}

function allowedName(typed: string): string {
  const name = normalizeName(typed);
  if (name === undefined) {
    const text = `Error: Username '${excerpt(typed)}' is not allowed, use ${NAME_RULES}`;
    throw new CommandError("name_invalid", text);
  }
  if (isReserved(name)) {
    throw new CommandError("name_reserved", `Error: Username '${name}' is reserved`);
  }
  return name;
}

/** Whether the name looks like that of another user: then this is the error to report. */
function isConfusable({ hub, member }: Request, name: string): boolean {
  return hub.owner(name) === undefined && hub.lookalike(member, name) !== undefined;
}

function takenError({ hub, member }: Request, name: string): CommandError {
  const other = hub.owner(name) === undefined ? hub.lookalike(member, name) : undefined;
  if (other === undefined) {
    return new CommandError("name_taken", `Error: Username '${name}' is already taken`);
  }
  const why = other.members.length > 0 ? "who is here" : "which belongs to somebody else";
  const text = `Error: Username '${name}' looks like '${other.name}', ${why}`;
  return new CommandError("name_confusable", text);
}

export const WHISPER = command({
  name: "whisper",
  parameters: "<username> <message>",
  summary: "send a private message",
  speaks: true,
  run(request, rest) {
    const { hub, member, requestId } = request;
    const [who = ""] = rest.split(/\s/, 1);
    const text = toMessageText(request, rest.slice(who.length).trim());
    if (text === "") throw usageError(WHISPER);
    // The recipient of a repeated message may be gone.
    if (requestId !== undefined && hub.hasWhispered(member, who, text, requestId)) return;
    const to = hub.find(who);
    if (to !== undefined) return whisper(request, to, who, text);
    const caughtUp = hub.caughtUp();
    if (caughtUp === undefined) throw notFound(who);
    // Somebody at another server may have taken the name a moment ago.
    return caughtUp.then(() => {
      const to = hub.find(who);
      if (to === undefined) throw notFound(who);
      return whisper(request, to, who, text);
    });
  },
});

function whisper(
  request: Request,
  to: Participant,
  who: string,
  text: string,
): Promise<void> | undefined {
  const { hub, member, requestId } = request;
  const send = (approved: string): Promise<void> | undefined => {
    if (to.members.length === 0) throw notFound(who); // has left meanwhile
    const sent = hub.whisper(member, to, approved, requestId, { who, original: text });
    return sent?.then((isSent) => {
      if (!isSent) throw notFound(who);
    });
  };
  return approve(request, { kind: "whisper", to }, text, send) as Promise<void> | undefined;
}

function notFound(who: string): CommandError {
  return new CommandError("user_not_found", `User '${excerpt(who)}' not found`);
}

export const ME = command({
  name: "me",
  parameters: "<action>",
  summary: "describe what you do",
  speaks: true,
  run(request, rest) {
    const text = toMessageText(request, rest);
    if (text === "") throw usageError(ME);
    return say(request, text, true);
  },
});

export const AWAY = command({
  name: "away",
  parameters: "[text]",
  summary: "set or clear your away message",
  run(request, rest) {
    const { text, excess } = readPhrase(rest, MAX_AWAY_LENGTH);
    if (excess !== undefined) throw new CommandError("too_long", `Error: Away text is ${excess}`);
    if (text === "") return setAway(request, undefined);
    checkMute(request);
    const destination = { kind: "away", maxLength: MAX_AWAY_LENGTH } as const;
    return approve(request, destination, text, (approved) => setAway(request, approved));
  },
});

function setAway(
  { hub, member }: Request,
  away: string | undefined,
): ReplyData<"away"> | Promise<ReplyData<"away">> {
  const reply = () => ({ user: member.who });
  const work = hub.setAway(member, away);
  return work instanceof Promise ? work.then(reply) : reply();
}

export const STATS = command({
  name: "stats",
  parameters: "",
  summary: "show server statistics",
  run: ({ hub }) => hub.statistics(),
});

export const QUIT = command({
  name: "quit",
  parameters: "",
  summary: "disconnect",
  run: ({ member }) => member.session.end("quit"),
});
