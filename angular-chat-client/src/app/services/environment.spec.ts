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
    it(`chooses ${servers.join(" and ")} for a page at ${page} that configures '${configured}'`, () => {
      const isDevelopment = development;
      expect(chooseServers(page, { configured, isDevelopment })).toEqual(servers);
    });
  }

  const asked: ReadonlyArray<readonly [string, string, boolean, readonly string[]]> = [
    ["https://chat.example/a/", "wss://evil.example/", false, ["wss://chat.example/a/"]],
    ["https://chat.example/", "https://evil.example/", false, ["wss://chat.example/"]],
    ["https://chat.example/", "//evil.example/", false, ["wss://chat.example/"]],
    ["https://chat.example/", "wss://chat.example:8443/", false, ["wss://chat.example/"]],
    ["https://chat.example/", "ws://chat.example/", false, ["wss://chat.example/"]],
    ["https://chat.example/", "wss://chat.example@evil.example/", false, ["wss://chat.example/"]],
    ["http://127.0.0.1:9000/", "ws://127.0.0.1:1/", false, [
      "ws://127.0.0.1:9000/",
      DEFAULT_SERVER,
    ]],
    ["file:///home/me/index.html", "wss://evil.example/", false, [DEFAULT_SERVER]],
    ["https://chat.example/", "http://[", false, ["wss://chat.example/"]],
    ["https://chat.example/", "javascript:alert(1)", false, ["wss://chat.example/"]],
    ["https://chat.example/a/", ".", false, ["wss://chat.example/a/"]],
    ["https://chat.example/a/", "/b", false, ["wss://chat.example/b"]],
    ["https://chat.example/", "wss://chat.example/b", false, ["wss://chat.example/b"]],
    ["http://localhost:4200/", "ws://192.0.2.1:8080", true, ["ws://192.0.2.1:8080/"]],
  ];
  for (const [page, server, isDevelopment, servers] of asked) {
    it(`chooses ${servers.join(" and ")} for a page at ${page} with ?server=${server}`, () => {
      expect(chooseServers(page, { asked: server, isDevelopment })).toEqual(servers);
    });
  }

  it("prefers the server in the link to the configured one, if it is allowed", () => {
    const configured = "wss://other.example/";
    const page = "https://chat.example/";
    const choose = (asked: string) =>
      chooseServers(page, { asked, configured, isDevelopment: false });
    expect(choose("/b")).toEqual(["wss://chat.example/b"]);
    expect(choose("wss://evil.example/")).toEqual(["wss://other.example/"]);
  });

  it("has the documented default", () => expect(DEFAULT_SERVER).toBe("ws://127.0.0.1:8080"));
});
