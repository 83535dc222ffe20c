/**
 * The commands of operators, with a moderator whose token, time and evictions are the test's own.
 */
import { assert, assertEquals } from "@std/assert";
import { usage } from "../../../lib/chat/commands/command.ts";
import { handleLine } from "../../../lib/chat/commands/handle.ts";
import { COMMANDS, describeCommands } from "../../../lib/chat/commands/registry.ts";
import { parseDuration } from "../../../lib/text/durations.ts";
import { OPERATOR_COMMANDS } from "../../../lib/chat/commands/operator_commands.ts";
import { Chat, flushed, JsonFormat } from "../fakes.ts";
import { NOW, OperatorScene, TOKEN } from "./operator_scene.ts";

Deno.test("Commands of operators are for operators", async () => {
  const scene = new OperatorScene();
  for (const { name } of OPERATOR_COMMANDS) {
    assertEquals(await scene.type(scene.bob, `/${name} Ada`), [`Error: /${name} is for operators`]);
  }
  assertEquals(scene.logged(), []);
  assertEquals(scene.ada.farewells, []);
  const plain = new Chat();
  const client = plain.join();
  for (const command of ["/kick", "/oper"]) {
    handleLine(plain.hub, client.member, `${command} Bob`);
    await flushed();
    assertEquals(client.lines(), [`Error: Unknown command '${command}', try /help`]);
  }
});

Deno.test("/help tells operators of their commands, and nobody else", async () => {
  const scene = new OperatorScene();
  const [help = ""] = await scene.type(scene.ada, "/help");
  for (const each of [...COMMANDS, ...OPERATOR_COMMANDS]) assert(help.includes(usage(each)));
  const [less = ""] = await scene.type(scene.bob, "/help");
  for (const each of OPERATOR_COMMANDS) assert(!less.includes(usage(each)));
  assertEquals(describeCommands(new Chat().hub).length, COMMANDS.length);
  assertEquals(OPERATOR_COMMANDS.length, 8);
});

Deno.test("Without what they need, commands of operators tell their usage", async () => {
  const scene = new OperatorScene();
  for (const command of OPERATOR_COMMANDS) {
    if (command.name === "bans" || command.name === "drain") continue;
    const told = [`Usage: ${usage(command)}`];
    assertEquals(await scene.type(scene.ada, `/${command.name}`), told);
  }
  assertEquals(await scene.type(scene.ada, "/lockdown maybe"), [
    "Usage: /lockdown <on|off> [reason]",
  ]);
  assertEquals(await scene.type(scene.bob, "/oper"), ["Usage: /oper <token>"]);
});

Deno.test("/oper makes an operator, once for the connection", async () => {
  const scene = new OperatorScene();
  const told = "You are an operator now, see /help";
  assertEquals(await scene.type(scene.bob, `/oper ${TOKEN}`, `/OPER  ${TOKEN} `), [told, told]);
  assertEquals(scene.logged(), ["[203.0.113.7:2] Operator Bob became an operator"]);
  assertEquals(await scene.type(scene.bob, "/bans"), ["No bans"]);
});

/** An arrow key or a BOM in front of the command told the token to the room. */
Deno.test("/oper is done behind what nobody sees, and the room never hears the token", async () => {
  for (
    const line of [
      ` /oper ${TOKEN}`,
      `\x1b[A/oper ${TOKEN}`,
      `\x1b[200~/oper ${TOKEN}\x1b[201~`,
      `/oper \x1b[200~${TOKEN}\x1b[201~`,
      `\ufeff/oper ${TOKEN}`,
      `\x1b/oper ${TOKEN}`,
      `hi\x15/OPER ${TOKEN}x\b`,
    ]
  ) {
    const scene = new OperatorScene();
    assertEquals(await scene.type(scene.bob, line), ["You are an operator now, see /help"], line);
    assertEquals(scene.ada.lines(), []);
  }
  const scene = new OperatorScene();
  for (const line of [`//oper ${TOKEN}`, "///oper x", `./oper ${TOKEN}`, `oper ${TOKEN}`]) {
    assertEquals(await scene.type(scene.bob, line), [
      "Error: Not said, because it looks like /oper and a token",
    ]);
  }
  assertEquals(scene.ada.lines(), []);
});

