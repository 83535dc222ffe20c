import { assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { browserTest } from "./guest.ts";

browserTest("Page: a click on a user in the list starts a whisper", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  const bob = await desk.join(server.port, "Bob");
  using carol = await LineClient.connect(server.port);
  await carol.takesName("Carol");

  await alice.page.locator("#people-list button", { hasText: "Bob" }).click();
  assertEquals(await alice.field.inputValue(), "/whisper Bob ");
  await alice.page.keyboard.type("only for you");
  await alice.page.keyboard.press("Enter");
  await bob.sees("whisper", "only for you");
  await alice.sees("own", "only for you");
  await alice.log.locator(".tag", { hasText: "Whisper to Bob" }).waitFor();
  await carol.hearsNothing();

  // The text in the field becomes the whisper.
  await bob.field.fill("and for you");
  await bob.log.locator("button.name", { hasText: "Alice" }).click();
  assertEquals(await bob.field.inputValue(), "/whisper Alice and for you");
  await bob.page.keyboard.press("Enter");
  await alice.sees("whisper", "and for you");
});

browserTest(
  "Page: a whisper to a user who left is marked with the reason and can be edited",
  async (desk) => {
    await using server = new TestServer();
    const alice = await desk.join(server.port, "Alice");
    await alice.says("/whisper Nobody are you there?");
    await alice.log.locator(".delivery.failed", { hasText: "User 'Nobody' not found" }).waitFor();
    await alice.page.getByRole("button", { name: "Edit" }).click();
    assertEquals(await alice.field.inputValue(), "/whisper Nobody are you there?");
  },
);

browserTest("Page: the list of users follows joins and leaves", async (desk) => {
  await using server = new TestServer({ presenceDelay: 0 });
  const alice = await desk.join(server.port, "Alice");
  const list = alice.page.locator("#people-list");
  const bob = await LineClient.connect(server.port);
  await bob.takesName("Bob");
  await list.getByText("Bob", { exact: true }).waitFor();
  await alice.sees("presence", "Bob joined");
  bob.close();
  await list.getByText("Bob", { exact: true }).waitFor({ state: "detached" });
  await alice.sees("presence", "Bob joined and left");
  assertEquals(await alice.page.locator("#people .people-count").textContent(), "1");
});
