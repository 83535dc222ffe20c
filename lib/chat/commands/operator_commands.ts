/**
 * The commands of operators. A member who has shown the token may use them as long as the connection lives.
 * @module
 */
import { isLikeDuration, parseDuration } from "../../text/durations.ts";
import { cleanLine } from "../../text/sanitize.ts";
import type { ReplyData } from "../../wire/chat_event.ts";
import { describeEnd, describeTarget } from "../../wire/lines.ts";
import { displayName } from "../../wire/shapes.ts";
import type { Member, Participant } from "../member.ts";
import type { Hub } from "../hub.ts";
import type { Ban, BanSubject, Moderation } from "../moderation.ts";
import { nameKey, normalizeName } from "../names.ts";
import { excerpt, toShortPhrase } from "../single_line.ts";
import {
  answer,
  type Command,
  command,
  CommandError,
  describe,
  refuse,
  type Request,
  STEP_COST,
  usageError,
} from "./command.ts";
import { visible } from "./command_line.ts";
import { toMessageText } from "./message_rules.ts";

/** The number of wrong tokens after which a connection ends: an operator has the token in a file. */
const MAX_WRONG_TOKENS = 3;

/** The maximum number of bans in a list: a screen of them. */
const MAX_LISTED_BANS = 100;

/** The maximum length of a reason, in graphemes; the rest is cut off. It goes to the log and to the target. */
const MAX_REASON = 200;

/** Makes the member an operator. `/help` does not list it: whoever has a token knows its use. */
export const OPER = command({
  name: "oper",
  parameters: "<token>",
  summary: "become an operator",
  cost: STEP_COST,
  run(request, rest) {
    const { hub, member } = request;
    const moderation = moderationOf(request);
    const result = moderation.authenticate(visible(rest), member);
    return result === "granted"
      ? makeOperator(hub, moderation, member)
      : refuseToken(request, result);
  },
});

/** Gives a member the rights of an operator who has shown the token. Returns the data of the reply. */
export function makeOperator(
  { customCommands }: Pick<Hub, "customCommands">,
  moderation: Moderation,
  member: Member,
): ReplyData<"oper"> {
  if (!member.isOperator) moderation.logAction(member, "became an operator", "");
  member.isOperator = true;
  const custom = [...customCommands.values()].filter(({ isForOperators }) => isForOperators);
  return { commands: [...OPERATOR_COMMANDS, ...custom].map(describe) };
}

/** The error for a token that does not make anybody an operator. */
export function tokenError(result: "wrong" | "limited"): CommandError {
  const text = result === "wrong"
    ? "Error: Wrong token"
    : "Error: Too many wrong tokens from your address, try again later";
  return new CommandError("wrong_token", text);
}

function refuseToken(request: Request, result: "wrong" | "limited"): undefined {
  const { member } = request;
  refuse(request, tokenError(result));
  if (++member.wrongTokens >= MAX_WRONG_TOKENS) {
    member.session.end("kicked", "Disconnected after too many wrong tokens");
  }
}

const KICK = command({
  name: "kick",
  parameters: "<username> [reason]",
  summary: "disconnect a user",
  run(request, rest) {
    const { first: who, rest: reason } = split(rest);
    const target = findParticipant(request, who);
    const name = displayName(target);
    note(request, `kicked '${name}' (${originsOf(target)})`, reason);
    answer(request, "kick", { text: `Kicked '${name}'` });
    disconnect(target, withReason(`Kicked by ${displayName(request.member.who)}`, reason));
  },
});

const BAN = command({
  name: "ban",
  parameters: "<address|network|username> [duration] [reason]",
  summary: "ban a user, an address or a network",
  run(request, rest) {
    const { first: who, rest: more } = split(rest);
    checkDuration(more);
    if (more !== "" && parseDuration(who) !== undefined && request.hub.find(who) === undefined) {
      throw usageError(BAN); // the duration stands behind the name
    }
    const target = findBanTarget(request, who);
    const moderation = moderationOf(request);
    const ban = createBan(request, target, more);
    if (!moderation.bans.add(ban)) throw tooMany("bans");
    const what = `${describeTarget(ban)} ${describeEnd(ban)}`;
    note(request, `banned ${what}`, ban.reason);
    answer(request, "ban", { text: `Banned ${what}` });
    const message = withReason(`Banned by ${displayName(request.member.who)}`, ban.reason);
    if (target.who !== undefined) disconnect(target.who, message);
    moderation.enforce(ban, message);
  },
});

