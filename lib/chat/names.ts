/**
 * The registry of names and their owners. Two names that look alike cannot be in use at the same time.
 * @module
 */
import { nameKey } from "../text/name.ts";
import { skeletons } from "../text/skeleton.ts";

export { MAX_NAME_LENGTH, NAME_RULES, nameKey, normalizeName, ownCopy } from "../text/name.ts";

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

  /** Returns the other owners than this one that have the name or one that looks like it. */
  holders(name: string, owner: Owner): ReadonlySet<Owner> {
    const holders = [
      this.owner(name),
      ...skeletons(name).map((skeleton) => this.#skeletons.get(skeleton)),
    ];
    return new Set(
      holders.filter((holder): holder is NonNullable<typeof holder> =>
        holder !== undefined && holder !== owner
      ),
    );
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
