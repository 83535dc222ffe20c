import { assert, assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { browserTest, type Guest } from "./guest.ts";

type Box = { x: number; y: number; width: number; height: number };

const PHONE = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true };

/** The boxes of elements, in the order of their selectors. An element that is not displayed has none. */
async function boxes({ page }: Guest, ...selectors: string[]): Promise<Array<Box | null>> {
  return await Promise.all(selectors.map((selector) => page.locator(selector).boundingBox()));
}

for (const width of [701, 820, 1_024, 1_440]) {
  browserTest(`Page: panels do not cover the conversation, at ${width} px`, async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice", { viewport: { width, height: 720 } });
    const isApart = async () => {
      const [main, ...beside] = await boxes(alice, "#main", "#side", "#people", "#stats");
      assert(main && main.width >= 350, `There is room for the conversation: ${main?.width}`);
      for (const box of beside) {
        if (box === null) continue;
        const isLeft = box.x + box.width <= main.x + 1, isRight = box.x >= main.x + main.width - 1;
        assert(isLeft || isRight, JSON.stringify({ main, box }));
      }
    };
    const people = alice.page.locator("#people");
    await isApart();
    if (await people.isHidden()) await alice.page.locator("#people-toggle").click();
    await isApart();
    await alice.chooses("Server statistics");
    assertEquals(await people.isHidden(), true, "One panel at a time");
    await isApart();
    await alice.page.locator("#stats .close").click();
    await alice.page.locator("#side").waitFor();
    await isApart();
  });
}

browserTest("Page: nothing moves when the connection changes", async (desk) => {
  const server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  await alice.says("hello");
  await alice.sees("own", "hello");
  await alice.log.locator(".delivery").waitFor({ state: "detached" });
  const all = () => boxes(alice, ".top", "#people-toggle", "#scroller", "#composer", "#side .me");
  const before = await all();
  await server.shutdown();
  await alice.state.getByText("Reconnecting").waitFor();
  await alice.page.locator("#state-wait").getByText(/in \d+ s/).waitFor();
  assertEquals(await all(), before);
  await alice.chooses("Disconnect");
  await alice.state.getByText("Disconnected").waitFor();
  assertEquals(await all(), before);
});

browserTest("Page: messages of all senders are aligned, also inside of a group", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await bob.say("one", "two");
  await alice.sees("message", "two");
  await alice.says("three");
  await alice.says("four");
  await bob.say("Alice, five");
  await alice.sees("message", "Alice, five");
  const lefts = await alice.log.locator(".message .text").evaluateAll((texts) =>
    texts.map((text) => text.getBoundingClientRect().left)
  );
  assertEquals([lefts.length, new Set(lefts).size], [5, 1]);
});

browserTest("Page: on a phone the rooms are in a drawer", async (desk) => {
  await using server = new TestServer();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  const alice = await desk.join(server.port, "Alice", PHONE);
  const side = alice.page.locator("#side"), toggle = alice.page.locator("#side-toggle");
  assertEquals(await side.isVisible(), false);
  await alice.says("/join dev");
  await alice.shows("dev");
  await bob.say("Alice!");
  await alice.page.locator("#side-badge.personal").waitFor();
  await toggle.tap();
  await side.waitFor();
  const current = alice.item("dev");
  await until(
    () => current.evaluate((item) => item === document.activeElement),
    "the shown room has the focus",
  );
  await alice.page.keyboard.press("Escape");
  await side.waitFor({ state: "hidden" });
  await alice.looksAt("lobby");
  await side.waitFor({ state: "hidden" });
  await alice.sees("message", "Alice!");
  await toggle.tap();
  await alice.page.touchscreen.tap(380, 400); // beside the drawer
  await side.waitFor({ state: "hidden" });
});

