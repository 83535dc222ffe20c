/**
 * The commands of operators. Who has shown the token may use them as long as the connection lives.
 *
 * Knows whom to ask for what reaches beyond the chat, and nothing of addresses, tokens and files.
 * @module
 */
import { cleanLine } from "../../text/sanitize.ts";
import {
  chargeStep,
  type Command,
  describe,
  refuse,
  refuseUsage,
  type Request as AnyRequest,
} from "./command.ts";
import { visible } from "./command_line.ts";
import { isLikeDuration, parseDuration } from "../../text/durations.ts";
import { displayName, type OperatorAct } from "../events.ts";
import type { Hub } from "../hub.ts";
import type { Member } from "../member.ts";
import type { Moderation } from "../moderation.ts";
import { nameKey, normalizeName } from "../names.ts";
import { excerpt, toShortPhrase } from "../single_line.ts";
import { type Ban, describeEnd, describeTarget } from "../bans.ts";
import { toMessageText } from "../message_rules.ts";

/** Wrong tokens that one connection may send: who has the token in a file does not mistype it. */
const MAX_WRONG_TOKENS = 3;

/** The most bans that are listed, in one line: a screen of them. */
const MAX_LISTED_BANS = 100;

/** The longest reason, in characters as people count them; what is more is cut off. It goes to the log and to whom it is about. */
const MAX_REASON = 200;

/** Becomes an operator. Not in `/help`: who has a token knows what to do with it. */
const OPER: Command = { name: "oper", parameters: "<token>", summary: "show the token", run: oper };

/** What operators may do besides what everybody may, in the order of `/help`. */
export const OPERATOR_COMMANDS: readonly Command[] = [
  {
    name: "kick",
    parameters: "<username> [reason]",
    summary: "disconnect somebody",
    run: kick,
  },
  {
    name: "ban",
    parameters: "<address|network|username> [duration] [reason]",
    summary: "let somebody in no more",
    run: ban,
  },
  {
    name: "unban",
    parameters: "<address|network|username> [reason]",
    summary: "lift a ban",
    run: unban,
  },
  { name: "bans", parameters: "", summary: "who is banned", run: bans },
  {
    name: "mute",
    parameters: "<username> [duration|off] [reason]",
    summary: "let nothing be heard of somebody",
    run: mute,
  },
  { name: "say", parameters: "<text>", summary: "a notice to all", speaks: true, run: say },
  {
    name: "lockdown",
    parameters: "<on|off> [reason]",
    summary: "let nobody new in",
    run: lockdown,
  },
  { name: "drain", parameters: "[reason]", summary: "end the server", run: drain },
];

const BY_NAME = new Map([OPER, ...OPERATOR_COMMANDS].map((command) => [command.name, command]));

/** A request of an operator, or of somebody who wants to be one. */
interface Request extends AnyRequest {
  readonly hub: Hub & { readonly moderation: Moderation };
}

/** The command of this name on a server that has operators; for others than those it only says so. */
export function findOperatorCommand(
  { hub, member }: AnyRequest,
  name: string,
): Command | undefined {
  if (hub.moderation === undefined) return undefined;
  const command = BY_NAME.get(name);
  if (command === undefined || command === OPER || member.isOperator) return command;
  return { ...command, run: refuseStranger };
}

function refuseStranger(this: Command, request: AnyRequest): void {
  refuse(request, "not_operator", `Error: /${this.name} is for operators`);
}

function oper(this: Command, request: Request, token: string): void {
  if (token === "") return refuseUsage(request, this);
  chargeStep(request);
  const { hub, member, ref } = request;
  const verdict = hub.moderation.authenticate(visible(token), member);
  if (verdict !== "granted") return refuseToken(request, verdict);
  if (!member.isOperator) hub.moderation.note(member, "became an operator", "");
  member.isOperator = true;
  hub.answer(member, { type: "operator", commands: OPERATOR_COMMANDS.map(describe), ref });
}

function refuseToken(request: Request, verdict: "wrong" | "limited"): void {
  const { member } = request;
  const text = verdict === "wrong"
    ? "Error: Wrong token"
    : "Error: Too many wrong tokens from your address, try again later";
  refuse(request, "wrong_token", text);
  if (++member.wrongTokens >= MAX_WRONG_TOKENS) {
    member.session.end("kicked", "Disconnected after too many wrong tokens");
  }
}

