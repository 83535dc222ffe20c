/**
 * What is being typed, in each room. It outlives a reload of the page.
 * @module
 */

/** @param room The name of the room that is written to. */
export function createDrafts(
  memory: { load: () => string | null; save: (text: string) => void },
  room: () => string,
) {
  const drafts: Map<string, string> = new Map(parse(memory.load()));

  return {
    load: () => drafts.get(room()) ?? "",
    save(text: string) {
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
