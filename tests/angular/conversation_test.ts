/**
 * The Angular client as it is built, served by a real server, in a real browser. `npm run build` in angular-chat-client/
 * makes what is tested here; where that was not done the tests are ignored, and their names tell why.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import axe from "npm:axe-core@4.14";
import type { BrowserContextOptions, Locator, Page } from "npm:playwright-core@1.65";
import type { ServeOptions } from "../../mod.ts";
import { browserTest, type Desk, exactly } from "../browser/guest.ts";
import { LineClient } from "../support/client.ts";
import { freePort } from "../support/free_port.ts";
import { projectPath } from "../support/paths.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const BUILT = projectPath("angular-chat-client/dist/browser");

const built = isBuilt();

function isBuilt(): boolean {
  try {
    return Deno.statSync(`${BUILT}/index.html`).isFile;
  } catch {
    return false;
  }
}

/** A test that needs the built client, and a browser. */
function angularTest(name: string, run: (desk: Desk) => Promise<void>): void {
  if (built) browserTest(name, run);
  else {
    Deno.test.ignore(`${name} (ignored: run npm run build in angular-chat-client)`, () => {});
  }
}

/** Options of a server that allows pages of `origin`. */
function allowing(origin: string): ServeOptions {
  const options = { idleTimeout: 0, allowOrigin: origin };
  return options;
}

/** The built client, configured for a server other than its origin. */
async function configureFor(port: number, folder: TempFolder): Promise<string> {
  const copy = folder.path("static");
  await Deno.mkdir(copy);
  for (const { name } of Deno.readDirSync(BUILT)) {
    await Deno.copyFile(`${BUILT}/${name}`, `${copy}/${name}`);
  }
  const html = await Deno.readTextFile(`${copy}/index.html`);
  const meta = `<meta name="backchannel-server" content="ws://127.0.0.1:${port}">`;
  await Deno.writeTextFile(`${copy}/index.html`, html.replace("<head>", `<head>${meta}`));
  return copy;
}

/** The user of an Angular page. */
class Reader {
  constructor(readonly page: Page) {}

  static async visit(
    desk: Desk,
    address: string,
    options: BrowserContextOptions = {},
  ): Promise<Reader> {
    return new Reader((await desk.visit(address, options)).page);
  }

  async takesName(name: string): Promise<this> {
    await this.page.locator("#first-name").fill(name);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".people li", { hasText: name }).waitFor({ state: "attached" });
    return this;
  }

  async says(text: string): Promise<void> {
    await this.page.locator("#text").fill(text);
    await this.page.keyboard.press("Enter");
  }

  entries(type: string): Locator {
    return this.page.locator(`#log .entry.${type}`);
  }

  async sees(type: string, text: string): Promise<void> {
    await this.entries(type).locator(".text").filter({ hasText: exactly(text) }).first().waitFor();
  }

  async has(status: string): Promise<void> {
    await this.page.locator(".status").getByText(status, { exact: true }).waitFor();
  }

  async findViolations(): Promise<string[]> {
    await this.page.evaluate(`if (!("axe" in globalThis)) { ${axe.source} }`);
    return await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import("npm:axe-core@4.14") };
      const { violations } = await axe.run(document);
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`)
      );
    });
  }
}

angularTest("Angular: the client, the page and a line client exchange messages", async (desk) => {
  await using folder = new TempFolder();
  const port = freePort();
  await using host = new TestServer({ static: await configureFor(port, folder) });
  const origin = `http://127.0.0.1:${host.port}`;
  await using server = new TestServer({ ...allowing(origin), port });
  const ada = await (await Reader.visit(desk, `${origin}/`)).takesName("Ada");
  const bob = await desk.join(server.port, "Bob");
  using carol = await LineClient.connect(server.port);
  await carol.takesName("Carol");

  await ada.says("hello from Angular");
  await bob.sees("message", "hello from Angular");
  await carol.hears("[Ada]: hello from Angular");
  await bob.says("and from the page");
  await carol.hears("[Bob]: and from the page");
  await ada.sees("received", "and from the page");
  await carol.say("and from a terminal");
  await ada.sees("received", "and from a terminal");
  await ada.says("/whisper Carol psst");
  await carol.hears("[Whisper from Ada]: psst");
  await carol.asks("/whisper Ada yes?", "[Whisper to Ada]: yes?");
  await ada.sees("whisper", "yes?");
  await ada.says("/me waves");
  await carol.hears("* Ada waves");
  await ada.says("/nonsense");
  await ada.sees("error", "Unknown command '/nonsense', try /help");
  assertEquals(await ada.entries("sent").count(), 2);
  assertEquals(await ada.page.locator("#log .delivery").count(), 0, "All is delivered");
});

