/**
 * The missing messages of a room: ranges of ids, each with an entry in the timeline that shrinks and disappears as the
 * messages arrive.
 * @module
 */
import type { Timeline } from "./timeline.ts";

export interface Gap {
  /** The first missing id. */
  from: number;
  /** The last missing id. */
  to: number;
  /** The time when the gap was found. */
  time: number;
  /** The key of its entry. */
  key: number;
  /** Why the messages are missing. Those that were missed are fetched without being asked for. */
  kind: "missed" | "skipped";
  /** The start of its text. */
  lead: string;
  /** A `lost` gap cannot be filled: the server does not have the messages. */
  state: "waiting" | "loading" | "lost";
}

export function createGaps(timeline: Timeline, now: () => number) {
  /** Oldest first, without overlaps. */
  let gaps: Gap[] = [];

  function show(gap: Gap) {
    const { key, state, to } = gap;
    const { loading: _, ...text } = describe(gap);
    timeline.update(key, { ...text, after: to, loading: state === "lost" ? undefined : state });
  }

  function create(
    from: number,
    to: number,
    rest: Pick<Gap, "kind" | "lead" | "state" | "time">,
  ): Gap {
    const gap = { ...rest, from, to };
    const { time } = gap;
    return { ...gap, key: timeline.putAfter({ after: to, time, ...describe(gap) }).key };
  }

  /** Removes a range of ids from a gap. Returns the gaps that remain of it. */
  function shrink(gap: Gap, from: number, to: number) {
    if (to < gap.from || from > gap.to) return [gap];
    const rest = [[gap.from, from - 1], [to + 1, gap.to]].filter(([a = 0, b = 0]) => a <= b);
    timeline.remove(gap.key);
    return rest.map(([a = 0, b = 0], index) =>
      create(a, b, { ...gap, lead: index === 0 ? gap.lead : "" })
    );
  }

  function cover(from: number, to: number) {
    if (gaps.length > 0) gaps = gaps.flatMap((gap) => shrink(gap, from, to));
  }

  return {
    /** Adds a gap. */
    open(
      from: number,
      to: number,
      { kind = "missed", lead = "", state = "waiting" }: Partial<
        Pick<Gap, "kind" | "lead" | "state">
      > = {},
    ) {
      if (from > to) return;
      cover(from, to);
      const gap = create(from, to, { kind, lead, state, time: now() });
      gaps = [...gaps, gap].sort((one, other) => one.from - other.from);
    },
    /** Removes ids that arrived or never existed. */
    cover,
    set(gap: Gap, state: Gap["state"]) {
      if (gap.state === state) return;
      gap.state = state;
      show(gap);
    },
    /** The gap with this entry. */
    byKey: (key: number) => gaps.find((gap) => gap.key === key),
    get all(): readonly Gap[] {
      return gaps;
    },
    /** Marks all gaps as lost: a new epoch starts, and their ids mean other messages in it. */
    giveUp() {
      for (const gap of gaps) {
        gap.state = "lost";
        show(gap);
      }
      gaps = [];
    },
  };
}

function describe({ kind, from, to, lead, state }: Omit<Gap, "key" | "time">) {
  const rest = state === "loading" ? " Loading them\u2026" : "";
  const what = kind === "missed"
    ? `${count(to - from + 1)} missed.`
    : `${(to - from + 1).toLocaleString()} more in between.`;
  return {
    kind,
    text: `${lead}${what}${rest}`,
    ...(state === "lost" ? {} : { loading: state }),
  };
}

export function count(messages: number) {
  return messages === 1 ? "1 message was" : `${messages.toLocaleString()} messages were`;
}
