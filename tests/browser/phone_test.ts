import { assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { browserTest, type Guest } from "./guest.ts";
import { UNWIELDY } from "./unwieldy.ts";

/** The narrowest phones, and the width that WCAG 1.4.10 requires. */
const PHONE = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true };

/** The minimum size of a touch target, in px (WCAG 2.5.8). */
const TARGET = 24;

/** Elements with a visible part outside of the page. */
function findOverflow({ page }: Guest): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const reach = (element: Element): { left: number; right: number } => {
      let { left, right } = element.getBoundingClientRect();
      for (let outer = element.parentElement; outer; outer = outer.parentElement) {
        if (outer === document.body || getComputedStyle(outer).overflowX === "visible") continue;
        const clip = outer.getBoundingClientRect();
        left = Math.max(left, clip.left);
        right = Math.min(right, clip.right);
      }
      return { left, right };
    };
    const found = [...document.querySelectorAll("body *")].filter((element) => {
      if (
        !element.checkVisibility({ visibilityProperty: true }) ||
        element.matches(".unseen, .skip, .sprite *")
      ) return false;
      const { left, right } = reach(element);
      return right - left > 1 && (left < -0.5 || right > width + 0.5);
    }).map((element) => element.outerHTML.slice(0, 100));
    return document.documentElement.scrollWidth > width ? ["the document", ...found] : found;
  });
}

/** Buttons that are too small. */
function findSmall({ page }: Guest): Promise<string[]> {
  return page.evaluate(
    (least) =>
      [...document.querySelectorAll("button, input, textarea, [role=option]")].filter((element) => {
        if (
          !element.checkVisibility({ visibilityProperty: true }) ||
          element.matches(".name, .segments input")
        ) return false;
        const { width, height } = element.getBoundingClientRect();
        return width < least || height < least;
      }).map((element) => element.outerHTML.slice(0, 100)),
    TARGET,
  );
}

/** Parts of the header that overlap. */
function findOverlaps({ page }: Guest): Promise<string[]> {
  return page.evaluate(() => {
    const parts = [...document.querySelectorAll(".state > :not(.lamp), .top .tool, h1, .topic")]
      .filter((part) =>
        part.checkVisibility({ visibilityProperty: true }) && part.getBoundingClientRect().width > 0
      );
    return parts.flatMap((one, index) =>
      parts.slice(index + 1).filter((other) => {
        const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
        return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      }).map((other) => `${one.outerHTML.slice(0, 60)} and ${other.outerHTML.slice(0, 60)}`)
    );
  });
}

async function fits(guest: Guest): Promise<void> {
  assertEquals(await findOverlaps(guest), []);
  assertEquals(await findOverflow(guest), []);
  assertEquals(await findSmall(guest), []);
}

browserTest(
  "Page: shows everything on a phone of 320 px, without overflow",
  async (desk) => {
    await using server = new TestServer();
    using bob = await LineClient.connect(server.port);
    await bob.takesName("W".repeat(32));
    const alice = await desk.visit(server.port, PHONE);
    await alice.page.locator("#name-dialog").waitFor();
    await fits(alice);
    await alice.takesName("M".repeat(32));

    await bob.say(...UNWIELDY, ...UNWIELDY.map((text) => `/whisper ${"M".repeat(32)} ${text}`));
    await bob.say("the end");
    await alice.sees("message", "the end");
    await alice.says(UNWIELDY[0]!);
    await alice.says(`/whisper nobody-of-this-name ${UNWIELDY[1]}`);
    await alice.says(`/${"x".repeat(500)}`);
    await alice.sees("error", /Unknown command/);
    await alice.log.locator(".delivery.failed").waitFor();
    await alice.page.locator("#scroller").evaluate((scroller) => scroller.scrollTop = 0);
    await fits(alice);

    for (const name of ["a", "M".repeat(32), "W".repeat(32)]) {
      await alice.says(`/join ${name}`);
      await alice.item(name).waitFor({ state: "attached" });
    }
    await alice.says(`/topic ${UNWIELDY[1]?.slice(0, 200)}`);
    await alice.says(`/away ${"far".repeat(30)}`);
    await alice.page.locator("#self-away").waitFor({ state: "attached" });
    await alice.says(`/me ${UNWIELDY[0]}`);
    await fits(alice);
    await alice.opensSide();
    await fits(alice);
    await alice.page.getByRole("button", { name: "Join a room" }).tap();
    await alice.page.locator("#room-list button").first().waitFor();
    await fits(alice);
    await alice.page.locator("#room-cancel").tap();
    await alice.looksAt("lobby");

    await alice.page.locator("#people-toggle").tap();
    await fits(alice);
    await alice.page.locator("#people-list button").tap();
    await alice.page.locator("#people").waitFor({ state: "hidden" });
    assertEquals((await alice.field.inputValue()).startsWith("/whisper WWW"), true);
    await fits(alice);
    await alice.chooses("Server statistics");
    await alice.page.locator("#stats-figures dd").first().waitFor();
    await fits(alice);
    await alice.page.locator("#stats .close").tap();
    await alice.chooses("Settings");
    await fits(alice);
    await alice.page.locator("#settings .primary").tap();
    await alice.opensMenu();
    await fits(alice);
    await alice.page.getByRole("menuitem", { name: "Disconnect" }).tap();
    await alice.state.getByText("Disconnected").waitFor();
    await fits(alice);
    await alice.field.fill("/");
    await alice.field.dispatchEvent("input");
    await fits(alice);
  },
);

browserTest("Page: long texts do not break the layout on a desktop", async (desk) => {
  await using server = new TestServer();
  const alice = await desk.join(server.port, "Alice");
  using bob = await LineClient.connect(server.port);
  await bob.takesName("W".repeat(32));
  await bob.say(...UNWIELDY, "the end");
  await alice.sees("message", "the end");
  await alice.chooses("Server statistics");
  assertEquals(await findOverflow(alice), []);
  // Right-to-left text has its direction, and the text after it is not affected.
  const directions = await alice.log.locator(".message .text").evaluateAll((texts) =>
    texts.map((text) => getComputedStyle(text).direction)
  );
  assertEquals(directions.map((direction) => direction === "rtl").indexOf(true), 3);
  assertEquals(directions.at(-1), "ltr");
});
