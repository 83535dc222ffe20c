import { assert, assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { browserTest } from "./guest.ts";

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

browserTest("Search: a result jumps to its message, which may not be loaded", async (desk) => {
  await using server = new TestServer();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await bob.say(...numbered(1, 300), "there is tea in the kitchen", ...numbered(301, 600));
  const alice = await desk.join(server.port, "Alice");
  await alice.sees("message", "line 600");
  await alice.page.keyboard.press("Control+k");
  await alice.page.keyboard.type("TEA");
  const result = alice.page.locator("#found .result");
  await result.getByText("there is tea in the kitchen").waitFor();
  assertEquals(await result.locator("mark").allTextContents(), ["tea"]);
  assertEquals(await alice.page.locator("#rooms").isHidden(), true);

  await alice.page.keyboard.press("ArrowDown");
  await alice.page.keyboard.press("Enter");
  const message = alice.log.locator(".row.found .text");
  await message.getByText("there is tea in the kitchen").waitFor();
  const box = await message.boundingBox();
  assert(box !== null && box.y > 60 && box.y < 660, "The message is in sight");
  await alice.log.locator(".skipped").getByText(/more in between/).waitFor({ state: "attached" });

  // The messages around it go on in both directions.
  await until(async () => {
    await alice.page.locator("#scroller").evaluate((scroller) => scroller.scrollTop = 0);
    return (await alice.texts("message"))[0] === "line 1";
  }, "the first message is there");

  await alice.page.locator("#search-field").press("Escape");
  await alice.page.locator("#found").waitFor({ state: "hidden" });
  await alice.page.locator("#jump").click();
  await alice.sees("message", "line 600");
});

browserTest("Search: finds rooms by name, and messages in other rooms on request", async (desk) => {
  await using server = new TestServer();
  using bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await bob.say("/join release", "tea at four", "/join lobby");
  await bob.hears("Joined room 'release'", "Joined room 'lobby'");
  const alice = await desk.join(server.port, "Alice");
  await alice.says("/join release");
  await alice.shows("release");
  await alice.looksAt("lobby");
  const field = alice.page.locator("#search-field");
  const found = alice.page.locator("#found");
  await field.fill("rel");
  await found.locator(".item").getByText("release").click();
  await alice.shows("release");
  assertEquals(await field.inputValue(), "");

  await alice.looksAt("lobby");
  await field.fill("tea");
  await found.getByText("Nothing found").waitFor();
  await found.getByRole("button", { name: "Search the other rooms, too" }).click();
  await found.locator(".result").getByText("tea at four").click();
  await alice.shows("release");
  await alice.log.locator(".row.found").getByText("tea at four").waitFor();
});

browserTest("Search: says so without a history or a connection", async (desk) => {
  await using server = new TestServer({ noHistory: true });
  const alice = await desk.join(server.port, "Alice");
  const field = alice.page.locator("#search-field");
  const found = alice.page.locator("#found");
  await field.fill("tea");
  await field.press("Enter");
  await found.getByText("This server keeps no history").waitFor();
  await alice.chooses("Disconnect");
  await alice.state.getByText("Disconnected").waitFor();
  await field.press("Enter");
  await found.getByText("Cannot search: not connected").waitFor();
});
