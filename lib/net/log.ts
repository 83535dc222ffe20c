/**
 * What the server tells its operator. The library prints nothing: it hands entries to the function it was given.
 * @module
 */

export type LogLevel = "info" | "warn" | "error";

export interface LogEntry {
  readonly level: LogLevel;
  /** What it is about; `connection` is what `--quiet` leaves out. */
  readonly topic: "connection" | "slow" | "server" | "protocol" | "history";
  /** The client it is about, `host:port`. */
  readonly address?: string;
  readonly message: string;
}

export type Logger = (entry: LogEntry) => void;

/** An entry as one line: `[127.0.0.1:50412] Connected over tcp`. */
export function formatLogEntry({ address, message }: LogEntry): string {
  return address === undefined ? message : `[${address}] ${message}`;
}
