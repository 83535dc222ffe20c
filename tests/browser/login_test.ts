import { assertEquals } from "@std/assert";
import { CLOCK_SKEW } from "../../lib/identity/claims.ts";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { secretKey, signToken } from "../support/tokens.ts";
import { browserTest, type Desk, Guest } from "./guest.ts";

const PASSWORD = "correct horse battery";
const KEY = secretKey("0123456789abcdef0123456789abcdef");

/** A token of Ann that is accepted for so many seconds. */
function tokenFor(seconds: number): Promise<string> {
  const exp = Math.floor((Date.now() - CLOCK_SKEW) / 1_000) + seconds;
  return signToken(KEY, { sub: "7", name: "Ann", exp });
}

const dialog = ({ page }: Guest) => page.locator("#login-dialog");

/** Enters a password or token, with the keyboard alone. */
async function enters(guest: Guest, secret: string): Promise<void> {
  await dialog(guest).waitFor();
  await guest.page.locator("#login-field:focus").waitFor();
  await guest.page.keyboard.type(secret);
  await guest.page.keyboard.press("Enter");
}

/** Opens another tab of the same browser. */
async function openTab(desk: Desk, guest: Guest): Promise<Guest> {
  const page = await guest.context.newPage();
  desk.watch(page);
  await page.goto(guest.page.url());
  return new Guest(guest.context, page);
}

browserTest(
  "Page: asks for the password, says what is wrong, and remembers it for the tab",
  async (desk) => {
    await using server = new TestServer({ password: PASSWORD });
    using bob = await LineClient.connect(server.port);
    await bob.hears("Notice: Log in with /login <password or token>");
    await bob.asks(`/login ${PASSWORD}`, "Logged in");
    await bob.takesName("Bob");
    const alice = await desk.visit(server.port);
    await enters(alice, "correct horse");
    const problem = alice.page.locator("#login-problem");
    await problem.getByText(/password/).waitFor();
    assertEquals(await alice.page.locator("#login-field").inputValue(), "");
    await enters(alice, PASSWORD);
    await dialog(alice).waitFor({ state: "hidden" });
    await alice.takesName("Alice");
    await alice.says("hello");
    await bob.hears("[Alice]: hello");

    await alice.page.reload();
    await alice.isCalled("Alice");
    await alice.says("again");
    await bob.hears("[Alice]: again");
    const stored = await alice.page.evaluate(() => JSON.stringify({ ...localStorage }));
    assertEquals(stored.includes(PASSWORD), false, "Nothing is left when the tab is closed");

    const other = await openTab(desk, alice);
    await dialog(other).waitFor();
    await other.page.close();
  },
);

browserTest(
  "Page: stays away if the user gives no password, and asks again on request",
  async (desk) => {
    await using server = new TestServer({ password: PASSWORD });
    const alice = await desk.visit(server.port);
    await dialog(alice).waitFor();
    await alice.page.keyboard.press("Escape");
    await alice.state.getByText("Disconnected").waitFor();
    await alice.sees("error", "The server asks for a login");
    await alice.page.getByRole("button", { name: "Connect", exact: true }).click();
    await enters(alice, PASSWORD);
    await alice.takesName("Alice");
  },
);

browserTest(
  "Page: a user has one name on all devices, and sees their own words from the others",
  async (desk) => {
    await using server = new TestServer({ jwtKey: KEY.jwk });
    const phone = await desk.visit(server.port), laptop = await desk.visit(server.port);
    const token = await tokenFor(600);
    await enters(phone, token);
    await phone.isCalled("Ann");
    await enters(laptop, token);
    await laptop.isCalled("Ann");
    await phone.says("from my phone");
    await laptop.sees("own", "from my phone");
    await laptop.page.reload();
    await laptop.sees("own", "from my phone");
  },
);

browserTest(
  "Page: asks for a new token when the old one has expired, and sends what waits",
  async (desk) => {
    await using server = new TestServer({ jwtKey: KEY.jwk });
    const ann = await desk.visit(server.port);
    await enters(ann, await tokenFor(3));
    await ann.isCalled("Ann");
    await ann.page.locator("#login-problem").getByText(/expired/).waitFor();
    await enters(ann, await tokenFor(600));
    await dialog(ann).waitFor({ state: "hidden" });
    await ann.says("with the new one");
    await ann.sees("own", "with the new one");
    await ann.log.locator(".delivery").waitFor({ state: "detached" });
  },
);

browserTest(
  "Page: a guest gets the name back after a reload, and a thief does not",
  async (desk) => {
    await using server = new TestServer({ presenceDelay: 600 });
    const alice = await desk.join(server.port, "Alice");
    const { page } = alice;
    await page.goto("about:blank");
    await server.logs(/^Disconnected/);
    using thief = await LineClient.connect(server.port);
    await thief.asks("/name Alice", "Error: Username 'Alice' is already taken");
    await page.goBack();
    await alice.isCalled("Alice");
    await alice.says("it is me");
    await alice.sees("own", "it is me");
  },
);
