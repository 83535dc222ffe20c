/**
 * Makes pictures of the page: without arguments the two in README, in static/screenshots; with a folder as an argument,
 * pictures of all main states, for every size or for those with these widths.
 *
 *     deno task screenshots [folder [width...]]
 * @module
 */
import type { BrowserContextOptions } from "npm:playwright-core@1.65";
import { systemClock } from "../../lib/server/connection/clock.ts";
import { LineClient } from "../support/client.ts";
import { projectPath } from "../support/paths.ts";
import { eachInTurn, until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { Desk, type Guest } from "./guest.ts";
import { shrinkPng } from "./png.ts";
import { UNWIELDY } from "./unwieldy.ts";

const README_FOLDER = projectPath("static/screenshots");

/** The time in the pictures, so that they do not depend on the day. */
const MORNING = "2026-06-04T09:38:00";

const DESK: BrowserContextOptions = {
  viewport: { width: 1_180, height: 740 },
  deviceScaleFactor: 1.25,
  colorScheme: "light",
};
const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 700 },
  deviceScaleFactor: 2,
  colorScheme: "dark",
  hasTouch: true,
  isMobile: true,
};

/** The sizes of the pictures of all states. Those up to the width of a tablet are touched. */
const SIZES: ReadonlyArray<{ readonly width: number; readonly height: number }> = [
  { width: 1_440, height: 900 },
  { width: 1_024, height: 768 },
  { width: 820, height: 1_100 },
  { width: 390, height: 844 },
  { width: 320, height: 640 },
];

/** The width up to which the list of rooms is a drawer, in px. */
const PHONE_WIDTH = 700;

const NOA = "\u05E0\u05D5\u05E2\u05D4";

/** The conversation: senders and texts. `+` advances the time by a minute. */
const TALK = [
  ["Lena", "Is the build green again?"],
  ["Tomasz", "Since eight. It was the clock, it is always the clock."],
  ["+", "1"],
  ["Mira", "Morning! The relay has been up for nine days now."],
  ["Mira", "Numbers: https://status.example.org/relay"],
  ["+", "2"],
  ["Tomasz", "Nice. I am in from a terminal today: nc chat.example.org 8080"],
  ["Lena", "Same room as the browsers, I love it"],
  ["+", "1"],
  ["you", "Works from the phone too. Shall we move the call to ten?"],
  ["Lena", "Ten is fine. Ada, can you bring the latency graphs?"],
  ["Tomasz", "/me puts the kettle on"],
  ["/Mira", "They still think I wrote that parser. It was you!"],
  ["+", "1"],
  ["/you Mira", "Your secret is safe with me."],
  [
    "\u05E0\u05D5\u05E2\u05D4",
    "\u05D1\u05D5\u05E7\u05E8 \u05D8\u05D5\u05D1 \u05DC\u05DB\u05D5\u05DC\u05DD!",
  ],
  ["Tomasz", "Good morning! I will be two minutes late."],
  ["you", "Will do."],
] as const;

/** The uptime of the server in the pictures, in ms. */
const UPTIME = 9 * 86_400_000 + 4 * 3_600_000;

/** The clock of a page whose time is set. */
interface StoppedClock {
  stopAt(time: number): void;
}

/**
 * Replaces `Date.now` in every page of a context. Playwright's clock is not used: it runs in this process, too, takes the
 * time of the server for its own, and then runs no timers of the page.
 */
async function stopClock({ context }: Guest, time: number): Promise<void> {
  await context.addInitScript((time) => {
    let now = time;
    Date.now = () => now;
    const clock: StoppedClock = { stopAt: (time) => now = time };
    Object.assign(globalThis, clock);
  }, time);
  Date.now = () => time;
}

/** Sets the time of the page and of the server, which runs in this process. */
async function setTime({ page }: Guest, time: number): Promise<void> {
  Date.now = () => time;
  await page.evaluate((time) => (globalThis as unknown as StoppedClock).stopAt(time), time);
}

