import { assertEquals } from "@std/assert";
import { until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { browserTest } from "./guest.ts";

/** What a page needs to work; without its icon it does. */
const NEEDED = ["app.js", "style.css"];

for (const name of NEEDED) {
  browserTest(
    `Page: it comes to life although ${name} could not be loaded at first`,
    async (desk) => {
      await using server = new TestServer();
      const guest = await desk.visit("about:blank");
      // A page whose scripts are not all there says so in the console, and then is loaded again.
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
