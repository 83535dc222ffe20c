/**
 * What is missing in the talk of a room: ranges of numbers, each with an entry where it is missing, which shrinks and
 * goes as the messages come.
 * @module
 */
import type { TimelineStore } from "./timeline.ts";

export interface Gap {
  /** The first number that is missing. */
  from: number;
  /** The last. */
  to: number;
  /** When it was found to be missing. */
  time: number;
  /** Of its entry. */
  key: number;
  /** What its entry says first. */
  lead: string;
  /** `lost` is what nobody has. */
  state: "waiting" | "loading" | "lost";
}

export type GapList = ReturnType<typeof createGaps>;

export function createGaps(timeline: TimelineStore, now: () => number) {
  /** Oldest first, and none overlaps another. */
  let gaps: Gap[] = [];

  function show(gap: Gap) {
    const { key, state, to } = gap;
    const { loading: _, ...words } = describe(gap);
    timeline.update(key, { ...words, behind: to, loading: state === "lost" ? undefined : state });
  }

  function make(from: number, to: number, rest: Pick<Gap, "lead" | "state" | "time">): Gap {
    const gap = { ...rest, from, to };
    const { time } = gap;
    return { ...gap, key: timeline.putBehind({ behind: to, time, ...describe(gap) }).key };
  }

  /** What remains of a gap when a range of it is there. */
  function shrink(gap: Gap, from: number, to: number) {
    if (to < gap.from || from > gap.to) return [gap];
    const rest = [[gap.from, from - 1], [to + 1, gap.to]].filter(([a = 0, b = 0]) => a <= b);
    timeline.remove(gap.key);
    return rest.map(([a = 0, b = 0], index) =>
      make(a, b, { ...gap, lead: index === 0 ? gap.lead : "" })
    );
  }

  function cover(from: number, to: number) {
    if (gaps.length > 0) gaps = gaps.flatMap((gap) => shrink(gap, from, to));
  }

  return {
    /** These are missing. */
    open(
      from: number,
      to: number,
      { lead = "", state = "waiting" }: Partial<Pick<Gap, "lead" | "state">> = {},
    ) {
      if (from > to) return;
      cover(from, to);
      const gap = make(from, to, { lead, state, time: now() });
      gaps = [...gaps, gap].sort((one, other) => one.from - other.from);
    },
    /** These are there, or never were. */
    cover,
    set(gap: Gap, state: Gap["state"]) {
      if (gap.state === state) return;
      gap.state = state;
      show(gap);
    },
    /** The gap whose entry this is. */
    byKey: (key: number) => gaps.find((gap) => gap.key === key),
    get all(): readonly Gap[] {
      return gaps;
    },
    /** The numbers mean nothing any more: what is missing stays so. */
    settle() {
      for (const gap of gaps) {
        gap.state = "lost";
        show(gap);
      }
      gaps = [];
    },
  };
}

function describe({ from, to, lead, state }: Omit<Gap, "key" | "time">) {
  const kind = "missed" as const;
  const rest = state === "loading" ? " They are on their way." : "";
  return {
    kind,
    text: `${lead}${count(to - from + 1)} missed.${rest}`,
    ...(state === "lost" ? {} : { loading: state }),
  };
}

export function count(messages: number) {
  return messages === 1 ? "1 message was" : `${messages.toLocaleString()} messages were`;
}
