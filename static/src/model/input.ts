/**
 * The texts of the message field: the lines that were sent before, and the unsent draft of each room.
 * @module
 */
import { isSecret } from "./outgoing.ts";

/** The number of sent lines that are kept. */
const HISTORY_LENGTH = 100;

export function createInputHistory(limit = HISTORY_LENGTH) {
  let lines: string[] = [];
  /** The index of the shown line; `lines.length` is the line that is being typed. */
  let index = 0;
  let draft = "";

  return {
    add(line: string) {
      if (lines.at(-1) !== line && !isSecret(line)) lines = [...lines, line].slice(-limit);
      index = lines.length;
      draft = "";
    },
    /** Returns the line before `shown`, or `undefined` if there is none. */
    older(shown: string) {
      if (index === 0) return undefined;
      if (index === lines.length) draft = shown;
      return lines[--index];
    },
    /** Returns the line after the shown one, or the text that was being typed after the last one. */
    newer() {
      if (index >= lines.length) return undefined;
      index++;
      return index === lines.length ? draft : lines[index];
    },
  };
}

/**
 * Keeps one draft for each room, across reloads.
 *
 * @param room Returns the name of the shown room.
 */
export function createDrafts(
  memory: { load: () => string | null; save: (text: string) => void },
  room: () => string,
) {
  const drafts: Map<string, string> = new Map(parse(memory.load()));

  return {
    load: () => drafts.get(room()) ?? "",
    save(typed: string) {
      const text = isSecret(typed) ? "" : typed;
      if (text === (drafts.get(room()) ?? "")) return;
      if (text === "") drafts.delete(room());
      else drafts.set(room(), text);
      memory.save(JSON.stringify([...drafts]));
    },
  };
}

function parse(text: string | null): Array<[string, string]> {
  try {
    const drafts = JSON.parse(text ?? "[]");
    if (!Array.isArray(drafts)) return [];
    return drafts.filter((draft) => typeof draft?.[0] === "string" && typeof draft[1] === "string");
  } catch {
    return [];
  }
}
