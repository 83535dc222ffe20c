import { assert, assertEquals } from "@std/assert";
import {
  type AuthCounts,
  type AuthenticatorOptions,
  type AuthEvent,
  createAuthenticator,
} from "../../lib/identity/authenticator.ts";
import { readCredentials } from "../../lib/identity/credentials.ts";
import type { CredentialOptions } from "../../lib/identity/credentials.ts";
import type { AuthAttempt, Authenticator, Credential } from "../../lib/identity/identity.ts";
import { JwtVerifier } from "../../lib/identity/jwt.ts";
import { Counters } from "../../lib/server/observability/counters.ts";
import { eachInTurn, times } from "../support/patience.ts";
import { generateKey, secretKey, signToken } from "../support/tokens.ts";

const PASSWORD = "correct horse battery";
const API_TOKEN = "5c1b3f0e0c7a4d1f9a6e2b8d7c4f1a90";
const key = await generateKey("EdDSA");

/** Everything at once. */
const ALL = {
  password: PASSWORD,
  jwtKey: key.text,
  apiTokens: [{ name: "ci", token: API_TOKEN, write: ["dev"] }],
  userHeader: "X-Forwarded-User",
};

/** An authenticator with its counts, log and time. */
class Stage {
  readonly counts: AuthCounts = new Counters();
  readonly log: AuthEvent[] = [];
  time = 0;
  now = 1_795_486_230_000;
  readonly authenticator: Authenticator | undefined;

  constructor(
    { userHeader, application, ...options }:
      & CredentialOptions
      & Partial<Pick<AuthenticatorOptions, "userHeader" | "application">> = {},
  ) {
    const { password, jwtKeys: keys, apiTokens } = readCredentials(options);
    this.authenticator = createAuthenticator({
      password,
      jwt: keys && new JwtVerifier({ keys, audience: options.jwtAudience, now: () => this.now }),
      apiTokens,
      userHeader,
      application,
      counts: this.counts,
      log: (event) => this.log.push(event),
      time: () => this.time,
    });
  }

  try(credential: Credential | undefined, ip = "192.0.2.1") {
    const attempt: AuthAttempt = { ip, address: `${ip}:50412`, headers: undefined, credential };
    return this.authenticator!.authenticate(attempt);
  }

  login(secret: string, ip?: string) {
    return this.try({ type: "secret", secret }, ip);
  }

  bearer(token: string, ip?: string) {
    return this.try({ type: "bearer", token }, ip);
  }
}

const sign = (claims: object = {}) => signToken(key, { sub: "alice", ...claims });

Deno.test("createAuthenticator() returns nothing if no way is configured", () => {
  assertEquals(new Stage().authenticator, undefined);
});

Deno.test("An authenticator is required, unless it is for API tokens only", () => {
  const { password, jwtKey, apiTokens, userHeader } = ALL;
  const application = () => "guest" as const;
  for (const options of [{ password }, { jwtKey }, { userHeader }, { application }, ALL]) {
    assertEquals(new Stage(options).authenticator?.required, true);
  }
  const open = new Stage({ apiTokens });
  assertEquals(open.authenticator?.required, false);
  assertEquals(open.try(undefined), "guest");
  assertEquals(new Stage({ userHeader }).authenticator?.userHeader, "x-forwarded-user");
});

Deno.test("An authenticator accepts each credential in the way that is meant for it", async () => {
  const stage = new Stage(ALL);
  assertEquals(stage.login(PASSWORD), "guest");
  assertEquals(await stage.login(await sign()), { id: "alice" });
  assertEquals(await stage.bearer(await sign()), { id: "alice" });
  const ci = { id: "\0api:ci", name: "ci", rooms: { join: [], read: [], write: ["dev"] } };
  assertEquals(stage.bearer(API_TOKEN), ci);
  assertEquals(stage.try({ type: "header", user: "bob@example.com" }), {
    id: "bob@example.com",
    name: "bob",
  });
  assertEquals(stage.counts.authenticated, {
    password: 1,
    jwt: 2,
    api_token: 1,
    user_header: 1,
    application: 0,
  });
  assertEquals(stage.log, []);
});

