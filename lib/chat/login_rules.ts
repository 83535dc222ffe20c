/**
 * The rules for users who log in: what keeps somebody out who has proved who they are.
 * @module
 */
import type { Identity } from "../identity/identity.ts";
import { toName } from "../text/name.ts";
import type { User } from "./member.ts";
import type { Moderation } from "./moderation.ts";
import { findDeception } from "./name_rules.ts";
import { NAME_RULES } from "./names.ts";
import type { People } from "./people.ts";
import { isReserved } from "./reserved_names.ts";
import { excerpt } from "./single_line.ts";

/**
 * The most clients that one user may have in the chat. It is more than anybody has devices, and bounds what a private
 * message to them costs.
 */
export const MAX_CLIENTS = 32;

/** A client that wants to log in, and the user whose client it is already, if it is. A `Member` is one. */
export interface LoginSubject {
  readonly origin: string;
  readonly user: User | undefined;
}

/** What keeps the owner of an identity from logging in, as one sentence without a full stop. */
export function findLoginProblem(
  identity: Identity,
  { origin, user: current }: LoginSubject,
  people: People,
  moderation: Moderation | undefined,
): string | undefined {
  const user = people.users?.find(identity.id);
  if (user !== undefined && user !== current && user.members.length >= MAX_CLIENTS) {
    return `You are logged in ${MAX_CLIENTS} times already`;
  }
  const problem = findNameProblem(identity, people);
  if (problem !== undefined) return problem;
  const name = people.nameOf(identity) ?? user?.name;
  return moderation?.bans.find({ name, origin }) === undefined ? undefined : "You are banned";
}

function findNameProblem(identity: Identity, people: People): string | undefined {
  if (identity.name === undefined) return undefined;
  const base = toName(identity.name);
  const shown = excerpt(identity.name);
  if (base === undefined) return `Name '${shown}' cannot be used here, use ${NAME_RULES}`;
  // The name of an operator may say so.
  if (identity.operator !== true && isReserved(base)) return `Name '${shown}' is reserved`;
  const deception = findDeception(base);
  if (deception !== undefined) return `Name '${shown}' is not allowed: it ${deception}`;
  return people.nameOf(identity) === undefined
    ? `Name '${shown}' belongs to too many users`
    : undefined;
}