const UNBAN = command({
  name: "unban",
  parameters: "<address|network|username> [reason]",
  summary: "lift a ban",
  run(request, rest) {
    const { first: who, rest: reason } = split(rest);
    const moderation = moderationOf(request);
    const network = moderation.parseNetwork(who);
    const lifted = moderation.bans.lift(typeof network === "string" ? network : nameKey(who));
    if (lifted.length === 0) {
      throw new CommandError("not_banned", `Error: '${excerpt(who)}' is not banned`);
    }
    const what = lifted.map(describeTarget).join(", ");
    note(request, `lifted the ban of ${what}`, reason);
    return { text: `No longer banned: ${what}` };
  },
});

const BANS = command({
  name: "bans",
  parameters: "",
  summary: "list the bans",
  run(request) {
    const all = moderationOf(request).bans.list();
    return { bans: all.slice(-MAX_LISTED_BANS), total: all.length };
  },
});

const MUTE = command({
  name: "mute",
  parameters: "<username> [duration|off] [reason]",
  summary: "silence a user",
  run(request, rest) {
    const { first: who, rest: more } = split(rest);
    const { first, rest: reason } = split(more);
    if (first.toLowerCase() === "off") return unmute(request, who, reason);
    checkDuration(more);
    const mute = createBan(request, banTargetOf(request, findParticipant(request, who)), more);
    if (!moderationOf(request).mutes.add(mute)) throw tooMany("mutes");
    const what = `${describeTarget(mute)} ${describeEnd(mute)}`;
    note(request, `muted ${what}`, mute.reason);
    return { text: `Muted ${what}` };
  },
});

/** Lifts a mute under whatever name the user has now. */
function unmute(request: Request, who: string, reason: string): { readonly text: string } {
  const { mutes } = moderationOf(request);
  const target = request.hub.find(who);
  const found = target === undefined ? mutes.findByName(who) : mutes.find(subjectOf(target));
  if (found === undefined) {
    throw new CommandError("not_muted", `Error: '${excerpt(who)}' is not muted`);
  }
  mutes.lift(found.target);
  note(request, `lifted the mute of ${describeTarget(found)}`, reason);
  return { text: `No longer muted: ${describeTarget(found)}` };
}

const SAY = command({
  name: "say",
  parameters: "<text>",
  summary: "send a notice to everyone",
  speaks: true,
  run(request, rest) {
    const text = toMessageText(request, rest);
    if (text === "") throw usageError(SAY);
    note(request, "said a notice to all", "");
    request.hub.notify(request.member, text);
    return { text: "Said to all" };
  },
});

const LOCKDOWN = command({
  name: "lockdown",
  parameters: "<on|off> [reason]",
  summary: "admit no new clients",
  run(request, rest) {
    const { first, rest: reason } = split(rest);
    const word = first.toLowerCase();
    if (word !== "on" && word !== "off") throw usageError(LOCKDOWN);
    refuseDuration(LOCKDOWN, reason);
    const isOn = word === "on";
    moderationOf(request).isLockedDown = isOn;
    note(request, isOn ? "locked the server down" : "ended the lockdown", reason);
    return { text: isOn ? "Nobody new is let in" : "Newcomers are let in" };
  },
});

const DRAIN = command({
  name: "drain",
  parameters: "[reason]",
  summary: "shut the server down",
  run(request, rest) {
    refuseDuration(DRAIN, rest);
    const moderation = moderationOf(request);
    const { drainTime } = moderation;
    note(request, "ended the server", rest);
    const text = drainTime === 0 ? "The server ends" : `The server ends in ${drainTime} s`;
    answer(request, "drain", { text });
    moderation.drain();
  },
});

/** The commands that only operators may use, in the order of `/help`. */
export const OPERATOR_COMMANDS: readonly Command[] = [
  KICK,
  BAN,
  UNBAN,
  BANS,
  MUTE,
  SAY,
  LOCKDOWN,
  DRAIN,
];

/** Only called where there are operators. */
function moderationOf({ hub }: Request): Moderation {
  return hub.moderation!;
}

/** The target of a ban or a mute. */
interface BanTarget {
  readonly name?: string;
  readonly network?: string;
  readonly who?: Participant;
}

