// Writes lines to stdout and stderr.

/** Writes all of `text` and a newline. */
export function writeLine(to: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest = new TextEncoder().encode(`${text}\n`);
  while (rest.length > 0) rest = rest.subarray(to.writeSync(rest));
}
