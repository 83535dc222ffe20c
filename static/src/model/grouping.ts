/**
 * How entries of a log belong together: in days, in groups of one speaker, and those who come and go in one entry.
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

export type Crowd = { event: "join" | "leave"; names: readonly string[]; others: number };

/** A pause after which the same sender is named again, in ms. */
const GROUP_GAP = 5 * 60_000;

/** How many of a crowd are named. */
const CROWD_NAMES = 4;

export function enlarge({ event, names, others }: Crowd, name: string) {
  if (names.includes(name)) return { event, names, others };
  if (names.length < CROWD_NAMES) return { event, names: [...names, name], others };
  return { event, names, others: others + 1 };
}

export function describe({ event, names, others }: Crowd) {
  const rest = others === 0 ? [] : [others === 1 ? "one other" : `${others} others`];
  return `${list([...names, ...rest])} ${event === "join" ? "joined" : "left"}`;
}

function list(names: readonly string[]) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Whether an entry begins a new day, and whether it must say who speaks. */
export function place(entry: Grouped, previous: Grouped | undefined) {
  const newDay = previous === undefined || dayOf(entry.time) !== dayOf(previous.time);
  const opens = newDay || previous.kind !== entry.kind || !isSameSpeaker(previous, entry) ||
    previous.to !== entry.to || previous.action !== entry.action ||
    entry.time - previous.time > GROUP_GAP;
  return { newDay, opens };
}

/** Whether one spoke as who one was; one's own number is another with every connection. */
function isSameSpeaker(one: Grouped, other: Grouped) {
  if (one.own || other.own) return one.own === other.own;
  return one.sender === other.sender && one.senderId === other.senderId;
}

function dayOf(time: number) {
  return new Date(time).toDateString();
}