/** @throws {CommandError} If the target is nobody, or the operator. */
function findBanTarget(request: Request, who: string): BanTarget {
  const { hub, member } = request;
  const moderation = moderationOf(request);
  const network = moderation.parseNetwork(who);
  if (typeof network === "object") throw targetError(`Error: ${cleanLine(network.error)}`);
  if (network !== undefined) {
    if (!moderation.isIn(member, network)) return { network };
    throw targetError(`Error: Your own address is in ${network}`);
  }
  const target = hub.find(who);
  if (target === member.who) throw targetError("Error: That is you");
  if (target !== undefined) return banTargetOf(request, target);
  const name = normalizeName(who);
  if (name === undefined) throw notFound(who);
  return { name };
}

/** A user by name and address, without the address if it is the operator's own, as behind a proxy that hides it. */
function banTargetOf(request: Request, target: Participant): BanTarget {
  const moderation = moderationOf(request);
  const { name } = target;
  const network = moderation.networkOf(subjectOf(target));
  const isShared = network === undefined || moderation.isIn(request.member, network);
  if (isShared && name === undefined) {
    throw targetError("Error: They have no name, and your own address");
  }
  return {
    who: target,
    ...(name === undefined ? {} : { name }),
    ...(isShared ? {} : { network }),
  };
}

function targetError(text: string): CommandError {
  return new CommandError("ban_invalid", text);
}

/**
 * Refuses a word that looks like a duration but is none. Taken as a reason, it would make a ban for ten minutes permanent.
 *
 * @throws {CommandError}
 */
function checkDuration(text: string): void {
  const { first } = split(text);
  if (!isLikeDuration(first) || parseDuration(first) !== undefined) return;
  throw new CommandError(
    "usage",
    `Error: '${cleanLine(first)}' is not a duration, use 90s, 10m, 12h or 7d; ` +
      "a reason begins with another word",
  );
}

/**
 * Refuses a duration: a lockdown does not end by itself, and `--drain` says how long a drain takes.
 *
 * @throws {CommandError}
 */
function refuseDuration({ name }: Command, reason: string): void {
  if (!isLikeDuration(split(reason).first)) return;
  const text = `Error: /${name} takes no duration; a reason begins with another word`;
  throw new CommandError("usage", text);
}

/** A ban from now on. `text` is its duration and its reason. */
function createBan(request: Request, { name, network }: BanTarget, text: string): Ban {
  const { first, rest } = split(text);
  const duration = parseDuration(first);
  const since = moderationOf(request).now();
  return {
    target: name === undefined ? network! : nameKey(name),
    name,
    network,
    since,
    until: duration === undefined ? undefined : since + duration,
    by: displayName(request.member.who),
    reason: toReason(duration === undefined ? text : rest),
  };
}

/** @throws {CommandError} If nobody in the chat has this name or address. */
function findParticipant({ hub }: Request, who: string): Participant {
  const found = hub.find(who);
  if (found === undefined) throw notFound(who);
  return found;
}

/** A participant by name, and by the address of the client that has been connected for longest. */
function subjectOf({ name, members }: Participant): BanSubject {
  return { name, origin: members[0]?.origin ?? "" };
}

function originsOf({ members }: Participant): string {
  return members.map(({ origin }) => origin).join(", ");
}

/** Disconnects all clients of a participant. */
function disconnect({ members }: Participant, message: string): void {
  for (const { session } of members) session.end("kicked", message);
}

function notFound(who: string): CommandError {
  return new CommandError("user_not_found", `User '${excerpt(who)}' not found`);
}

function tooMany(what: string): CommandError {
  return new CommandError("too_many_bans", `Error: There are too many ${what}, lift some first`);
}

function note(request: Request, act: string, reason: string): void {
  moderationOf(request).logAction(request.member, act, toReason(reason));
}

function withReason(text: string, reason: string): string {
  const why = toReason(reason);
  return why === "" ? text : `${text}: ${why}`;
}

function toReason(text: string): string {
  return toShortPhrase(text, MAX_REASON);
}

/** The first word, and the text behind it. */
function split(text: string): { readonly first: string; readonly rest: string } {
  const [first = ""] = text.split(/\s/, 1);
  return { first, rest: text.slice(first.length).trim() };
}
