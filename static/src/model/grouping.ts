/**
 * Groups entries of the log: by day, by sender, and users who join or leave in quick succession.
 * @module
 */

/** The members of an entry that decide how it is grouped. */
interface Grouped {
  readonly kind: string;
  readonly time: number;
  readonly own: boolean;
  readonly sender: string;
  readonly senderId: number;
  readonly to?: string;
  readonly action?: boolean;
}

type Presence = "join" | "leave";

/** Users who joined or left, shown in one entry. */
export type PresenceGroup = {
  /** What each user did first and last. */
  users: ReadonlyArray<{ name: string; first: Presence; last: Presence }>;
  /** The numbers of further users who joined, and who left. */
  others: Readonly<Record<Presence, number>>;
};

export const EMPTY_GROUP: PresenceGroup = { users: [], others: { join: 0, leave: 0 } };

/** After a pause of this length, in ms, the name of the same sender is shown again. */
const GROUP_GAP = 5 * 60_000;

/** The number of names that a presence group shows. */
const MAX_NAMES = 4;

export function addToGroup(
  { users, others }: PresenceGroup,
  event: Presence,
  name: string,
): PresenceGroup {
  if (users.some((user) => user.name === name)) {
    const changed = users.map((user) => user.name === name ? { ...user, last: event } : user);
    return { users: changed, others };
  }
  if (users.length >= MAX_NAMES) {
    return { users, others: { ...others, [event]: others[event] + 1 } };
  }
  return { users: [...users, { name, first: event, last: event }], others };
}

/** What users did, by what they did first and last. */
const DEEDS: ReadonlyArray<readonly [first: Presence, last: Presence, words: string]> = [
  ["join", "join", "joined"],
  ["leave", "leave", "left"],
  ["join", "leave", "joined and left"],
  ["leave", "join", "left and came back"],
];

/** For example `Ann and Bob joined, Carl left`. */
export function describeGroup({ users, others }: PresenceGroup) {
  return DEEDS.flatMap(([first, last, words]) => {
    const names = users.filter((user) => user.first === first && user.last === last)
      .map(({ name }) => name);
    const rest = first === last ? others[first] : 0;
    if (rest > 0) names.push(rest === 1 ? "one other" : `${rest} others`);
    return names.length === 0 ? [] : [`${list(names)} ${words}`];
  }).join(", ");
}

function list(names: readonly string[]) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Whether an entry starts a new day, and whether it starts a group, which shows its sender. */
export function place(entry: Grouped, previous: Grouped | undefined) {
  const newDay = previous === undefined || dayOf(entry.time) !== dayOf(previous.time);
  const opens = newDay || previous.kind !== entry.kind || !isSameSender(previous, entry) ||
    previous.to !== entry.to || previous.action !== entry.action ||
    entry.time - previous.time > GROUP_GAP;
  return { newDay, opens };
}

/** The user's own id changes with every connection, so it is not compared. */
function isSameSender(one: Grouped, other: Grouped) {
  if (one.own || other.own) return one.own === other.own;
  return one.sender === other.sender && one.senderId === other.senderId;
}

function dayOf(time: number) {
  return new Date(time).toDateString();
}
