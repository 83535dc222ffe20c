/**
 * Runs the commands of the program that embeds the server, as rows of the table of commands.
 * @module
 */
import type { CommandOutcome, CustomCommand } from "../custom_commands.ts";
import { toCaller } from "../hooks.ts";
import { failedError, rejection } from "./approval.ts";
import type { Command, Request } from "./command.ts";
import { FAILED } from "../hooks.ts";

/** The row of a custom command. */
export function toRow(custom: CustomCommand): Command {
  const { name, parameters, summary, cost } = custom;
  return {
    name,
    parameters,
    summary,
    cost,
    run: (request, rest) => {
      const outcome = custom.run({
        user: toCaller(request.member),
        room: request.membership?.room.name,
        text: rest,
      });
      if (!(outcome instanceof Promise)) return answer(request, name, outcome);
      return outcome.then((outcome) => answer(request, name, outcome));
    },
  };
}

/** @throws {CommandError} If the command was refused, or has failed. */
function answer({ hub, member, requestId: ref }: Request, name: string, outcome: CommandOutcome) {
  if (!hub.has(member)) return;
  if (outcome === FAILED) throw failedError();
  if ("refused" in outcome) throw rejection(outcome);
  hub.answer(member, { type: "custom", command: name, ...outcome, ref });
}
