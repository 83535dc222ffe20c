/**
 * Checks what clients of a cluster recorded against what is promised to them. It knows nothing of servers: a recorded history
 * is data, and wrong ones are made by hand in `checker_test.ts`.
 * @module
 */

/** Something that a client has seen. Times are in ms of one clock. */
export type Observation =
  /** A writer sent a text, which is different from all others. */
  | { readonly type: "sent"; readonly text: string; readonly room: string }
  /** The server acknowledged it. */
  | {
    readonly type: "acked";
    readonly text: string;
    readonly room: string;
    readonly id: number;
  }
  /** A reader got a message, live or after a reconnect. */
  | {
    readonly type: "read";
    readonly reader: string;
    readonly room: string;
    readonly epoch: string;
    readonly id: number;
    readonly text: string;
  }
  /** A reader was told that it lacks messages: up to `to`, or it is not known which. */
  | {
    readonly type: "gap";
    readonly reader: string;
    readonly room: string;
    readonly to: number | undefined;
  }
  /** A client was seen with a name: from the answer to its request until it sent something that was acknowledged later. */
  | {
    readonly type: "named";
    readonly client: string;
    /** Names that look alike have the same. */
    readonly look: string;
    readonly from: number;
    readonly to: number;
  }
  /** What the history has in the end. */
  | {
    readonly type: "stored";
    readonly room: string;
    readonly id: number;
    readonly text: string;
  };

/** Returns what is wrong, in words; nothing if all promises were kept. */
export function check(observations: readonly Observation[]): string[] {
  return [
    ...checkNumbers(observations),
    ...checkOnce(observations),
    ...checkReaders(observations),
    ...checkNames(observations),
    ...checkStored(observations),
  ];
}

function of<Type extends Observation["type"]>(
  observations: readonly Observation[],
  type: Type,
): Extract<Observation, { type: Type }>[] {
  return observations.filter((it): it is Extract<Observation, { type: Type }> => it.type === type);
}

/** A number of a room means one text in each epoch. */
function* checkNumbers(observations: readonly Observation[]): Iterable<string> {
  const texts = new Map<string, string>();
  for (const { epoch, room, id, text } of of(observations, "read")) {
    const key = `${epoch} ${room} ${id}`;
    const other = texts.get(key);
    if (other !== undefined && other !== text) {
      yield `#${id} of ${room} is both '${other}' and '${text}'`;
    }
    texts.set(key, text);
  }
}

/** A text was sent under one idempotency key, so it has one number. */
function* checkOnce(observations: readonly Observation[]): Iterable<string> {
  const ids = new Map<string, string>();
  const seen = [
    ...of(observations, "read"),
    ...of(observations, "acked"),
    ...of(observations, "stored"),
  ];
  const reported = new Set<string>();
  for (const { text, room, id } of seen) {
    const place = `#${id} of ${room}`;
    const other = ids.get(text) ?? place;
    ids.set(text, other);
    if (other === place || reported.has(text)) continue;
    reported.add(text);
    yield `'${text}' was said twice: as ${other} and as ${place}`;
  }
}

/** Readers get every number once, in order, unless they are told of a gap. */
function* checkReaders(observations: readonly Observation[]): Iterable<string> {
  const last = new Map<string, number>();
  for (const it of observations) {
    if (it.type === "gap") {
      if (it.to === undefined) last.delete(`${it.reader} ${it.room}`);
      else last.set(`${it.reader} ${it.room}`, it.to);
    }
    if (it.type !== "read") continue;
    const { reader, room, id } = it;
    const key = `${reader} ${room}`;
    const before = last.get(key);
    last.set(key, id);
    if (before === undefined || id === before + 1) continue;
    if (id <= before) yield `${reader} got #${id} of ${room} again, after #${before}`;
    else yield `${reader} was not told that it lacks #${before + 1} to #${id - 1} of ${room}`;
  }
}

/** Names that look alike are not in use at the same time. */
function* checkNames(observations: readonly Observation[]): Iterable<string> {
  const spans = of(observations, "named").toSorted((a, b) => a.from - b.from);
  const latest = new Map<string, (typeof spans)[number]>();
  for (const span of spans) {
    const before = latest.get(span.look);
    if (before !== undefined && before.client !== span.client && before.to > span.from) {
      yield `${before.client} and ${span.client} had '${span.look}' at the same time`;
    }
    if (before === undefined || before.to < span.to) latest.set(span.look, span);
  }
}

/** What was acknowledged is in the history, with its text. */
function* checkStored(observations: readonly Observation[]): Iterable<string> {
  const stored = new Map(
    of(observations, "stored").map(({ room, id, text }) => [`${room} ${id}`, text]),
  );
  if (stored.size === 0) return;
  for (const { room, id, text } of of(observations, "acked")) {
    const found = stored.get(`${room} ${id}`);
    if (found !== text) {
      yield `'${text}' was acknowledged as #${id} of ${room}, which is '${found}'`;
    }
  }
}
