/**
 * JSON objects whose members are decided about: each member stands there once, so that no two programs read different ones.
 * @module
 */

/** A string, or a character that structures JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * Parses a JSON object. Returns `undefined` for everything else, and if an object in it has two members of the same name:
 * RFC 8259 4 leaves open which one counts.
 */
export function parseJsonObject(text: string): ReadonlyMap<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (repeatsMember(text)) return undefined;
  return new Map(Object.entries(value));
}

/** Whether an object in a valid JSON text has two members of the same name, however they are escaped. */
function repeatsMember(text: string): boolean {
  /** The names so far in each open object; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const names = open.at(-1);
    if (token.startsWith('"')) {
      if (!isName || names === undefined) continue;
      const name: string = JSON.parse(token);
      if (names.has(name)) return true;
      names.add(name);
      continue;
    }
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    isName = token === "{" || (token === "," && open.at(-1) !== undefined);
  }
  return false;
}
