/**
 * What is read in pieces, put together.
 * @module
 */
type Bytes = Uint8Array<ArrayBuffer>;

/** `second` behind what there may be of `first`, in memory of its own. */
export function concat(first: Bytes | undefined, second: Bytes): Bytes {
  if (first === undefined) return second.slice();
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