browserTest("Page: an empty room invites, until somebody says something", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice", {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const welcome = alice.page.locator("#welcome");
  await welcome.getByText("Welcome to #lobby").waitFor();
  await alice.says("/join dev");
  await welcome.getByText("Welcome to #dev").waitFor();
  const ways = ["http://127.0.0.1:PORT/#dev", "nc 127.0.0.1 PORT", "/join dev"];
  assertEquals(
    await welcome.locator("code").allTextContents(),
    ways.map((way) => way.replace("PORT", String(server.port))),
  );
  await welcome.getByRole("button", { name: "Copy" }).first().click();
  await welcome.getByText("Copied").waitFor();
  const link = await alice.page.evaluate(() => navigator.clipboard.readText());
  assertEquals(link, `http://127.0.0.1:${server.port}/#dev`);

  // The link shows the room, and the command and the line lead to it, too.
  const bob = await desk.join(link, "Bob");
  await bob.shows("dev");
  using carol = await LineClient.connect(server.port);
  await carol.takesName("Carol");
  await carol.asks("/join dev", "Joined room 'dev'");
  await carol.say("found it");
  await alice.sees("message", "found it");
  await bob.sees("message", "found it");
  assertEquals(await welcome.isHidden(), true);
  assertEquals(new URL(bob.page.url()).hash, "#dev");
  await bob.looksAt("lobby");
  assertEquals(new URL(bob.page.url()).hash, "");
});

browserTest("Page: an answer names its command and can be dismissed", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  await alice.says("/rooms");
  const card = alice.entries("answer").locator(".card");
  assertEquals(await card.locator("code").textContent(), "/rooms");
  assertEquals(await card.locator("dt, dd").allTextContents(), ["lobby", "1 person"]);
  await alice.says("/nonsense");
  await alice.entries("error").locator("code").getByText("/nonsense").waitFor();
  await card.getByRole("button", { name: "Dismiss" }).click();
  await card.waitFor({ state: "detached" });
  await alice.entries("error").getByRole("button", { name: "Dismiss" }).click();
  await alice.entries("error").waitFor({ state: "detached" });
  assert(await alice.field.evaluate((field) => field === document.activeElement));
});

browserTest("Page: everybody sees the same number of people", async (desk) => {
  await using server = new TestServer({ presenceDelay: 0 });
  const alice = await desk.join(server.port, "Alice");
  const guest = await desk.visit(server.port);
  await guest.page.getByRole("button", { name: "Continue without a name" }).click();
  const counts = () =>
    Promise.all(
      [alice, guest].map(({ page }) => page.locator("#people-title .people-count").textContent()),
    );
  const become = (expected: string) =>
    until(async () => (await counts()).every((count) => count === expected), `${expected} people`);
  await become("1");
  await guest.page.getByText("Others see you here once you have a name").waitFor();
  await guest.says("hello");
  await become("2");
  const names = await alice.page.locator("#people-list .name").allTextContents();
  assertEquals(names, await guest.page.locator("#people-list .name").allTextContents());
  assertEquals(names.map((name) => name.replace(/\d+$/, "N")), ["Alice", "guest-N"]);
});

browserTest("Page: the keys that show all keys", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  const help = alice.page.locator("#keys-dialog");
  await alice.page.keyboard.type("?");
  assertEquals([await alice.field.inputValue(), await help.isVisible()], ["?", false]);
  await alice.page.keyboard.press("Control+/");
  await help.getByText("Complete a name or a command").waitFor();
  await alice.page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
  await alice.page.locator("#scroller").focus();
  await alice.page.keyboard.type("?");
  await help.waitFor();
});

browserTest("Page: speakers of a room have different colours", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  for (let index = 0; index < 11; index++) {
    using person = await LineClient.connect(server.port);
    await person.takesName(`Person${index}`);
    await person.say(`I am ${index}`);
    await alice.sees("message", `I am ${index}`);
  }
  await alice.says("hello");
  await alice.sees("own", "hello");
  const colours = await alice.log.locator(".message .name").evaluateAll((names) =>
    names.map((name) => getComputedStyle(name).color)
  );
  assertEquals([colours.length, new Set(colours).size], [12, 12]);
});
