import { assertEquals } from "@std/assert";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { browserTest } from "./guest.ts";

/** The files that the page needs to work. */
const NEEDED = ["app.js", "style.css"];

for (const name of NEEDED) {
  browserTest(
    `Page: works although ${name} could not be loaded at first`,
    async (desk) => {
      await using server = new TestServer();
      const guest = await desk.visit("about:blank");
      // The console reports the missing file before it is loaded again.
      desk.forgive(/is not defined|undefined|Refused to apply style|not executable/);
      let refusals = 2;
      await guest.page.route(`**/${name}`, async (route) => {
        if (refusals-- > 0) await route.fulfill({ status: 503, body: "Full" });
        else await route.continue();
      });
      await guest.page.goto(`http://127.0.0.1:${server.port}/`);
      await guest.isConnected();
      await guest.takesName("Alice");
      await guest.says("hello");
      await guest.sees("own", "hello");
      await until(
        () => guest.page.evaluate(() => getComputedStyle(document.body).display === "grid"),
        "the style sheet is there",
      );
      assertEquals(refusals < 0, true, `${name} was asked for again`);
    },
  );
}

browserTest("Page: a load takes at most four requests and less than 100 kB", async (desk) => {
  await using server = new TestServer();
  const guest = await desk.visit("about:blank");
  const sizes: Array<Promise<number>> = [];
  guest.page.on("requestfinished", (request) => {
    if (!request.url().startsWith("http")) return;
    sizes.push(
      request.sizes().then(({ responseHeadersSize, responseBodySize }) =>
        responseHeadersSize + responseBodySize
      ),
    );
  });
  await guest.page.goto(`http://127.0.0.1:${server.port}/`, { waitUntil: "networkidle" });
  await guest.isConnected();
  const all = await Promise.all(sizes);
  assertEquals(all.length <= 4, true, `${all.length} requests`);
  const total = all.reduce((sum, size) => sum + size);
  assertEquals(total < 100_000, true, `${total} bytes`);
});
