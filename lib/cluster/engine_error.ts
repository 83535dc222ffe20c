/**
 * What can go wrong with the engine.
 * @module
 */

/** A server cannot take part in the chat of others. The message is one line. */
export class ClusterError extends Error {
  /** The name of the class, as stack traces show it. */
  override readonly name: string = "ClusterError";
}

/** The engine cannot be reached, or does not answer. It may help to try again. */
export class EngineUnavailable extends ClusterError {
  override readonly name = "EngineUnavailable";
}

/** The engine or its other nodes refuse this node, which only an operator can change. */
export class EngineRefused extends ClusterError {
  override readonly name = "EngineRefused";
}

/** Describes an error of the runtime in one line. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Deno.errors.ConnectionRefused) return "connection refused";
  return error.message.split("\n", 1)[0]!.replace(/ \(os error \d+\)$/, "");
}