Deno.test("An authenticator lets nobody into the chat with an API token, or use the API with a password", () => {
  const stage = new Stage(ALL);
  assertEquals(stage.login(API_TOKEN), { refused: "Wrong password or token" });
  assertEquals(stage.bearer(PASSWORD), { refused: "Wrong token" });
});

Deno.test("An authenticator says what it asks for", async () => {
  const { password, jwtKey, apiTokens, userHeader } = ALL;
  const needed = { refused: "Authentication is required", cause: "none" as const };
  for (const options of [{ password }, { jwtKey }, { userHeader }]) {
    assertEquals(new Stage(options).try(undefined), needed);
  }
  assertEquals(new Stage({ password }).login("x"), { refused: "Wrong password" });
  assertEquals(new Stage({ jwtKey }).login("x"), { refused: "Wrong token" });
  assertEquals(new Stage({ password, jwtKey }).login("x"), { refused: "Wrong password or token" });
  assertEquals(new Stage({ apiTokens }).bearer("x"), { refused: "Wrong token" });
  assertEquals(new Stage({ password }).bearer("x"), { refused: "Wrong token" });
  assertEquals(new Stage({ password }).try({ type: "header", user: "root" }), needed);
  assertEquals(await new Stage({ jwtKey }).login("a.b.c"), {
    refused: "Token is not a signed JWT",
    cause: "wrong",
  });
  // Without a key, a token is only a wrong password.
  assertEquals(new Stage({ password }).login(await sign()), { refused: "Wrong password" });
});

Deno.test("An authenticator counts and logs failures without their credentials", async () => {
  const stage = new Stage({ ...ALL, jwtAudience: "chat" });
  const exp = stage.now / 1000 - 31;
  const forged = await signToken(secretKey("0123456789abcdef0123456789abcdef"), { sub: "root" });
  const secrets = ["hunter2 hunter2", forged, await sign({ exp }), await sign({ aud: "mail" })];
  await eachInTurn(secrets, async (secret) => await stage.login(secret));
  stage.try({ type: "header", user: "root, alice" });
  stage.try(undefined);
  assertEquals(stage.counts.authFailures, {
    wrong: 3,
    expired: 1,
    denied: 1,
    limited: 0,
    failed: 0,
  });
  assertEquals(
    stage.log.map((event) =>
      event.kind === "auth_failed" ? [event.failure, event.reason] : event.kind
    ),
    [
      ["wrong", "Wrong password or token"],
      ["wrong", "Token is not signed with a key of this server"],
      "auth_expired",
      ["denied", "Token is for another audience ('aud')"],
      ["wrong", "The proxy names more than one user"],
    ],
  );
  const text = JSON.stringify(stage.log);
  for (const secret of [...secrets, ...secrets.flatMap((secret) => secret.split(/[. ]/))]) {
    assertEquals(text.includes(secret), false, secret);
  }
});

// Limits

Deno.test("An authenticator checks nothing from an address with five wrong credentials, until 12 s later", async () => {
  const stage = new Stage(ALL);
  await times(
    5,
    (i) => Promise.resolve(i % 2 === 0 ? stage.login("wrong") : stage.bearer("wrong")),
  );
  const limited = {
    refused: "Too many wrong passwords or tokens: try again in 12 s",
    cause: "limited" as const,
    retryAfter: 12,
  };
  assertEquals(stage.login(PASSWORD), limited);
  assertEquals(stage.bearer(API_TOKEN), limited);
  assertEquals(stage.login(await sign()), limited);
  assertEquals(stage.login(PASSWORD, "192.0.2.2"), "guest");
  stage.time = 11_500;
  assertEquals(stage.login(PASSWORD), {
    ...limited,
    refused: "Too many wrong passwords or tokens: try again in 1 s",
    retryAfter: 1,
  });
  stage.time = 12_001;
  assertEquals(stage.login(PASSWORD), "guest");
});

