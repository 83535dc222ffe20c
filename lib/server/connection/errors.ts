/**
 * What the runtime throws when a connection dies, in the words of a log. The one place that knows those errors.
 * @module
 */

/** Why a connection ended, or `undefined` if it is nothing worth a word: both sides are just gone. */
export function describeConnectionError(error: unknown): string | undefined {
  if (error instanceof Deno.errors.ConnectionReset) return "connection reset by peer";
  if (error instanceof Deno.errors.BrokenPipe) return "connection closed by peer";
  if (error instanceof Deno.errors.UnexpectedEof) return "connection cut by peer";
  // Ours: closed while something was under way, or before it began.
  if (error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource) {
    return undefined;
  }
  if (error instanceof Deno.errors.NotConnected) return "connection reset by peer";
  if (error instanceof Deno.errors.TimedOut) return "connection timed out";
  return messageOf(error);
}

/** What is to be said of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
