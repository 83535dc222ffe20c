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

/** Users who joined, or left, shown in one entry. */
export type PresenceGroup = {
  event: "join" | "leave";
  names: readonly string[];
  /** The number of further users. */
  others: number;
};

/** After a pause of this length, in ms, the name of the same sender is shown again. */
const GROUP_GAP = 5 * 60_000;

/** The number of names that a presence group shows. */
const MAX_NAMES = 4;

export function addToGroup({ event, names, others }: PresenceGroup, name: string) {
  if (names.includes(name)) return { event, names, others };
  if (names.length < MAX_NAMES) return { event, names: [...names, name], others };
  return { event, names, others: others + 1 };
}

export function describeGroup({ event, names, others }: PresenceGroup) {
  const rest = others === 0 ? [] : [others === 1 ? "one other" : `${others} others`];
  return `${list([...names, ...rest])} ${event === "join" ? "joined" : "left"}`;
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
