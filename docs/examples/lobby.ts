/**
 * A game lobby: players open tables and guess numbers, each table in a room of its own.
 *
 *     deno run --allow-net docs/examples/lobby.ts 8080
 *
 * Connect with a browser, or with `nc 127.0.0.1 8080`, and say `/name Alice` and `/open 2`.
 */
import { type ChatUser, serve, type UserMessage } from "../../mod.ts";

/** The referee is a client and sits at every table: it may be in 16 rooms, and is in the lobby, too. */
const MAX_TABLES = 15;

/** The most players of a table, and the largest number to guess. */
const MAX_SEATS = 8, LARGEST = 100;

interface Table {
  readonly room: string;
  readonly seats: number;
  /** By name: users who reconnect keep their names, and their seats. The first one is to guess. */
  readonly players: string[];
  /** The number to guess; undefined until all seats are taken. */
  secret: number | undefined;
}

const tables = new Map<string, Table>();
let opened = 0;

const server = serve({
  port: Number(Deno.args[0] ?? 8080),
  presenceDelay: 3, // seconds in which a player who reconnects keeps the seat
  lineIdleTimeout: 600, // players with `nc` wait for their turn in silence
  commands: {
    open: {
      usage: "[seats]",
      summary: "open a table, for two players by default",
      run: ({ user, text }) => open(user, Number(text || 2)),
    },
    tables: { summary: "list the tables", run: listTables },
  },
  onJoin: sitDown,
  onLeave: standUp,
  onMessage: checkTurn,
  onRename: ({ name }) =>
    tableOf(name)?.secret === undefined ? undefined : { refused: "Finish your game first" },
});
const referee = server.connect({ name: "referee" });
console.log(`The lobby is open: http://127.0.0.1:${server.addr.port}/`);
Deno.addSignalListener("SIGINT", () => server.shutdown());

// The loop ends when the server shuts down.
for await (const event of referee) {
  if (event.type === "message") judge(event.room, event.from.name, event.text);
}

function open({ name }: ChatUser, seats: number) {
  if (name === undefined) return { refused: "Take a name first: /name Alice" };
  if (!Number.isInteger(seats) || seats < 1 || seats > MAX_SEATS) {
    return { refused: `A table has 1 to ${MAX_SEATS} seats` };
  }
  if (tables.size >= MAX_TABLES) return { refused: "All tables are in use" };
  const room = `table-${++opened}`;
  tables.set(room, { room, seats, players: [], secret: undefined });
  referee.send({ type: "join", room });
  return `Table open, sit down with: /join ${room}`;
}

function listTables(): string {
  const lines = Array.from(
    tables.values(),
    ({ room, seats, players }) => `${room}: ${players.length} of ${seats} seats taken`,
  );
  return lines.join("\n") || "There are no tables, open one with /open";
}

function tableOf(player: string | undefined): Table | undefined {
  return tables.values().find(({ players }) => player !== undefined && players.includes(player));
}

function sitDown(user: ChatUser, room: string): void {
  const table = tables.get(room);
  if (table === undefined || user.name === undefined || user.name === "referee") return;
  if (table.secret !== undefined || tableOf(user.name) !== undefined) {
    server.send(user, `You are watching ${room}`);
    return;
  }
  table.players.push(user.name);
  if (table.players.length === table.seats) begin(table);
}

function begin(table: Table): void {
  table.secret = 1 + Math.floor(Math.random() * LARGEST);
  say(table, `Guess my number from 1 to ${LARGEST}. It is your turn, ${table.players[0]}`);
}

/** A hook: it decides before others see the message. */
function checkTurn({ user, room, text }: UserMessage) {
  const table = room === undefined ? undefined : tables.get(room);
  if (table?.secret === undefined || !isGuess(text)) return; // everybody may talk
  const [next] = table.players;
  return user.name === next ? undefined : { refused: `It is the turn of ${next}` };
}

function isGuess(text: string): boolean {
  return /^\d{1,3}$/.test(text.trim());
}

/** Answers a guess. A player may have sent two at once, before the first one was judged: the second one does not count. */
function judge(room: string, player: string | null, text: string): void {
  const table = tables.get(room);
  if (table?.secret === undefined || !isGuess(text) || player !== table.players[0]) return;
  const guess = Number(text), { secret, players } = table;
  players.push(players.shift()!);
  if (guess !== secret) {
    say(
      table,
      `${guess} is too ${guess < secret ? "low" : "high"}. It is your turn, ${players[0]}`,
    );
  } else {
    say(table, `${guess} is right: ${player} wins`);
    begin(table);
  }
}

/** Called when a player has left and has not come back within `presenceDelay`. */
function standUp({ name }: ChatUser, room: string): void {
  const table = tables.get(room);
  const seat = name === undefined ? -1 : table?.players.indexOf(name) ?? -1;
  if (table === undefined || seat < 0) return;
  table.players.splice(seat, 1);
  if (table.players.length === 0) {
    tables.delete(room);
    referee.send({ type: "leave", room });
  } else if (table.secret !== undefined) {
    say(table, `${name} has left. It is your turn, ${table.players[0]}`);
  }
}

function say({ room }: Table, text: string): void {
  referee.say(text, { room });
}