Deno.test("An authenticator limits a /64 together, and loopback too", () => {
  const stage = new Stage(ALL);
  for (let i = 1; i <= 5; i++) {
    stage.login("wrong", `2001:db8::${i}`);
    stage.login("wrong", `127.0.0.${i}`);
  }
  for (const ip of ["2001:db8::ffff", "::1"]) {
    assertEquals((stage.login(PASSWORD, ip) as { cause: string }).cause, "limited");
  }
  assertEquals(stage.login(PASSWORD, "2001:db8:0:1::1"), "guest");
});

/** A client that keeps reconnecting would write thousands of lines a minute. */
Deno.test("An authenticator logs a limited address once for each wrong credential", () => {
  const stage = new Stage(ALL);
  for (let i = 0; i < 100; i++) stage.login("wrong");
  assertEquals(stage.log.map(({ kind }) => kind), [
    ...Array(5).fill("auth_failed"),
    "auth_limited",
  ]);
  assertEquals([stage.counts.authFailures.wrong, stage.counts.authFailures.limited], [5, 95]);
  stage.time = 12_001;
  for (let i = 0; i < 100; i++) stage.login("wrong");
  assertEquals(stage.log.length, 8);
});

/** An office has one address. A page that reconnects with an old token would shut out everybody in it. */
Deno.test("An authenticator does not limit an address for tokens that are genuine, or for what a proxy says", async () => {
  const stage = new Stage({ ...ALL, jwtAudience: "chat" });
  const tokens = [await sign({ exp: 1 }), await sign({ aud: "mail" }), await sign({ nbf: 1e10 })];
  await eachInTurn([...tokens, ...tokens, ...tokens], async (token) => await stage.login(token));
  for (let i = 0; i < 20; i++) stage.try({ type: "header", user: "a, b" });
  assertEquals(stage.login(PASSWORD), "guest");
});

Deno.test("An authenticator lets users of a proxy in while their address is limited", () => {
  const stage = new Stage(ALL);
  for (let i = 0; i < 10; i++) stage.login("wrong");
  assertEquals(stage.try({ type: "header", user: "alice" }), { id: "alice", name: "alice" });
});

// The application's way

Deno.test("An authenticator asks the application about everything that the server does not know", async () => {
  const asked: Array<Credential | undefined> = [];
  const stage = new Stage({
    ...ALL,
    application({ credential }) {
      asked.push(credential);
      if (credential === undefined) return { id: "cookie" };
      return Promise.resolve({ refused: "Nobody", cause: "denied" });
    },
  });
  assertEquals(stage.try(undefined), { id: "cookie" });
  assertEquals(stage.login(PASSWORD), "guest");
  assertEquals(await stage.login("session 4711"), { refused: "Nobody", cause: "denied" });
  assertEquals(await stage.login("a.b.c"), {
    refused: "Token is not a signed JWT",
    cause: "wrong",
  });
  assertEquals(asked, [undefined, { type: "secret", secret: "session 4711" }]);
  assertEquals([stage.counts.authenticated.application, stage.counts.authFailures.denied], [1, 1]);
});

Deno.test("An authenticator limits guesses that the application refuses", async () => {
  const stage = new Stage({ application: () => Promise.resolve({ refused: "Wrong" }) });
  await times(5, async () => await stage.login("guess"));
  assertEquals((stage.login("guess") as { cause: string }).cause, "limited");
});

Deno.test("An authenticator refuses a client when the check itself fails, and logs why", async () => {
  const failed = { refused: "The credential could not be checked", cause: "failed" as const };
  const failures = [
    () => {
      throw new Error("the database is gone");
    },
    () => Promise.reject(new Error("the database is gone")),
  ];
  await eachInTurn(failures, async (application) => {
    const stage = new Stage({ application });
    assertEquals(await stage.login("guess"), failed);
    assertEquals(stage.log, [{
      kind: "auth_failed",
      address: "192.0.2.1:50412",
      failure: "failed",
      reason: "Error: the database is gone",
    }]);
    assertEquals(stage.counts.authFailures.failed, 1);
    await times(10, async () => await stage.login("guess"));
    assert(stage.counts.authFailures.limited === 0, "What the server got wrong counts as no guess");
  });
});