/** `/ban Bob 10` banned Bob for good, with "10" as the reason. */
Deno.test("Commands of operators refuse what is like a duration and is none", async () => {
  const scene = new OperatorScene();
  for (const command of ["/ban Bob", "/mute Bob", "/ban 10.0.0.0/8"]) {
    for (const no of ["10", "10 spam", "10min", "0m", "-5m", "1.5h", "1h30m", "10 m", "\u0661m"]) {
      const [word] = no.split(" ");
      assertEquals(await scene.type(scene.ada, `${command} ${no}`), [
        `Error: '${word}' is not a duration, use 90s, 10m, 12h or 7d; ` +
        "a reason begins with another word",
      ]);
    }
  }
  assertEquals(await scene.type(scene.ada, "/ban 10m Bob"), [
    "Usage: /ban <address|network|username> [duration] [reason]",
  ]);
  for (const command of ["lockdown on", "drain"]) {
    const [name] = command.split(" ");
    assertEquals(await scene.type(scene.ada, `/${command} 20 now`), [
      `Error: /${name} takes no duration; a reason begins with another word`,
    ]);
  }
  assertEquals(await scene.type(scene.ada, "/bans"), ["No bans"]);
  assertEquals([scene.drains, scene.logged(), scene.bob.farewells], [0, [], []]);
});

Deno.test("/oper sees who is wrong three times off, and nobody hears of the token", async () => {
  const scene = new OperatorScene();
  const wrong = "Error: Wrong token";
  assertEquals(await scene.type(scene.bob, "/oper wr0ng", "/oper wr0ng again"), [wrong, wrong]);
  assertEquals(scene.bob.farewells, []);
  assertEquals(await scene.type(scene.bob, `/oper ${TOKEN}x`), [wrong]);
  assertEquals(scene.bob.farewells, ["kicked"]);
  assertEquals(scene.bob.words, ["Disconnected after too many wrong tokens"]);
  assertEquals(
    scene.logged(),
    Array(3).fill("[203.0.113.7:2] Operator token is wrong"),
  );
  assertEquals(scene.ada.lines(), []);
  assertEquals(scene.bob.charged, 3 * 4);
});

Deno.test("/oper does not listen to an address that was wrong too often, nor forever not", async () => {
  const scene = new OperatorScene();
  const clients = ["203.0.113.7:3", "203.0.113.7:4"].map((from) => scene.enter(undefined, from));
  await scene.type(scene.bob, "/oper a", "/oper b", "/oper c");
  await scene.type(clients[0]!, "/oper a", "/oper b");
  const limited = "Error: Too many wrong tokens from your address, try again later";
  assertEquals(await scene.type(clients[1]!, `/oper ${TOKEN}`, "/oper d"), [limited, limited]);
  assertEquals(
    scene.logged().slice(5),
    ["[203.0.113.7:4] Operator token not looked at: too many wrong ones"],
  );
  scene.time = 12_001;
  assertEquals(await scene.type(clients[1]!, `/oper ${TOKEN}`), [
    "You are an operator now, see /help",
  ]);
});

Deno.test("/kick sees somebody off, and says who did it and why", async () => {
  const scene = new OperatorScene();
  assertEquals(await scene.type(scene.ada, "/kick bob \x1b[31mspam\tand  eggs"), ["Kicked 'Bob'"]);
  assertEquals(scene.bob.words, ["Kicked by Ada: spam and  eggs"]);
  const nameless = scene.enter(undefined, "203.0.113.8:3");
  await scene.type(nameless, "hello");
  scene.ada.lines();
  assertEquals(await scene.type(scene.ada, "/kick 203.0.113.8:3"), ["Kicked '203.0.113.8:3'"]);
  assertEquals(nameless.words, ["Kicked by Ada"]);
  assertEquals(await scene.type(scene.ada, "/kick Nobody"), ["User 'Nobody' not found"]);
  assertEquals(scene.logged(), [
    "[192.0.2.1:1] Operator Ada kicked 'Bob' (203.0.113.7:2): spam and  eggs",
    "[192.0.2.1:1] Operator Ada kicked '203.0.113.8:3' (203.0.113.8:3)",
  ]);
});

