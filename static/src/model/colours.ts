/**
 * The colours of names. A name has the same colour on every page, unless somebody else who speaks in the room has it
 * already: then it gets the one that the fewest speakers of the room have.
 * @module
 */

/** The number of name colours in the style sheet. */
export const COLOURS = 12;

/**
 * The length of the part of a name that decides its colour, in UTF-16 units. Normalizing a long run of combining marks
 * takes quadratic time.
 */
const COLOURED_LENGTH = 256;

/** The number of names that a room remembers. With more speakers than this, colours say nothing anyway. */
const MAX_NAMES = 1_000;

export type RoomColours = ReturnType<typeof createRoomColours>;

/** The colours of the people who speak in one room. */
export function createRoomColours() {
  const chosen: Map<string, number> = new Map();
  const uses: number[] = Array.from({ length: COLOURS }, () => 0);

  function choose(name: string) {
    const own = colourOf(name);
    // Neighbours in the list of colours look different, so the search can begin at the name's own colour.
    const order = uses.map((_, step) => (own + step) % COLOURS);
    const least = Math.min(...uses);
    return order.find((colour) => uses[colour] === least) ?? own;
  }

  return {
    /** Returns the colour of somebody who speaks. It stays the same as long as the page is open. */
    ofSpeaker(name: string) {
      const known = chosen.get(name);
      if (known !== undefined) return known;
      if (chosen.size >= MAX_NAMES) return colourOf(name);
      const colour = choose(name);
      uses[colour] = (uses[colour] ?? 0) + 1;
      chosen.set(name, colour);
      return colour;
    },
    /** Returns the colour of somebody who may have said nothing yet. */
    of: (name: string) => chosen.get(name) ?? colourOf(name),
  };
}

/** The index of the colour of a name: the same on every page, regardless of case. */
export function colourOf(name: string) {
  let hash = 0x811c9dc5; // FNV-1a
  for (const character of name.slice(0, COLOURED_LENGTH).normalize("NFKC").toLowerCase()) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return ((hash ^ (hash >>> 16)) >>> 0) % COLOURS;
}