function kick(this: Command, request: Request, rest: string): void {
  const { first: who, rest: reason } = split(rest);
  if (who === "") return refuseUsage(request, this);
  const target = findMember(request, who);
  if (target === undefined) return;
  const name = displayName(target);
  note(request, `kicked '${name}' (${target.origin})`, reason);
  done(request, "kick", `Kicked '${name}'`);
  target.session.end("kicked", farewell("Kicked", request.member, reason));
}

function ban(this: Command, request: Request, rest: string): void {
  const { first: who, rest: more } = split(rest);
  if (who === "") return refuseUsage(request, this);
  if (isNoDuration(request, more)) return;
  if (more !== "" && parseDuration(who) !== undefined && request.hub.find(who) === undefined) {
    return refuseUsage(request, this); // the duration stands behind the name
  }
  const aim = findBanTarget(request, who);
  if (aim === undefined) return;
  const { moderation } = request.hub;
  const sanction = impose(request, aim, more);
  if (!moderation.bans.add(sanction)) return refuseMore(request, "bans");
  const what = `${describeTarget(sanction)} ${describeEnd(sanction)}`;
  note(request, `banned ${what}`, sanction.reason);
  done(request, "ban", `Banned ${what}`);
  const words = farewell("Banned", request.member, sanction.reason);
  aim.member?.session.end("kicked", words);
  moderation.enforce(sanction, words);
}

/** Whom a ban or a mute is about. */
interface BanTarget {
  readonly name?: string;
  readonly network?: string;
  readonly member?: Member;
}

/** Whom a ban is about; `undefined` if that is nobody or cannot be, which the operator has been told then. */
function findBanTarget(request: Request, who: string): BanTarget | undefined {
  const { hub, member } = request;
  const network = hub.moderation.readNetwork(who);
  if (typeof network === "object") {
    return refuseTarget(request, `Error: ${cleanLine(network.problem)}`);
  }
  if (network !== undefined) {
    if (!hub.moderation.isIn(member, network)) return { network };
    return refuseTarget(request, `Error: Your own address is in ${network}`);
  }
  const target = hub.find(who);
  if (target === member) return refuseTarget(request, "Error: That is you");
  if (target !== undefined) return banTargetOf(request, target);
  const name = normalizeName(who);
  if (name === undefined) refuse(request, "user_not_found", `User '${excerpt(who)}' not found`);
  return name === undefined ? undefined : { name };
}

/** Somebody, by name and address: unless that is the operator's own, as behind a proxy that does not tell it. */
function banTargetOf(request: Request, target: Member): BanTarget | undefined {
  const { hub, member } = request;
  const { name } = target;
  const network = hub.moderation.networkOf(target);
  const isShared = network === undefined || hub.moderation.isIn(member, network);
  if (isShared && name === undefined) {
    return refuseTarget(request, "Error: They have no name, and your own address");
  }
  return {
    member: target,
    ...(name === undefined ? {} : { name }),
    ...(isShared ? {} : { network }),
  };
}

/**
 * Whether `more` begins with what is like a duration and is none, which the operator has been told then: taken for a
 * reason it would make for ever what was meant for ten minutes.
 */
function isNoDuration(request: Request, more: string): boolean {
  const { first } = split(more);
  if (!isLikeDuration(first) || parseDuration(first) !== undefined) return false;
  const text = `Error: '${cleanLine(first)}' is not a duration, use 90s, 10m, 12h or 7d; ` +
    "a reason begins with another word";
  refuse(request, "usage", text);
  return true;
}

/** The same for commands that know no duration: a lockdown does not end by itself, and `--drain` says how long. */
function takesNoDuration(request: Request, { name }: Command, reason: string): boolean {
  if (!isLikeDuration(split(reason).first)) return false;
  refuse(request, "usage", `Error: /${name} takes no duration; a reason begins with another word`);
  return true;
}

function refuseTarget(request: Request, text: string): undefined {
  refuse(request, "ban_invalid", text);
}

/** A sanction from now on, `more` being how long and why. */
function impose(request: Request, { name, network }: BanTarget, more: string): Ban {
  const { first, rest } = split(more);
  const duration = parseDuration(first);
  const since = request.hub.moderation.now();
  return {
    target: name === undefined ? network! : nameKey(name),
    name,
    network,
    since,
    until: duration === undefined ? undefined : since + duration,
    by: displayName(request.member),
    reason: toReason(duration === undefined ? more : rest),
  };
}

