/**
 * The table of commands. `/help`, the list in `hello`, completion in the clients, the documentation and the inputs of the
 * fuzzers come from it.
 * @module
 */
import type { CommandHelp } from "../../wire/shapes.ts";
import type { Member } from "../member.ts";
import { type Command, command, CommandError, describe, type Request } from "./command.ts";
import { HISTORY, SEARCH } from "./history_commands.ts";
import { LOGIN } from "./login_command.ts";
import { OPER, OPERATOR_COMMANDS } from "./operator_commands.ts";
import { JOIN, LEAVE, LIST, ROOMS, TOPIC } from "./room_commands.ts";
import { AWAY, ME, NAME, QUIT, STATS, WHISPER } from "./user_commands.ts";

const HELP = command({
  name: "help",
  parameters: "",
  summary: "show this list",
  run: ({ member }) => ({ commands: describeCommands(member) }),
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
  if (found !== undefined || hub.moderation === undefined) return found;
  if (name === OPER.name) return OPER;
  const row = OPERATORS_BY_NAME.get(name);
  return row === undefined || member.isOperator ? row : forOperators(row);
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
export function describeCommands(member?: Pick<Member, "isOperator">): CommandHelp[] {
  const rows = member?.isOperator ? [...COMMANDS, ...OPERATOR_COMMANDS] : COMMANDS;
  return rows.map(describe);
}
