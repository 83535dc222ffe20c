/**
 * Which names there may be, and who has which.
 *
 * Two names are the same if they differ in case or Unicode form only: nobody can be told apart from somebody else by a
 * thing that nobody sees. Nor may two be here at once that look alike, whatever their letters are.
 * @module
 */
import { hasMoreGraphemes } from "../text/text_length.ts";
import { skeletons } from "../text/skeleton.ts";

/** The longest name, in characters as people count them (graphemes). Long enough for real names, short enough for a column. */
export const MAX_NAME_LENGTH = 32;

/** The longest name, in code points: a letter of an Indian script may take several, and a name stands on every line. */
const MAX_CODE_POINTS = 2 * MAX_NAME_LENGTH;

/** Longer than any name in any form, in UTF-16 units: to normalise takes time that grows with the square of the length. */
const MAX_TYPED = 8 * MAX_NAME_LENGTH;

/** What a refused name is told. */
export const NAME_RULES = `1 to ${MAX_NAME_LENGTH} letters, digits, '-', '_' or '.'`;

/** Letters and digits of any script; combining marks belong to letters, so they cannot come first. */
const NAME = new RegExp(
  `^(?!.*\\p{Default_Ignorable_Code_Point})[\\p{L}\\p{Nd}\\-_.][\\p{L}\\p{M}\\p{Nd}\\-_.]{0,${
    MAX_CODE_POINTS - 1
  }}$`,
  "u",
);

/** The form in which a name is shown (NFC), or `undefined` if it is not one. */
export function normalizeName(text: string): string | undefined {
  if (text.length > MAX_TYPED) return undefined;
  const name = text.normalize("NFC");
  if (!NAME.test(name) || hasMoreGraphemes(name, MAX_NAME_LENGTH)) return undefined;
  return ownCopy(name);
}

/** `text` in memory of its own. A piece of a line keeps the whole line alive, which may be 64 kB, if it is kept itself. */
export function ownCopy(text: string): string {
  return Array.from(text).join("");
}

/** What two names have in common that count as the same. What is too long to be a name has the key of none. */
export function nameKey(text: string): string {
  const name = text.slice(0, MAX_TYPED);
  // By way of the capitals, so that "ß", "SS" and "ss" meet; twice normalised, since folding can undo a composition.
  return name.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC");
}

interface Claim<Owner> {
  readonly owner: Owner;
  readonly skeletons: readonly string[];
}

/** Who has which name. */
export class NameRegistry<Owner> {
  readonly #claims = new Map<string, Claim<Owner>>();
  /** By skeleton. Each has one owner, since nobody gets a name that looks like another's. */
  readonly #looks = new Map<string, Owner>();

  /** Who has this name, in whatever case or form it is given. */
  owner(name: string): Owner | undefined {
    return this.#claims.get(nameKey(name))?.owner;
  }

  /** Who else than `owner` has a name that looks like this one. */
  lookalike(name: string, owner: Owner): Owner | undefined {
    const holders = skeletons(name).map((skeleton) => this.#looks.get(skeleton));
    return holders.find((holder) => holder !== undefined && holder !== owner);
  }

  /** Gives `name` to `owner`, whose name so far is `previous`; `false` if somebody else has it or one that looks like it. */
  claim(name: string, owner: Owner, previous: string | undefined): boolean {
    const holder = this.owner(name);
    if (holder !== undefined && holder !== owner) return false;
    if (this.lookalike(name, owner) !== undefined) return false;
    if (previous !== undefined) this.release(previous);
    const claim = { owner, skeletons: skeletons(name) };
    this.#claims.set(nameKey(name), claim);
    for (const skeleton of claim.skeletons) this.#looks.set(skeleton, owner);
    return true;
  }

  release(name: string): void {
    const key = nameKey(name);
    for (const skeleton of this.#claims.get(key)?.skeletons ?? []) this.#looks.delete(skeleton);
    this.#claims.delete(key);
  }
}
