/**
 * A bot that rolls dice: `!roll` or `!roll 2d6` in one of its rooms.
 *
 *     deno run --allow-net docs/examples/bot.ts ws://127.0.0.1:8080 lobby games
 *
 * The client library reconnects, takes the name again and rejoins the rooms. So the bot survives restarts of the server.
 */
import { connect } from "../../lib/client/mod.ts";

const [url = "ws://127.0.0.1:8080", ...rooms] = Deno.args;

const bot = connect(url, { name: "dice", rooms: rooms.length > 0 ? rooms : ["lobby"] });
bot.on("ready", () => console.log(`Rolling dice on ${url}`));

try {
  for await (const { room, from, text, action, missed } of bot.events("message")) {
    if (missed) continue; // said while the bot was away: nobody waits for that roll any more
    const reply = action ? undefined : answer(text);
    if (reply === undefined) continue;
    // Not awaited: a roll is delivered when the server has it, and the next one does not wait for that.
    bot.send(room, `${from.name ?? from.address} ${reply}`).catch((error) => {
      console.error(`Not sent to ${room}: ${error.message}`);
    });
  }
} catch (error) { // the server refused the name, or an operator disconnected the bot
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}

/** What the bot says to a message; `undefined` if the message is not for it. */
function answer(text: string): string | undefined {
  if (!/^!roll\b/.test(text)) return undefined;
  const [isRoll, count = "1", sides = "6"] = /^!roll(?: +(\d{0,3})d(\d{1,4}))? *$/.exec(text) ?? [];
  if (isRoll === undefined) return "should try: !roll 2d6";
  const dice = Number(count || 1), faces = Number(sides);
  if (dice < 1 || dice > 20 || faces < 2) return "has no such dice";
  const rolls = Array.from({ length: dice }, () => 1 + Math.floor(Math.random() * faces));
  const total = rolls.reduce((sum, roll) => sum + roll);
  return dice === 1 ? `rolled ${total}` : `rolled ${rolls.join(" + ")} = ${total}`;
}
