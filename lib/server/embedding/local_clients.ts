/**
 * The clients inside the process.
 * @module
 */
import { readName } from "./names.ts";
import { type ChatClient, LocalClient, type LocalClientOptions } from "./local_client.ts";

/** Options of `server.connect()`. */
export interface ConnectOptions {
  /** The client's name. Reserved names such as `server` are allowed. By default it has none. */
  readonly name?: string;
  /** Rooms to join besides the lobby, at most 15. */
  readonly rooms?: readonly string[];
  /** Whether it may use the commands of operators, if there are operators. @default false */
  readonly operator?: boolean;
}

export class LocalClients {
  readonly #options: Omit<LocalClientOptions, "onClosed">;
  readonly #clients = new Set<LocalClient>();
  #isClosed = false;
  #lastNumber = 0;

  constructor(options: Omit<LocalClientOptions, "onClosed">) {
    this.#options = options;
  }

  /** See `ChatServer.connect`. */
  connect({ name: typed, rooms = [], operator = false }: ConnectOptions = {}): ChatClient {
    if (this.#isClosed) throw new Error("Cannot connect: the server has shut down");
    const name = typed === undefined ? undefined : readName(typed);
    const { hub } = this.#options;
    const client = new LocalClient(`local:${++this.#lastNumber}`, {
      ...this.#options,
      onClosed: (client) => this.#clients.delete(client),
    });
    this.#clients.add(client);
    client.member.isOperator = operator;
    client.greet();
    const renamed = name === undefined || hub.rename(client.member, name);
    const problem = `Cannot connect as '${name}': the name, or one that looks like it, is taken`;
    if (renamed === false) {
      client.close();
      throw new Error(problem);
    }
    if (renamed instanceof Promise) {
      // With other servers, this is known later.
      client.waitFor(
        renamed.catch(() => false).then((isRenamed) => {
          if (!isRenamed) client.end("login", problem);
        }),
      );
    }
    for (const room of rooms) client.send({ type: "join", room });
    return client;
  }

  /** Disconnects all clients. */
  end(): void {
    this.#isClosed = true;
    for (const client of [...this.#clients]) client.end("shutdown");
  }
}