angularTest("Angular: connects to the server that serves it, and joins rooms", async (desk) => {
  await using server = new TestServer({ static: BUILT });
  const address = `http://127.0.0.1:${server.port}/`;
  const ada = await (await Reader.visit(desk, address)).takesName("Ada");
  const bob = await (await Reader.visit(desk, address)).takesName("Bob");
  for (const one of [ada, bob]) await one.says("/join dev");
  await ada.page.locator(".heading").getByText("dev", { exact: true }).waitFor();
  await bob.sees("system", "Joined room 'dev'");
  await ada.says("said in dev");
  await bob.sees("received", "said in dev");
  await bob.page.locator(".rooms .room", { hasText: "lobby" }).click();
  await ada.says("and again");
  await bob.page.locator(".rooms .badge").getByText("1").waitFor();
  // Messages from before the user joined.
  const carol = await Reader.visit(desk, address);
  await carol.says("/join dev");
  await carol.sees("received", "and again");
});

angularTest(
  "Angular: delivers every message once across a restart of the server",
  async (desk) => {
    await using folder = new TempFolder();
    const port = freePort();
    await using host = new TestServer({ static: await configureFor(port, folder) });
    const origin = `http://127.0.0.1:${host.port}`;
    const options = { ...allowing(origin), history: folder.path("history.db"), port };
    const first = new TestServer(options);
    const ada = await Reader.visit(desk, `${origin}/`);
    await ada.takesName("Ada");
    using listener = await LineClient.connect(port);
    await ada.says("before");
    await listener.hears("[Ada]: before");
    await first.shutdown();
    await ada.has("Reconnecting");
    await ada.says("meanwhile");
    await ada.entries("sent").getByText("waiting for a connection").waitFor();

    await using _second = new TestServer(options);
    using bob = await LineClient.connect(port);
    await bob.takesName("Bob");
    await bob.say("you were away", "/list");
    assert((await bob.line()).startsWith("Users online: Bob"));
    const again = ada.page.locator(".retry-now");
    await again.click();
    await ada.has("Connected");
    await bob.hears("[Ada]: meanwhile");
    await ada.sees("received", "you were away");
    assertEquals(await ada.entries("sent").locator(".text").allTextContents(), [
      "before",
      "meanwhile",
    ]);
    assertEquals(await ada.entries("error").count(), 0);
  },
);

angularTest("Angular: a link cannot connect the page to another server", async (desk) => {
  await using server = new TestServer({ static: BUILT });
  const origin = `http://127.0.0.1:${server.port}`;
  await using evil = new TestServer(allowing(origin));
  const address = `${origin}/?server=ws://127.0.0.1:${evil.port}`;
  const ada = await (await Reader.visit(desk, address)).takesName("Ada");
  using bob = await LineClient.connect(server.port);
  await ada.says("hello");
  await bob.hears("[Ada]: hello");
  const shown = await ada.page.locator(".you .detail").textContent();
  assertEquals(shown, `Server: ws://127.0.0.1:${server.port}/`);
});

