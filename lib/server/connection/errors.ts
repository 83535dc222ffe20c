/**
 * Descriptions of the runtime's connection errors for the log.
 * @module
 */

/** Why a connection ended, or `undefined` if the error says nothing beyond the fact that it did. */
export function describeConnectionError(error: unknown): string | undefined {
  if (error instanceof Deno.errors.ConnectionReset) return "connection reset by peer";
  if (error instanceof Deno.errors.BrokenPipe) return "connection closed by peer";
  if (error instanceof Deno.errors.UnexpectedEof) return "connection cut by peer";
  // The server closed the connection during an operation, or before it.
  if (error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource) {
    return undefined;
  }
  if (error instanceof Deno.errors.NotConnected) return "connection reset by peer";
  if (error instanceof Deno.errors.TimedOut) return "connection timed out";
  return messageOf(error);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stack trace of an error, or the message of anything else that was thrown. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
