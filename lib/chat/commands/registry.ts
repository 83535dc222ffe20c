/**
 * The table of commands. `/help`, the list in `hello`, completion in the clients, the documentation and the inputs of the
 * fuzzers come from it.
 * @module
 */
import type { CommandHelp } from "../../wire/shapes.ts";
import type { Hub } from "../hub.ts";
import type { Member } from "../member.ts";
import { type Command, command, CommandError, describe, type Request } from "./command.ts";
import { toRow } from "./custom.ts";
import { HISTORY, SEARCH } from "./history_commands.ts";
import { LOGIN } from "./login_command.ts";
import { OPER, OPERATOR_COMMANDS } from "./operator_commands.ts";
import { JOIN, LEAVE, LIST, ROOMS, TOPIC } from "./room_commands.ts";
import { AWAY, ME, NAME, QUIT, STATS, WHISPER } from "./user_commands.ts";

const HELP = command({
  name: "help",
  parameters: "",
  summary: "show this list",
  run: ({ hub, member }) => ({ commands: describeCommands(hub, member) }),
});

/** The commands that everybody may use, in the order of `/help`. */
export const COMMANDS: readonly Command[] = [
  NAME,
  LIST,
  WHISPER,
  JOIN,
  LEAVE,
  ROOMS,
  TOPIC,
  HISTORY,
  SEARCH,
  ME,
  AWAY,
  STATS,
  HELP,
  QUIT,
];

const BY_NAME = new Map(COMMANDS.map((row) => [row.name, row]));
const OPERATORS_BY_NAME = new Map(OPERATOR_COMMANDS.map((row) => [row.name, row]));

/** The command with this name. Those of operators exist on servers with operators, and refuse everybody else. */
export function findCommand(
  { hub, member }: Pick<Request, "hub" | "member">,
  name: string,
): Command | undefined {
  // It is there on every server, so that a secret that is typed on the wrong one does not reach a room.
  if (name === LOGIN.name) return LOGIN;
  const found = BY_NAME.get(name);
  if (found !== undefined) return found;
  const custom = hub.customCommands.get(name);
  if (custom !== undefined) {
    const row = toRow(custom);
    return custom.isForOperators && !member.isOperator ? forOperators(row) : row;
  }
  if (!hub.hasOperators) return undefined;
  if (name === OPER.name) return OPER;
  const row = OPERATORS_BY_NAME.get(name);
  return row === undefined || member.isOperator ? row : forOperators(row);
}

/** Whether a command of this name exists on some server, so that no other may have it. */
export function isBuiltIn(name: string): boolean {
  return BY_NAME.has(name) || OPERATORS_BY_NAME.has(name) || name === OPER.name;
}

function forOperators({ name, summary }: Command): Command {
  return {
    name,
    summary,
    parameters: "",
    run: () => {
      throw new CommandError("not_operator", `Error: /${name} is for operators`);
    },
  };
}

/** The commands that a member may use, as clients see them; by default those that everybody may use. */
export function describeCommands(
  { customCommands }: Pick<Hub, "customCommands">,
  member?: Pick<Member, "isOperator">,
): CommandHelp[] {
  const isOperator = member?.isOperator === true;
  const custom = [...customCommands.values()];
  return [
    ...COMMANDS,
    ...custom.filter(({ isForOperators }) => isOperator || !isForOperators),
    ...(isOperator ? OPERATOR_COMMANDS : []),
  ].map(describe);
}