angularTest("Angular: a tab keeps its name, and its copy is another user", async (desk) => {
  await using server = new TestServer({ static: BUILT });
  const address = `http://127.0.0.1:${server.port}/`;
  const carol = await (await Reader.visit(desk, address)).takesName("Carol");
  await carol.page.locator(".you .plain").click();
  await carol.says("waits");
  await carol.entries("sent").getByText("waiting for a connection").waitFor();
  const [page] = await Promise.all([
    carol.page.waitForEvent("popup"),
    carol.page.evaluate(() => void open(location.href)),
  ]);
  const dave = await new Reader(page).takesName("Dave");
  assertEquals(await dave.entries("sent").count(), 0);
  await carol.page.locator(".retry-now").click();
  await dave.sees("received", "waits");
  await carol.page.reload();
  await carol.page.locator(".people li", { hasText: /Carol\s*you/ }).waitFor({
    state: "attached",
  });
});

const DEVICES = {
  desk: { width: 1_100, height: 720 },
  phone: { width: 360, height: 640 },
} as const;

for (const colorScheme of ["light", "dark"] as const) {
  for (const [device, viewport] of Object.entries(DEVICES)) {
    angularTest(
      `Angular: axe finds nothing wrong, ${colorScheme}, on a ${device}`,
      async (desk) => {
        await using server = new TestServer({ static: BUILT });
        const address = `http://127.0.0.1:${server.port}/`;
        const ada = await Reader.visit(desk, address, { colorScheme, viewport });
        const isFine = async (state: string) => {
          assertEquals(await ada.findViolations(), []);
          await shoot(ada.page, `${device}-${colorScheme}-${state}`);
        };
        await ada.page.locator("#first-name").waitFor();
        await isFine("empty");
        await ada.takesName("Ada");
        using bob = await LineClient.connect(server.port);
        await bob.takesName("Bob");
        await bob.say(
          "hello Ada",
          "a".repeat(300),
          "/me waves",
          "/whisper Ada psst",
          "/away lunch",
        );
        await ada.sees("whisper", "psst");
        await ada.says("my own words,\nin two lines");
        await ada.says("/whisper Bob yes?");
        await ada.says("/whisper Nobody hello?");
        await ada.says("/join dev");
        await ada.sees("system", "Joined room 'dev'");
        await ada.says("/topic Release on Friday");
        await bob.say("anybody there?");
        await ada.page.locator(".badge").waitFor({ state: "attached" });
        if (device === "desk") await ada.page.locator(".rooms .room", { hasText: "lobby" }).click();
        await isFine("talk");
        if (device === "phone") {
          await ada.page.locator(".side-toggle").click();
          await isFine("side");
          await ada.page.locator(".rooms .room", { hasText: "lobby" }).click();
          await isFine("lobby");
        }
        const wide = await ada.page.evaluate(() => document.documentElement.scrollWidth);
        assertEquals(wide, viewport.width, "Nothing is wider than the screen");
        await server.shutdown();
        await ada.has("Reconnecting");
        await ada.says("into the dark");
        await isFine("offline");
      },
    );
  }
}

/** The folder for pictures, if they are wanted. */
const PICTURES = Deno.env.get("PICTURES");

async function shoot(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

angularTest("Angular: asks for the password, and remembers it for the tab", async (desk) => {
  await using server = new TestServer({ static: BUILT, password: "correct horse battery" });
  const ada = await Reader.visit(desk, `http://127.0.0.1:${server.port}/`);
  const field = ada.page.locator("#secret");
  await field.fill("wrong");
  await ada.page.keyboard.press("Enter");
  await ada.page.locator("#secret-problem").getByText(/password/).waitFor();
  assertEquals(await ada.findViolations(), []);
  await field.fill("correct horse battery");
  await ada.page.keyboard.press("Enter");
  await ada.takesName("Ada");
  await ada.page.reload();
  await ada.has("Connected");
  await ada.says("hello");
  await ada.sees("sent", "hello");
});
