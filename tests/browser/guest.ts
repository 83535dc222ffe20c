/**
 * A browser under test and its users. All methods wait for conditions and never sleep.
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { assertEquals } from "@std/assert";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "npm:playwright-core@1.65";

/** The path on Debian. Without it, the browser tests are ignored, and their names tell why. */
export const CHROMIUM = "/usr/bin/chromium";

/** Prevents traffic to other machines. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The timeout of every wait, in ms: much more than any machine needs. */
const PATIENCE = 30_000;

/**
 * Console errors about an unreachable server. Tests that stop a server expect them, and the icon is loaded late.
 */
const CONNECTION_TROUBLE = /WebSocket connection to .* failed|net::ERR_|status of 503/;

const installed = isInstalled();

function isInstalled(): boolean {
  try {
    return Deno.statSync(CHROMIUM).isFile;
  } catch {
    return false;
  }
}

/** A test that needs a browser. */
export function browserTest(name: string, run: (desk: Desk) => Promise<void>): void {
  Deno.test({
    name: installed ? name : `${name} (ignored: there is no ${CHROMIUM})`,
    ignore: !installed,
    fn: async () => {
      await using desk = await Desk.open();
      await run(desk);
    },
  });
}

/** A browser and its profiles. */
export class Desk implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #problems: string[] = [];
  readonly #forgiven: RegExp[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async open(): Promise<Desk> {
    return new Desk(
      await chromium.launch({ executablePath: CHROMIUM, headless: true, args: ARGUMENTS }),
    );
  }

  /** Opens a page in a new browser profile. */
  async visit(address: number | string, options: BrowserContextOptions = {}): Promise<Guest> {
    const context = await this.#browser.newContext({
      viewport: { width: 1_100, height: 720 },
      reducedMotion: "reduce",
      locale: "en-GB",
      ...options,
    });
    context.setDefaultTimeout(PATIENCE);
    const guest = new Guest(context, await context.newPage());
    this.watch(guest.page);
    await guest.page.goto(typeof address === "number" ? `http://127.0.0.1:${address}/` : address);
    return guest;
  }

  /** The same as {@linkcode visit}, and takes a name. */
  async join(
    address: number | string,
    name: string,
    options: BrowserContextOptions = {},
  ): Promise<Guest> {
    const guest = await this.visit(address, options);
    await guest.takesName(name);
    return guest;
  }

  /** Allows errors that the test causes. */
  forgive(problem: RegExp): void {
    this.#forgiven.push(problem);
  }

  /** Collects every error of a page. */
  watch(page: Page): void {
    page.on("pageerror", (error) => this.#problems.push(error.stack ?? error.message));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !CONNECTION_TROUBLE.test(text)) this.#problems.push(text);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    // These include violations of the Content-Security-Policy.
    const problems = this.#problems.filter((problem) =>
      !this.#forgiven.some((forgiven) => forgiven.test(problem))
    );
    assertEquals(problems, [], "No page has an error");
  }
}

/** The user of a page. */
export class Guest {
  readonly log: Locator;
  readonly field: Locator;
  readonly state: Locator;

  constructor(readonly context: BrowserContext, readonly page: Page) {
    this.log = page.locator("#log");
    this.field = page.locator("#text");
    this.state = page.locator("#state-text");
  }

  /** Enters a name in the dialog. */
  async takesName(name: string): Promise<void> {
    await this.page.locator("#name-field").fill(name);
    await this.page.keyboard.press("Enter");
    await this.page.locator("#name-dialog").waitFor({ state: "hidden" });
    await this.isCalled(name);
  }

  async isCalled(name: string): Promise<void> {
    await this.page.locator("#own-name bdi").getByText(name, { exact: true }).waitFor({
      state: "attached",
    });
  }

  async isConnected(): Promise<void> {
    await this.state.getByText("Connected", { exact: true }).waitFor();
  }

  /** Makes the page reconnect at once. */
  async comesBack(): Promise<void> {
    await this.page.evaluate(() => dispatchEvent(new Event("online")));
    await this.isConnected();
  }

  /** Simulates a hidden or visible page: headless pages are never hidden. */
  async hides(hidden: boolean): Promise<void> {
    await this.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  }

  /** Simulates a window with or without the focus: headless pages always have it. */
  async hasFocus(focused: boolean): Promise<void> {
    await this.page.evaluate((focused) => {
      Object.defineProperty(document, "hasFocus", { value: () => focused, configurable: true });
      dispatchEvent(new Event(focused ? "focus" : "blur"));
    }, focused);
  }

  /** Opens the page in a second tab with a copy of its session storage, like "Duplicate" in a browser. */
  async duplicates(desk: Desk): Promise<Guest> {
    const [page] = await Promise.all([
      this.page.waitForEvent("popup"),
      this.page.evaluate(() => void open(location.href)),
    ]);
    desk.watch(page);
    return new Guest(this.context, page);
  }

  /** Opens the list of rooms, if it is a drawer or a panel is in its place. */
  async opensSide(): Promise<void> {
    const toggle = this.page.locator("#side-toggle");
    if (await toggle.isVisible() && await this.page.locator("#side.open").count() === 0) {
      await toggle.click();
    }
  }

  /** Opens the menu below the list of rooms. */
  async opensMenu(): Promise<void> {
    await this.opensSide();
    await this.page.locator("#menu-toggle").click();
  }

  /** Opens the menu below the list of rooms and chooses an item. */
  async chooses(item: string): Promise<void> {
    await this.opensMenu();
    await this.page.locator("#menu").getByRole("menuitem", { name: item }).click();
  }

  /** Opens the menu of the shown room and chooses an item. */
  async choosesForRoom(item: string): Promise<void> {
    await this.page.locator("#room-menu-toggle").click();
    await this.page.locator("#room-menu").getByRole("menuitem", { name: item }).click();
  }

  /** Shows a joined room. */
  async looksAt(room: string): Promise<void> {
    await this.opensSide();
    await this.item(room).click();
    await this.shows(room);
  }

  /** Waits until a room is shown. */
  async shows(room: string): Promise<void> {
    await this.page.locator("#room-title").getByText(room, { exact: true }).waitFor();
  }

  /** The item of a room in the list. */
  item(room: string): Locator {
    return this.page.locator("#room-items button").filter({
      has: this.page.locator("bdi").getByText(room, { exact: true }),
    });
  }

  /** Types a line and sends it. */
  async says(text: string): Promise<void> {
    await this.field.fill(text);
    await this.page.keyboard.press("Escape");
    await this.page.keyboard.press("Enter");
  }

  /** The entries with these classes. */
  entries(kind: string): Locator {
    return this.log.locator(`.entry.${kind}`);
  }

  /** Waits for an entry. */
  async sees(kind: string, text: string | RegExp): Promise<void> {
    await this.entries(kind).locator(".text").filter({
      hasText: typeof text === "string" ? exactly(text) : text,
    }).first().waitFor({ state: "attached" });
  }

  /** The texts of the entries of a kind, in order. */
  texts(kind: string): Promise<string[]> {
    return this.entries(kind).locator(".text").allTextContents();
  }
}

/** A pattern that matches exactly this text. */
export function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`);
}