Deno.test("/ban of a name bans the name and the address, and /unban lifts both", async () => {
  const scene = new OperatorScene();
  const what = "'Bob' and 203.0.113.7";
  assertEquals(await scene.type(scene.ada, "/ban bob 10m spam"), [
    `Banned ${what} until 2026-11-24 02:20:33`,
  ]);
  assertEquals(scene.bob.words, ["Banned by Ada: spam"]);
  assertEquals(scene.evicted, ["203.0.113.7: Banned by Ada: spam"]);
  scene.chat.leave(scene.bob);
  assertEquals(scene.moderator.bans.findByAddress("203.0.113.7")?.name, "Bob");
  const other = scene.enter(undefined, "203.0.113.8:1");
  assertEquals(await scene.type(other, "/name BOB"), ["Error: Username 'BOB' is banned"]);
  assertEquals(await scene.type(scene.ada, "/bans"), [
    `Bans: ${what} until 2026-11-24 02:20:33 (by Ada: spam)`,
  ]);
  assertEquals(await scene.type(scene.ada, "/unban BOB sorry"), [`No longer banned: ${what}`]);
  assertEquals(await scene.type(other, "/name Bob"), ["Username set to 'Bob'"]);
  assertEquals(scene.moderator.bans.findByAddress("203.0.113.7"), undefined);
  assertEquals(await scene.type(scene.ada, "/unban Bob"), ["Error: 'Bob' is not banned"]);
  assertEquals(scene.logged(), [
    `[192.0.2.1:1] Operator Ada banned ${what} until 2026-11-24 02:20:33: spam`,
    `[192.0.2.1:1] Operator Ada lifted the ban of ${what}: sorry`,
  ]);
});

Deno.test("/ban takes the /64 of somebody, and what is typed as it is", async () => {
  const scene = new OperatorScene();
  scene.enter("Six", "[2001:db8::7]:1");
  assertEquals(await scene.type(scene.ada, "/ban six", "/ban 2001:DB8:0:1::1 7d"), [
    "Banned 'Six' and 2001:db8::/64 until it is lifted",
    "Banned 2001:db8:0:1::1 until 2026-12-01 02:10:33",
  ]);
  assertEquals(await scene.type(scene.ada, "/unban 2001:db8::/64"), [
    "No longer banned: 'Six' and 2001:db8::/64",
  ]);
});

Deno.test("/ban of a network says who is banned, and why", async () => {
  const scene = new OperatorScene();
  assertEquals(await scene.type(scene.ada, "/ban 203.0.113.0/24 ten of (them)"), [
    "Banned 203.0.113.0/24 until it is lifted",
  ]);
  const words = "Banned by Ada: ten of (them)";
  assertEquals(scene.evicted, [`203.0.113.7: ${words}`, `203.0.113.8: ${words}`]);
  assertEquals(await scene.type(scene.ada, "/bans"), [
    "Bans: 203.0.113.0/24 until it is lifted (by Ada: ten of |them|)",
  ]);
});

Deno.test("/ban refuses what would be a mistake", async () => {
  const scene = new OperatorScene();
  const cases = {
    "/ban 192.0.2.1": "Error: Your own address is in 192.0.2.1",
    "/ban 0.0.0.0/0": "Error: Your own address is in 0.0.0.0/0",
    "/ban Ada": "Error: That is you",
    "/ban 10.0.0.1/8": "Error: Cannot read network '10.0.0.1/8': there are bits behind the first 8",
    "/ban 10.0.0.0/33": "Error: Cannot read network '10.0.0.0/33': no such length",
    "/ban Bob/8": "Error: Cannot read network 'Bob/8': not a network like 10.0.0.0/8",
    "/ban a:b": "User 'a:b' not found",
  };
  for (const [line, told] of Object.entries(cases)) {
    assertEquals(await scene.type(scene.ada, line), [told], line);
  }
  assertEquals(scene.moderator.bans.list(), []);
  assertEquals(scene.logged(), []);
});

