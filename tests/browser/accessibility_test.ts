import { assertEquals } from "@std/assert";
import axe from "npm:axe-core@4.14";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { browserTest, type Guest } from "./guest.ts";

/** The violations that axe finds in the visible page, with all its rules. */
async function findViolations(guest: Guest): Promise<string[]> {
  await guest.page.evaluate(`if (!("axe" in globalThis)) { ${axe.source} }`);
  return await guest.page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("npm:axe-core@4.14") };
    const { violations } = await axe.run(document);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`)
    );
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  for (
    const [device, viewport] of [["desk", { width: 1_100, height: 720 }], ["phone", {
      width: 360,
      height: 640,
    }]] as const
  ) {
    browserTest(`Page: axe finds no problems, ${colorScheme}, on a ${device}`, async (desk) => {
      await using server = new TestServer();
      const alice = await desk.visit(server.port, { colorScheme, viewport });
      const isFine = async () => assertEquals(await findViolations(alice), []);
      await alice.page.locator("#name-dialog").waitFor();
      await isFine();
      await alice.page.locator("#name-field").fill("not allowed");
      await alice.page.keyboard.press("Enter");
      await alice.page.locator("#name-problem").waitFor();
      await isFine();
      await alice.takesName("Alice");

      const people = await Promise.all(
        ["Bob", "Carol", "Dora", "Emil", "Fritz", "Gerda", "Hans", "Ida", "Jan"].map(async (name) =>
          (await LineClient.connect(server.port)).takesName(name)
        ),
      );
      for (const person of people) void person.say("hello Alice, see https://example.com/");
      const [bob] = people;
      await bob?.say("/whisper Alice psst", "done");
      await alice.sees("message", "done");
      await alice.says("/whisper Bob yes");
      await alice.says("/whisper nobody no");
      await alice.says("my own words");
      await alice.says("/me nods");
      await alice.says("/away at lunch");
      await bob?.say("/me waves", "/away on the roof", "waved");
      await alice.sees("message", "waved");
      await alice.says("/help");
      await alice.says("/nonsense");
      await alice.sees("error", /nonsense/);
      await alice.field.press("/");
      await isFine();
      await alice.field.fill("");
      await alice.chooses("Server statistics");
      await alice.page.locator("#stats-figures dd").first().waitFor();
      await isFine();
      await alice.page.locator("#stats .close").click();
      await alice.opensMenu();
      await isFine();
      await alice.page.getByRole("menuitem", { name: "Settings" }).click();
      await isFine();
      await alice.page.keyboard.press("Escape");
      await alice.chooses("Keyboard shortcuts");
      await isFine();
      await alice.page.keyboard.press("Escape");
      await alice.page.locator("#room-menu-toggle").click();
      await isFine();
      await alice.page.keyboard.press("Escape");
      if (await alice.page.locator("#people").isHidden()) {
        await alice.page.locator("#people-toggle").click();
      }
      await isFine();
      await alice.page.locator("#people .close").click();
      await alice.opensSide();
      await isFine();
      await alice.page.getByRole("button", { name: "Join a room" }).click();
      await alice.page.locator("#room-list button").first().waitFor();
      await isFine();
      await alice.page.keyboard.type("dev");
      await alice.page.keyboard.press("Enter");
      await alice.shows("dev");
      await alice.page.locator("#welcome").waitFor();
      await isFine();
      await bob?.say("one", "two");
      await alice.item("lobby").locator(".badge").getByText("2").waitFor({ state: "attached" });
      await alice.says("/topic Release on Friday");
      await alice.page.locator("#topic").getByText("Release on Friday").waitFor();
      await isFine();
      await alice.looksAt("lobby");
      await alice.log.locator(".unread-line").waitFor();
      await isFine();
      await alice.page.locator("#scroller").evaluate((scroller) => scroller.scrollTop = 0);
      for (const person of people) person.close();
      await server.shutdown();
      await alice.state.getByText("Reconnecting").waitFor();
      await alice.says("into the dark");
      await isFine();
    });
  }
}

browserTest("Page: axe finds no problems in the dialog that asks for a password", async (desk) => {
  await using server = new TestServer({ password: "correct horse battery" });
  const alice = await desk.visit(server.port);
  await alice.page.locator("#login-field").fill("wrong");
  assertEquals(await findViolations(alice), []);
  await alice.page.keyboard.press("Enter");
  await alice.page.locator("#login-problem").waitFor();
  assertEquals(await findViolations(alice), []);
});
