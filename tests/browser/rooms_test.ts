import { assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { Gateway } from "./gateway.ts";
import { browserTest } from "./guest.ts";

browserTest(
  "Page: every room has its own messages, users and draft",
  async (desk) => {
    await using server = new TestServer();
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await bob.say("/join dev", "/topic Release on Friday");
    await bob.hears("Joined room 'dev'", "Topic set to 'Release on Friday'");
    const alice = await desk.join(server.port, "Alice");
    await alice.field.fill("half a thou");

    await alice.page.getByRole("button", { name: "Join a room" }).click();
    await alice.page.locator("#room-list").getByText("Release on Friday").waitFor();
    await alice.page.locator("#room-field").fill("not allowed");
    await alice.page.keyboard.press("Enter");
    await alice.page.locator("#room-problem").getByText("is not allowed").waitFor();
    await alice.page.locator("#room-list").getByRole("button", { name: "dev" }).click();
    await alice.page.locator("#topic").getByText("Release on Friday").waitFor();
    await alice.page.locator("#people-list").getByText("Bob", { exact: true }).waitFor();
    assertEquals(await alice.field.inputValue(), "");
    await alice.says("hello dev");
    await bob.hears("[Alice]: hello dev");

    await alice.looksAt("lobby");
    assertEquals(await alice.field.inputValue(), "half a thou");
    assertEquals(await alice.texts("message"), []);
    await bob.say("one", "Alice!");
    await alice.item("dev").locator(".badge.personal").getByText("1").waitFor();
    assertEquals(await alice.item("dev").textContent(), "#dev2 unread1 mentions you");
    await bob.say("/whisper Alice across rooms");
    await alice.sees("whisper", "across rooms");
    await alice.looksAt("dev");
    await alice.item("dev").locator(".badge").waitFor({ state: "detached" });
    assertEquals(await alice.texts("message"), ["hello dev", "one", "Alice!"]);
    const line = alice.log.locator(".row").filter({ has: alice.page.locator(".unread-line") });
    assertEquals(await line.locator(".text").allTextContents(), ["one"]);

    await alice.choosesForRoom("Leave this room");
    await alice.item("dev").waitFor({ state: "detached" });
    await alice.shows("lobby");
  },
);

browserTest("Page: rooms can be changed with the keyboard alone", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  const shown = async (room: string) => await alice.shows(room);
  await alice.says("/join one");
  await shown("one");
  await alice.says("/join two");
  await shown("two");
  await alice.page.keyboard.press("Alt+ArrowUp");
  await shown("one");
  await alice.item("one").focus();
  const focused = () =>
    alice.page.evaluate(() => document.activeElement?.querySelector("bdi")?.textContent);
  for (const [key, room] of [["ArrowUp", "lobby"], ["ArrowUp", "two"], ["Home", "lobby"]]) {
    await alice.page.keyboard.press(key!);
    assertEquals(await focused(), room);
    await alice.page.keyboard.press("Enter");
    await shown(room!);
    assertEquals(await focused(), room);
  }
  await alice.page.keyboard.press("Shift+Tab");
  await alice.page.keyboard.press("Enter");
  await alice.page.keyboard.type("three");
  await alice.page.keyboard.press("Enter");
  await shown("three");
  assertEquals(await alice.page.evaluate(() => document.activeElement?.id), "text");
});

browserTest(
  "Page: rooms survive a reload and a lost connection without missing messages",
  async (desk) => {
    await using server = new TestServer();
    await using gateway = new Gateway(() => server.port);
    using bob = await LineClient.connect(server.port);
    await bob.takesName("Bob");
    await bob.say("/join dev", "before");
    await bob.hears("Joined room 'dev'");
    const alice = await desk.join(gateway.port, "Alice");
    await alice.says("/join dev");
    await alice.sees("message", "before");
    await alice.page.reload();
    await alice.shows("dev");
    await alice.sees("message", "before");

    gateway.down = true;
    gateway.cut();
    await alice.state.getByText("Reconnecting").waitFor();
    await bob.say("meanwhile");
    await server.settle();
    await alice.says("typed meanwhile");
    gateway.down = false;
    await alice.comesBack();
    await bob.hears("[Alice]: typed meanwhile");
    await alice.sees("notice", /Nothing was missed/);
    await bob.say("after");
    await alice.sees("message", "after");
    assertEquals(await alice.texts("message"), ["before", "meanwhile", "typed meanwhile", "after"]);
  },
);

browserTest("Page: shows away users and actions", async (desk) => {
  await using server = new TestServer();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  const alice = await desk.join(server.port, "Alice");
  await bob.say("/away on the roof", "/me waves");
  await bob.hears("You are away: on the roof");
  await alice.page.locator("#people-list").getByText("away: on the roof").waitFor();
  await alice.sees("action", /^Bob\s+waves$/);
  await alice.says("/away at lunch");
  await alice.page.locator("#self-away").waitFor();
  await alice.says("/me nods");
  await alice.sees("action", /^Alice\s+nods$/);
  await bob.hears("* Alice nods");
  await alice.says("/away");
  await alice.page.locator("#self-away").waitFor({ state: "hidden" });
});
