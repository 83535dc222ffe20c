/**
 * An application that shares its port with a chat: a shop, whose orders are announced in a room.
 *
 *     deno run --allow-net docs/examples/shared_port.ts 8080
 *
 * The shop is at http://127.0.0.1:8080/, and the chat at http://127.0.0.1:8080/chat/. Line clients connect to the same port.
 */
import { serve } from "../../mod.ts";

const ROOM = "orders";

/** Lines of the page. */
const SHOWN = 5;

const server = serve({
  port: Number(Deno.args[0] ?? 8080),
  path: "/chat",
  handler: handle,
  maxBody: 1_024, // bytes: the form is small
});
console.log(`Shop: http://127.0.0.1:${server.addr.port}/`);
Deno.addSignalListener("SIGINT", () => server.shutdown());

/** Answers the requests that are not for the chat, as a handler of `Deno.serve()` does. */
async function handle(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/" && request.method === "GET") return page();
  if (pathname === "/orders" && request.method === "POST") return await order(request);
  return new Response("There is no such page\n", { status: 404 });
}

async function order(request: Request): Promise<Response> {
  // A browser says which site a form is on. Forms of other sites order nothing.
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== new URL(request.url).origin) {
    return new Response("This form belongs to another site\n", { status: 403 });
  }
  const form = await request.formData().catch(() => undefined);
  const item = form?.get("item");
  if (typeof item !== "string" || !/^[\w ]{1,50}$/.test(item)) {
    return new Response("The form needs an item of up to 50 letters and digits\n", { status: 400 });
  }
  server.say(ROOM, `Somebody has ordered: ${item}`, { as: "shop" });
  return new Response(null, { status: 303, headers: { location: "/" } });
}

function page(): Response {
  const { messages } = server.history(ROOM, { limit: SHOWN });
  const lines = messages.map(({ from, text }) => `${from.name ?? from.address}: ${text}`);
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Shop</title>
<form method="post" action="/orders">
  <label>Item <input name="item" required maxlength="50"></label> <button>Order</button>
</form>
<pre>${escape(lines.join("\n"))}</pre>
<p><a href="/chat/">Talk to us</a>, people here: ${server.users().length}</p>
</html>
`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
}

/** People in the chat may write anything: it must not become a part of the page. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
