/**
 * Bans and mutes in words.
 * @module
 */
import { timestamp, withoutParentheses } from "./lines.ts";
import type { BanInfo } from "./shapes.ts";

/** The target of a ban: `'Bob' and 203.0.113.7`. */
export function describeTarget({ name, network }: Pick<BanInfo, "name" | "network">): string {
  const parts = name === undefined || name === null ? [] : [`'${name}'`];
  return (network === undefined || network === null ? parts : [...parts, network]).join(" and ");
}

/** How long a ban lasts. */
export function describeEnd({ until }: Pick<BanInfo, "until">): string {
  if (until === undefined || until === null) return "until it is lifted";
  return `until ${timestamp(until)}`;
}

export function bansLine(bans: readonly BanInfo[], total: number): string {
  if (total === 0) return "No bans";
  const more = total > bans.length ? `, and ${total - bans.length} older` : "";
  return `Bans: ${bans.map(banWithNotes).join(", ")}${more}`;
}

function banWithNotes(ban: BanInfo): string {
  const reason = ban.reason === "" ? "" : `: ${withoutParentheses(ban.reason)}`;
  return `${describeTarget(ban)} ${describeEnd(ban)} (by ${ban.by}${reason})`;
}