function unban(this: Command, request: Request, rest: string): void {
  const { first: who, rest: reason } = split(rest);
  if (who === "") return refuseUsage(request, this);
  const { moderation } = request.hub;
  const network = moderation.readNetwork(who);
  const target = typeof network === "string" ? network : nameKey(who);
  const lifted = moderation.bans.lift(target);
  if (lifted.length === 0) {
    return refuse(request, "not_banned", `Error: '${excerpt(who)}' is not banned`);
  }
  const what = lifted.map(describeTarget).join(", ");
  note(request, `lifted the ban of ${what}`, reason);
  done(request, "unban", `No longer banned: ${what}`);
}

function bans({ hub, member, ref }: Request): void {
  const all = hub.moderation.bans.list();
  const newest = all.slice(-MAX_LISTED_BANS);
  hub.answer(member, { type: "bans", bans: newest, total: all.length, ref });
}

function mute(this: Command, request: Request, rest: string): void {
  const { first: who, rest: more } = split(rest);
  if (who === "") return refuseUsage(request, this);
  const { first, rest: reason } = split(more);
  if (first.toLowerCase() === "off") return unmute(request, who, reason);
  if (isNoDuration(request, more)) return;
  const target = findMember(request, who);
  if (target === undefined) return;
  const aim = banTargetOf(request, target);
  if (aim === undefined) return;
  const sanction = impose(request, aim, more);
  if (!request.hub.moderation.mutes.add(sanction)) return refuseMore(request, "mutes");
  const what = `${describeTarget(sanction)} ${describeEnd(sanction)}`;
  note(request, `muted ${what}`, sanction.reason);
  done(request, "mute", `Muted ${what}`);
}

/** Somebody may be called otherwise since, or not at all: what mutes them is lifted under whatever name. */
function unmute(request: Request, who: string, reason: string): void {
  const { hub } = request;
  const { mutes } = hub.moderation;
  const target = hub.find(who);
  const found = target === undefined ? mutes.ofName(who) : mutes.of(target);
  if (found === undefined) {
    return refuse(request, "not_muted", `Error: '${excerpt(who)}' is not muted`);
  }
  mutes.lift(found.target);
  note(request, `lifted the mute of ${describeTarget(found)}`, reason);
  done(request, "mute", `No longer muted: ${describeTarget(found)}`);
}

function say(this: Command, request: Request, rest: string): void {
  const text = toMessageText(request, rest);
  if (text === "") return refuseUsage(request, this);
  if (text === undefined) return;
  note(request, "said a notice to all", "");
  request.hub.notify(request.member, text);
  done(request, "say", "Said to all");
}

function lockdown(this: Command, request: Request, rest: string): void {
  const { first, rest: reason } = split(rest);
  const word = first.toLowerCase();
  if (word !== "on" && word !== "off") return refuseUsage(request, this);
  if (takesNoDuration(request, this, reason)) return;
  const isOn = word === "on";
  request.hub.moderation.isLockedDown = isOn;
  note(request, isOn ? "locked the server down" : "ended the lockdown", reason);
  done(request, "lockdown", isOn ? "Nobody new is let in" : "Newcomers are let in");
}

function drain(this: Command, request: Request, rest: string): void {
  if (takesNoDuration(request, this, rest)) return;
  const { moderation } = request.hub;
  const { drainTime } = moderation;
  note(request, "ended the server", rest);
  done(request, "drain", drainTime === 0 ? "The server ends" : `The server ends in ${drainTime} s`);
  moderation.drain();
}

function findMember(request: Request, who: string): Member | undefined {
  const found = request.hub.find(who);
  if (found === undefined) {
    refuse(request, "user_not_found", `User '${excerpt(who)}' not found`);
  }
  return found;
}

function refuseMore(request: Request, what: string): void {
  refuse(request, "too_many_bans", `Error: There are too many ${what}, lift some first`);
}

function farewell(what: string, by: Member, reason: string): string {
  const why = toReason(reason);
  return `${what} by ${displayName(by)}${why === "" ? "" : `: ${why}`}`;
}

function note({ hub, member }: Request, act: string, reason: string): void {
  hub.moderation.note(member, act, toReason(reason));
}

function done({ hub, member, ref }: Request, command: OperatorAct, text: string): void {
  hub.answer(member, { type: "done", command, text, ref });
}

function toReason(text: string): string {
  return toShortPhrase(text, MAX_REASON);
}

/** The first word, and what stands behind it. */
function split(text: string): { readonly first: string; readonly rest: string } {
  const [first = ""] = text.split(/\s/, 1);
  return { first, rest: text.slice(first.length).trim() };
}
