/**
 * Names: their form, and the registry of their owners.
 *
 * Names that differ only in case or Unicode form are the same name, since people cannot see the difference. Two names that
 * look alike cannot be in use at the same time.
 * @module
 */
import { hasMoreGraphemes } from "../text/text_length.ts";
import { skeletons } from "../text/skeleton.ts";

/** The longest name, in graphemes. Long enough for real names, short enough for a column. */
export const MAX_NAME_LENGTH = 32;

/** The longest name, in code points: a letter of an Indian script may take several, and a name is on every line. */
const MAX_CODE_POINTS = 2 * MAX_NAME_LENGTH;

/** Longer than any name in any form, in UTF-16 units. Normalization takes time that grows with the square of the length. */
const MAX_TYPED = 8 * MAX_NAME_LENGTH;

/** The form of a name, for error texts. */
export const NAME_RULES = `1 to ${MAX_NAME_LENGTH} letters, digits, '-', '_' or '.'`;

/** Letters and digits of any script. Combining marks belong to letters, so they cannot come first. */
const NAME = new RegExp(
  `^(?!.*\\p{Default_Ignorable_Code_Point})[\\p{L}\\p{Nd}\\-_.][\\p{L}\\p{M}\\p{Nd}\\-_.]{0,${
    MAX_CODE_POINTS - 1
  }}$`,
  "u",
);

/** Returns the form in which a name is shown (NFC), or `undefined` if the text is not a valid name. */
export function normalizeName(text: string): string | undefined {
  if (text.length > MAX_TYPED) return undefined;
  const name = text.normalize("NFC");
  if (!NAME.test(name) || hasMoreGraphemes(name, MAX_NAME_LENGTH)) return undefined;
  return ownCopy(name);
}

/** Copies a text. A substring keeps the whole line alive that it was a part of, which may be 64 kB. */
export function ownCopy(text: string): string {
  return Array.from(text).join("");
}

/** Returns the key that all spellings of a name share. A text that is too long for a name has the key of none. */
export function nameKey(text: string): string {
  const name = text.slice(0, MAX_TYPED);
  // By way of the capitals, so that "ß", "SS" and "ss" meet; twice normalised, since folding can undo a composition.
  return name.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC");
}

interface Claim<Owner> {
  readonly owner: Owner;
  readonly skeletons: readonly string[];
}

/** The owners of the names that are in use. */
export class NameRegistry<Owner> {
  readonly #claims = new Map<string, Claim<Owner>>();
  /** By skeleton. Each has one owner, since nobody gets a name that looks like another one. */
  readonly #skeletons = new Map<string, Owner>();

  /** Returns the owner of a name, in any of its spellings. */
  owner(name: string): Owner | undefined {
    return this.#claims.get(nameKey(name))?.owner;
  }

  /** Returns another owner than this one whose name looks like `name`. */
  lookalike(name: string, owner: Owner): Owner | undefined {
    const holders = skeletons(name).map((skeleton) => this.#skeletons.get(skeleton));
    return holders.find((holder) => holder !== undefined && holder !== owner);
  }

  /**
   * Gives a name to an owner whose name is `previous`. Returns false if another owner has the name or one that looks like
   * it.
   */
  claim(name: string, owner: Owner, previous: string | undefined): boolean {
    const holder = this.owner(name);
    if (holder !== undefined && holder !== owner) return false;
    if (this.lookalike(name, owner) !== undefined) return false;
    if (previous !== undefined) this.release(previous);
    const claim = { owner, skeletons: skeletons(name) };
    this.#claims.set(nameKey(name), claim);
    for (const skeleton of claim.skeletons) this.#skeletons.set(skeleton, owner);
    return true;
  }

  release(name: string): void {
    const key = nameKey(name);
    for (const skeleton of this.#claims.get(key)?.skeletons ?? []) this.#skeletons.delete(skeleton);
    this.#claims.delete(key);
  }
}