class Stage implements AsyncDisposable {
  #age = 0;
  readonly server = new TestServer({
    presenceDelay: 0,
    clock: { ...systemClock, now: () => systemClock.now() + this.#age },
  });
  readonly #people = new Map<string, LineClient>();

  async person(name: string): Promise<LineClient> {
    const known = this.#people.get(name);
    if (known !== undefined) return known;
    const person = await (await LineClient.connect(this.server.port)).takesName(name);
    this.#people.set(name, person);
    return person;
  }

  constructor() {
    this.#age = UPTIME;
  }

  /** Plays the conversation for a user called Ada. */
  async play(ada: Guest): Promise<void> {
    const start = Date.now();
    let minutes = 0;
    await eachInTurn(["Mira", "Tomasz", "Lena", NOA], (name) => this.person(name));
    await eachInTurn(TALK, async ([who, text]) => {
      if (who === "+") {
        minutes += Number(text);
        await setTime(ada, start + minutes * 60_000);
      } else if (who === "you") await ada.says(text);
      else if (who.startsWith("/you ")) await ada.says(`/whisper ${who.slice(5)} ${text}`);
      else if (who.startsWith("/")) {
        await (await this.person(who.slice(1))).say(`/whisper Ada ${text}`);
      } else await (await this.person(who)).say(text);
      if (text.startsWith("/me ")) await ada.sees("action", new RegExp(`${text.slice(4)}$`));
      else if (who !== "+") await ada.sees("entry", text);
    });
    await this.playElsewhere(ada);
  }

  /** Adds a topic, an away user, and a room with unread messages. */
  async playElsewhere(ada: Guest): Promise<void> {
    await (await this.person("Lena")).say("/topic Daily at ten");
    await ada.page.locator("#topic").getByText("Daily at ten").waitFor();
    await (await this.person("Mira")).say("/away on the phone");
    const jonas = await LineClient.connect(this.server.port);
    this.#people.set("Jonas", jonas);
    await jonas.say("/name Jonas", "/join release", "The notes are ready", "Who reads them?");
    await ada.says("/join release");
    await ada.sees("message", "Who reads them?");
    await ada.looksAt("lobby");
    await jonas.say("Thank you, Lena", "Ada, one more question");
    await ada.item("release").locator(".badge").getByText("2").waitFor({ state: "attached" });
    await ada.page.locator("#people-list").getByText("on the phone").waitFor({ state: "attached" });
    await ada.page.mouse.move(0, 0);
  }

  leaves(name: string): void {
    this.#people.get(name)?.close();
    this.#people.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const person of this.#people.values()) person.close();
    await this.server[Symbol.asyncDispose]();
  }
}

async function enter(desk: Desk, stage: Stage, options: BrowserContextOptions): Promise<Guest> {
  const ada = await desk.visit("about:blank", options);
  await stopClock(ada, Date.parse(MORNING));
  await ada.page.goto(`http://127.0.0.1:${stage.server.port}/`);
  return ada;
}

/** Takes a picture after the page is drawn. */
async function shoot({ page }: Guest, path: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  const picture = shrinkPng(await page.screenshot({ animations: "disabled" }));
  await Deno.writeFile(path, picture);
  console.log(`${path} ${Math.ceil(picture.length / 1_000)} kB`);
}

/** Produces traffic for the statistics while they are open. */
async function makeTraffic(stage: Stage, ada: Guest): Promise<void> {
  const answers = ada.log.locator(".row", { hasText: "Uptime" });
  const newest = async () => (await answers.evaluateAll((rows) => rows.at(-1)?.dataset["key"]));
  const wave = [0, 3, 9, 4, 14, 22, 11, 30, 18, 12, 26, 8, 5, 12, 4, 6, 2, 9, 14, 7, 3];
  await eachInTurn([...wave, ...wave.toReversed()], async (count, index) => {
    const guest = await stage.person(`Guest-${index % 7}`);
    await guest.say(...Array.from({ length: count }, (_, number) => `Message ${number}`));
    await stage.server.settle();
    await setTime(ada, Date.now() + 2_000);
    const before = await newest();
    await ada.says("/stats");
    await until(async () => await newest() !== before, "the server has answered");
    if (index > 34) stage.leaves(`Guest-${index % 7}`);
  });
}

async function openStats(ada: Guest): Promise<void> {
  await setTime(ada, Date.now() + 2_000);
  await ada.chooses("Server statistics");
  await ada.page.locator("#stats-figures dd").first().waitFor();
}

async function shootReadme(desk: Desk): Promise<void> {
  await Deno.mkdir(README_FOLDER, { recursive: true });
  for (const [name, options] of [["light-desk", DESK], ["dark-phone", PHONE]] as const) {
    await using stage = new Stage();
    const ada = await enter(desk, stage, options);
    await ada.takesName("Ada");
    await stage.play(ada);
    await shoot(ada, `${README_FOLDER}/${name}.png`);
  }
}

/** Takes pictures of all main states of the page in one size and one theme. */
async function shootStates(
  desk: Desk,
  folder: string,
  viewport: { width: number; height: number },
  colorScheme: "light" | "dark",
): Promise<void> {
  const isPhone = viewport.width < PHONE_WIDTH;
  const to = (state: string) => `${folder}/${viewport.width}-${colorScheme}-${state}.png`;
  await using stage = new Stage();
  const ada = await enter(desk, stage, {
    viewport,
    colorScheme,
    ...(isPhone ? { hasTouch: true, isMobile: true } : {}),
  });
  const { page } = ada;
  await page.locator("#name-dialog").waitFor();
  await shoot(ada, to("01-name"));
  await ada.takesName("Ada");
  await shoot(ada, to("02-empty"));
  await stage.play(ada);
  await shoot(ada, to("03-talk"));
  if (isPhone) {
    await page.locator("#side-toggle").click();
    await shoot(ada, to("04-rooms"));
    await page.locator("#side-close").click();
  }
  if (await page.locator("#people").isHidden()) await page.locator("#people-toggle").click();
  await page.locator("#people-list button").first().hover();
  await shoot(ada, to("05-people"));
  if (viewport.width < 1_200) await page.locator("#people .close").click();
  await ada.opensSide();
  await page.locator("#search-field").fill("the");
  await page.locator("#found .result").first().waitFor();
  await shoot(ada, to("18-search"));
  await page.locator("#search-field").fill("");
  if (isPhone) await page.locator("#side-close").click();
  await ada.field.pressSequentially("/");
  await shoot(ada, to("06-palette"));
  await ada.field.fill("");
  await ada.says("/nonsense");
  await ada.says("/whisper Nobody hello?");
  await ada.says("/rooms");
  await ada.sees("answer", /lobby/);
  await shoot(ada, to("07-answers"));
  await ada.says("/help");
  await ada.sees("answer", /quit/);
  await shoot(ada, to("08-help"));
  await makeTraffic(stage, ada);
  await openStats(ada);
  await shoot(ada, to("09-stats"));
  await page.locator("#stats .close").click();
  await page.locator("#room-menu-toggle").click();
  await shoot(ada, to("10-room-menu"));
  await page.keyboard.press("Escape");
  await ada.opensMenu();
  await shoot(ada, to("11-menu"));
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await shoot(ada, to("12-settings"));
  await page.keyboard.press("Escape");
  await ada.opensSide();
  await page.getByRole("button", { name: "Join a room" }).click();
  await page.locator("#room-list button").first().waitFor();
  await shoot(ada, to("13-join"));
  await page.keyboard.press("Escape");
  await ada.looksAt("release");
  await ada.log.locator(".unread-line").waitFor();
  await shoot(ada, to("14-unread"));
  await ada.looksAt("lobby");
  const mira = await stage.person("Mira");
  await mira.say(...UNWIELDY);
  await ada.sees("message", /^zalgo/);
  await shoot(ada, to("15-unwieldy"));
  await page.locator("#scroller").hover();
  await page.locator("#scroller").evaluate((scroller) => scroller.scrollTop -= 900);
  await page.locator("#jump").waitFor();
  await mira.say("one", "two");
  await page.locator("#jump").getByText("2 new messages").waitFor();
  await shoot(ada, to("16-reading-back"));
  await stage.server.shutdown();
  await ada.state.getByText("Reconnecting").waitFor();
  await ada.says("Is anybody there?");
  await ada.log.locator(".delivery.queued").waitFor();
  await shoot(ada, to("17-offline"));
}

async function shootAll(desk: Desk, folder: string, widths: readonly string[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const sizes = SIZES.filter(({ width }) => widths.length === 0 || widths.includes(String(width)));
  for (const size of sizes) {
    for (const theme of ["light", "dark"] as const) await shootStates(desk, folder, size, theme);
  }
}

if (import.meta.main) {
  await using desk = await Desk.open();
  const [folder, ...widths] = Deno.args;
  if (folder === undefined) await shootReadme(desk);
  else await shootAll(desk, folder, widths);
}