Deno.test("/ban of somebody at the operator's own address is about the name alone", async () => {
  const scene = new OperatorScene();
  const eve = scene.enter("Eve", "192.0.2.1:2");
  assertEquals(await scene.type(scene.ada, "/ban Eve"), ["Banned 'Eve' until it is lifted"]);
  assertEquals(eve.words, ["Banned by Ada"]);
  assertEquals(scene.evicted, []);
  const nameless = scene.enter(undefined, "192.0.2.1:3");
  await scene.type(nameless, "hello");
  scene.ada.lines();
  assertEquals(await scene.type(scene.ada, "/ban 192.0.2.1:3"), [
    "Error: They have no name, and your own address",
  ]);
});

Deno.test("/ban of a name that nobody has keeps it from being taken", async () => {
  const scene = new OperatorScene();
  assertEquals(await scene.type(scene.ada, "/ban Mallory 1h"), [
    "Banned 'Mallory' until 2026-11-24 03:10:33",
  ]);
  assertEquals(await scene.type(scene.bob, "/name mallory"), [
    "Error: Username 'mallory' is banned",
  ]);
  scene.now += 3_600_000;
  assertEquals(await scene.type(scene.bob, "/name mallory"), ["Username set to 'mallory'"]);
});

Deno.test("/bans lists the newest hundred", async () => {
  const scene = new OperatorScene();
  for (let i = 0; i < 102; i++) await scene.type(scene.ada, `/ban 10.0.0.${i}`);
  const [line = ""] = await scene.type(scene.ada, "/bans");
  assert(line.startsWith("Bans: 10.0.0.2 until it is lifted (by Ada), 10.0.0.3 "), line);
  assert(line.endsWith(" 10.0.0.101 until it is lifted (by Ada), and 2 older"), line);
});

Deno.test("/mute lets nothing be heard of somebody, whatever they try", async () => {
  const scene = new OperatorScene();
  assertEquals(await scene.type(scene.ada, "/mute Bob 10m spam"), [
    "Muted 'Bob' and 203.0.113.7 until 2026-11-24 02:20:33",
  ]);
  const again = scene.enter("Rob", "203.0.113.7:9");
  for (const client of [scene.bob, again]) {
    for (
      const line of ["hi", "//hi", "/me hi", "/whisper Ada hi", "/topic hi", "/away hi", "/name Hi"]
    ) {
      assertEquals(await scene.type(client, line), ["Error: You are muted"], line);
    }
    assertEquals(await scene.type(client, "/topic", "/away"), [
      "No topic in 'lobby'",
      "You are back",
    ]);
  }
  assertEquals(scene.ada.lines(), []);
  scene.now += 600_000;
  assertEquals(await scene.type(scene.bob, "hi"), []);
  assertEquals(scene.ada.lines(), ["[Bob]: hi"]);
});

Deno.test("/mute off lets somebody be heard again, under another name too", async () => {
  const scene = new OperatorScene();
  await scene.type(scene.ada, "/mute Bob");
  scene.chat.leave(scene.bob);
  const rob = scene.enter("Rob", "203.0.113.7:9");
  const lifted = ["No longer muted: 'Bob' and 203.0.113.7"];
  assertEquals(await scene.type(scene.ada, "/mute Rob off well"), lifted);
  assertEquals(await scene.type(rob, "hi"), []);
  scene.ada.lines();
  assertEquals(await scene.type(scene.ada, "/mute Rob off"), ["Error: 'Rob' is not muted"]);
  await scene.type(scene.ada, "/mute Rob");
  scene.chat.leave(rob);
  assertEquals(await scene.type(scene.ada, "/mute rob OFF"), [
    "No longer muted: 'Rob' and 203.0.113.7",
  ]);
  assertEquals(
    scene.logged().at(-1),
    "[192.0.2.1:1] Operator Ada lifted the mute of 'Rob' and 203.0.113.7",
  );
});

