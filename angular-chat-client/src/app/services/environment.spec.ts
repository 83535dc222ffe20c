import { chooseServers, DEFAULT_SERVER } from "./environment";

describe("chooseServers()", () => {
  const cases: ReadonlyArray<readonly [string, string | null, boolean, readonly string[]]> = [
    ["http://localhost:4200/", null, true, [DEFAULT_SERVER]],
    ["file:///home/me/index.html", null, false, [DEFAULT_SERVER]],
    ["https://chat.example/", null, false, ["wss://chat.example/"]],
    ["https://example.com/chat/index.html?a#b", "", false, ["wss://example.com/chat/"]],
    ["http://127.0.0.1:9000/", null, false, ["ws://127.0.0.1:9000/", DEFAULT_SERVER]],
    ["http://localhost/", null, false, ["ws://localhost/", DEFAULT_SERVER]],
    ["http://127.0.0.1:9000/", "ws://127.0.0.1:1/", false, ["ws://127.0.0.1:1/"]],
    ["http://localhost:4200/", ".", true, ["ws://localhost:4200/"]],
    ["https://example.com/chat/", "/talk", false, ["wss://example.com/talk"]],
    ["https://example.com/", "https://chat.example", false, ["wss://chat.example/"]],
  ];
  for (const [page, configured, development, servers] of cases) {
    it(`gives a page at ${page} with '${configured}' ${servers.join(" and ")}`, () => {
      expect(chooseServers(page, configured, development)).toEqual(servers);
    });
  }

  it("has the promised default", () => expect(DEFAULT_SERVER).toBe("ws://127.0.0.1:8080"));
});
