/**
 * One request, one answer: whatever a JSON client asks for, it gets exactly one answer with the id of its request. The
 * requests come from the tables, so new commands and requests are held to it too.
 */
import { assert, assertEquals } from "@std/assert";
import type { Command } from "../../../lib/chat/commands/command.ts";
import { handleFrame } from "../../../lib/chat/commands/handle.ts";
import { OPER, OPERATOR_COMMANDS } from "../../../lib/chat/commands/operator_commands.ts";
import { COMMANDS } from "../../../lib/chat/commands/registry.ts";
import { REQUESTS, type RequestType } from "../../../lib/wire/requests.ts";
import { eachSeed, type Random } from "../../random.ts";
import { eachInTurn } from "../../support/patience.ts";
import { sampleOf } from "../../wire/samples.ts";
import { type Client, flushed, JsonFormat } from "../fakes.ts";
import { PlainHistory } from "../plain_history.ts";
import { OperatorScene } from "./operator_scene.ts";

const ARGUMENTS = [
  "",
  "x",
  "Peer",
  "Peer hello",
  "lobby",
  "5",
  "on",
  "10.0.0.0/8 10m spam",
  "two\nlines",
];

/** Sends a request and gives its answers: acks, replies and errors, and `quit` if it ends the connection. */
async function answersTo(
  scene: OperatorScene,
  client: Client,
  request: Record<string, unknown>,
): Promise<string[]> {
  client.lines();
  const ends = client.farewells.length;
  handleFrame(scene.chat.hub, client.member, JSON.stringify(request));
  await flushed();
  const answers = client.lines().map((line) => JSON.parse(line))
    .filter(({ type }) => ["ack", "reply", "error"].includes(type));
  for (const answer of answers) assertEquals(answer.ref, request.id ?? null);
  // `/oper` may answer and then end the connection.
  const hasQuit = answers.length === 0 && client.farewells.length > ends;
  return hasQuit ? ["quit"] : answers.map(({ type }) => type);
}

function sceneFor(isOperator: boolean): { readonly scene: OperatorScene; readonly client: Client } {
  const scene = new OperatorScene({ history: new PlainHistory() });
  scene.enter("Peer", "203.0.113.7:1");
  const client = scene.chat.join("Asker", new JsonFormat());
  client.member.isOperator = isOperator;
  return { scene, client };
}

for (const row of [...COMMANDS, OPER, ...OPERATOR_COMMANDS] as readonly Command[]) {
  Deno.test(`/${row.name} gets one answer, whatever stands behind it`, async () => {
    await eachInTurn([true, false], (isOperator) =>
      eachInTurn(ARGUMENTS, async (argument) => {
        const { scene, client } = sceneFor(isOperator);
        const text = `/${row.name} ${argument}`;
        const answers = await answersTo(scene, client, { type: "command", text, id: "r" });
        assertEquals(answers.length, 1, text);
      }));
  });
}

Deno.test("Every request of the table gets one answer", async () => {
  await eachSeed(200, async (random: Random) => {
    const { scene, client } = sceneFor(false);
    await eachInTurn(Object.keys(REQUESTS) as RequestType[], async (type) => {
      const request = { type, id: "r", ...sampleOf(REQUESTS[type].fields, random) };
      const answers = await answersTo(scene, client, request);
      assert(answers.length === 1, JSON.stringify(request));
    });
  });
});