Deno.test("/mute does not count for operators", async () => {
  const scene = new OperatorScene();
  scene.bob.member.isOperator = true;
  await scene.type(scene.ada, "/mute Bob");
  assertEquals(await scene.type(scene.bob, "hi"), []);
});

Deno.test("/say reaches everybody once, in whatever rooms they are", async () => {
  const scene = new OperatorScene();
  await scene.type(scene.bob, "/join dev");
  const json = scene.chat.join("Jay", new JsonFormat());
  await scene.type(json, "/join dev", "/join ops");
  for (const each of [scene.ada, scene.bob, json]) each.lines();
  assertEquals(await scene.type(scene.ada, "/say Restart\x07 at noon"), ["Said to all"]);
  assertEquals(scene.bob.lines(), ["Notice: Restart at noon"]);
  assertEquals(json.lines().map((line) => JSON.parse(line)), [{
    type: "notice",
    time: 1,
    from: { id: 1, name: "Ada", address: "192.0.2.1:1" },
    text: "Restart at noon",
  }]);
  handleLine(scene.chat.hub, scene.ada.member, "/say one\nError: two");
  await flushed();
  assertEquals(scene.bob.lines(), ["Notice: one", "Notice: Error: two"]);
  assertEquals(scene.logged(), Array(2).fill("[192.0.2.1:1] Operator Ada said a notice to all"));
});

Deno.test("/lockdown and /drain do what they say", async () => {
  const scene = new OperatorScene();
  assertEquals(await scene.type(scene.ada, "/lockdown on raid"), ["Nobody new is let in"]);
  assertEquals(scene.moderator.isLockedDown, true);
  assertEquals(await scene.type(scene.ada, "/lockdown OFF"), ["Newcomers are let in"]);
  assertEquals(scene.moderator.isLockedDown, false);
  assertEquals(await scene.type(scene.ada, "/drain new version"), ["The server ends in 20 s"]);
  assertEquals(scene.drains, 1);
  assertEquals(scene.logged(), [
    "[192.0.2.1:1] Operator Ada locked the server down: raid",
    "[192.0.2.1:1] Operator Ada ended the lockdown",
    "[192.0.2.1:1] Operator Ada ended the server: new version",
  ]);
});

Deno.test("JSON operators get replies", async () => {
  const scene = new OperatorScene();
  const json = scene.chat.join("Jay", new JsonFormat());
  const ask = async (line: string) => {
    const [reply = "{}"] = await scene.type(json, line);
    return JSON.parse(reply);
  };
  const granted = await ask(`/oper ${TOKEN}`);
  assertEquals([granted.type, granted.command, granted.data.commands.length], ["reply", "oper", 8]);
  const common = { type: "reply", time: 1, ref: null };
  assertEquals(await ask("/ban 192.168.0.0/16 1h spam"), {
    ...common,
    text: "Banned 192.168.0.0/16 until 2026-11-24 03:10:33",
    command: "ban",
    data: {},
  });
  const { data } = await ask("/bans");
  assertEquals(data, {
    bans: [{
      name: null,
      network: "192.168.0.0/16",
      since: NOW,
      until: NOW + 3_600_000,
      by: "Jay",
      reason: "spam",
    }],
    total: 1,
  });
  assertEquals((await ask("/unban nobody")).code, "not_banned");
});

Deno.test("A guest who is relocated stays a guest", () => {
  const chat = new Chat({ hideAddresses: true });
  const { member } = chat.join();
  const { address } = member;
  chat.hub.relocate(member, "203.0.113.7:1");
  assertEquals([member.address, member.origin], [address, "203.0.113.7:1"]);
});

Deno.test("parseDuration() takes what has a unit", () => {
  const good = { "90s": 90_000, "10m": 600_000, "12h": 43_200_000, "7d": 604_800_000 };
  for (const [text, ms] of Object.entries(good)) assertEquals(parseDuration(text), ms, text);
  for (const text of ["", "10", "0s", "01m", "1.5h", "-1s", "1000000d", "10 m", "10M", "m"]) {
    assertEquals(parseDuration(text), undefined, text);
  }
});
