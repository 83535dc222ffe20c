import { assertEquals } from "@std/assert";
import { LineClient } from "../support/client.ts";
import { TestServer } from "../support/server.ts";
import { browserTest } from "./guest.ts";

browserTest(
  "Page: works under a path, beside an application, with its commands and hooks",
  async (desk) => {
    await using server = new TestServer({
      path: "/team/chat",
      handler: (request) => new Response(`Shop ${new URL(request.url).pathname}`),
      onMessage: ({ text }) =>
        text.includes("darn") ? { text: text.replace("darn", "****") } : undefined,
      commands: { roll: { summary: "roll a die", run: () => "You rolled a 4" } },
    });
    using bob = await LineClient.connect(server.port);
    const origin = `http://127.0.0.1:${server.port}`;
    const alice = await desk.join(`${origin}/team/chat`, "Alice"); // which leads to /team/chat/
    assertEquals(alice.page.url(), `${origin}/team/chat/`);
    await alice.says("hello");
    await bob.hears("[Alice]: hello");
    await alice.says("darn it");
    await bob.hears("[Alice]: **** it");
    await alice.sees("own", "**** it");
    await alice.says("/roll");
    await alice.sees("answer", "You rolled a 4");
    await alice.page.goto(`${origin}/`);
    assertEquals(await alice.page.textContent("body"), "Shop /");
  },
);
