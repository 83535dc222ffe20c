/**
 * Tokens that are accepted, and every kind of forged one that is not.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CLOCK_SKEW } from "../../lib/identity/claims.ts";
import { isJwtForm, JwtVerifier, MAX_JWT } from "../../lib/identity/jwt.ts";
import { JwtError } from "../../lib/identity/jwt_error.ts";
import { type JwkOrSet, readJwtKeys } from "../../lib/identity/jwt_keys.ts";
import { eachInTurn } from "../support/patience.ts";
import {
  encodeBase64url,
  generateKey,
  secretKey,
  type SigningKey,
  signToken,
} from "../support/tokens.ts";

/** 2026-11-24 02:10:30 UTC, in seconds. */
const NOW = 1_795_486_230;

const hs256 = secretKey("0123456789abcdef0123456789abcdef");
const rs256 = await generateKey("RS256");
const es256 = await generateKey("ES256");
const eddsa = await generateKey("EdDSA");
const KEYS = [hs256, rs256, es256, eddsa];

const ALICE = { sub: "alice" };

const NOT_SIGNED = "Token is not signed with a key of this server";

function verifier(
  source: string | JwkOrSet | SigningKey,
  { audience, now = NOW }: { audience?: string; now?: number } = {},
): JwtVerifier {
  const text = typeof source === "object" && "sign" in source ? source.text : source;
  const { keys } = readJwtKeys(text as string | JwkOrSet);
  return new JwtVerifier({ keys, audience, now: () => 1000 * now });
}

async function assertRefused(
  token: string,
  message: string,
  by: JwtVerifier,
  cause: JwtError["cause"] = "wrong",
): Promise<void> {
  const error = await assertRejects(() => by.verify(token), JwtError, undefined, token);
  assertEquals([error.message, error.cause], [message, cause], token);
}

// What is accepted

Deno.test("JwtVerifier.verify() accepts a token of each algorithm, with a key in each form", async () => {
  await eachInTurn(KEYS, async (key) => {
    const token = await signToken(key, ALICE);
    const set = { keys: [key.jwk] };
    await eachInTurn(
      [key.text, key.jwk, JSON.stringify(key.jwk), set, JSON.stringify(set)],
      async (source) => {
        assertEquals(await verifier(source).verify(token), { id: "alice" });
      },
    );
  });
});

/** The claims of the examples in RFC 7515 A, which expired in 2011 and name no subject. */
const EXAMPLE =
  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/** Their signatures were made by somebody else. */
Deno.test("JwtVerifier.verify() verifies the signatures of the examples in RFC 7515", async () => {
  const examples: Array<[JwkOrSet, string, string]> = [
    [
      {
        kty: "oct",
        k: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
      },
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ],
    [
      {
        kty: "RSA",
        n: "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL" +
          "-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e" +
          "-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9" +
          "_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        e: "AQAB",
      },
      "eyJhbGciOiJSUzI1NiJ9",
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9u" +
      "JdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_e" +
      "SN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5" +
      "AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    ],
    [
      {
        kty: "EC",
        crv: "P-256",
        x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
      },
      "eyJhbGciOiJFUzI1NiJ9",
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ],
  ];
  await eachInTurn(examples, async ([jwk, header, signature]) => {
    const token = `${header}.${EXAMPLE}.${signature}`;
    const before = verifier(jwk, { now: 1_300_819_379 });
    const noSubject = "Token has a claim that is not valid: 'sub' is missing";
    await assertRefused(token, noSubject, before, "denied");
    await assertRefused(token, "Token has expired: get a new one", verifier(jwk), "expired");
    await assertRefused(token.replace(/.{4}$/, "AAAA"), NOT_SIGNED, before);
  });
});

/** The key and the signature of RFC 8037 A.2 and A.4. Its payload is a text, not claims. */
Deno.test("JwtVerifier.verify() verifies the Ed25519 signature of RFC 8037", async () => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
  const token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc" +
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  await assertRefused(token, "Token is not made of valid JSON objects", verifier(jwk));
  await assertRefused(token.replace("hgy", "hgz"), NOT_SIGNED, verifier(jwk));
});

Deno.test("JwtVerifier.verify() accepts the types JWT and at+jwt, and Ed25519 as a name of EdDSA", async () => {
  const types = [undefined, "JWT", "jwt", "at+jwt", "application/at+JWT", "application/jwt"];
  await eachInTurn(types, async (typ) => {
    const token = await signToken(eddsa, ALICE, { alg: "EdDSA", typ });
    assertEquals((await verifier(eddsa).verify(token)).id, "alice", typ);
  });
  const token = await signToken(eddsa, ALICE, { alg: "Ed25519" });
  assertEquals((await verifier(eddsa).verify(token)).id, "alice");
});

Deno.test("JwtVerifier.verify() ignores parameters of the header that lead to other keys", async () => {
  const jwk = { ...es256.jwk };
  const header = { alg: "EdDSA", jku: "http://127.0.0.1:1/", x5u: "http://127.0.0.1:1/", jwk };
  assertEquals((await verifier(eddsa).verify(await signToken(eddsa, ALICE, header))).id, "alice");
  const forged = await signToken(es256, ALICE, { ...header, alg: "ES256" });
  await assertRefused(forged, NOT_SIGNED, verifier(eddsa));
});

// Keys

Deno.test("JwtVerifier.verify() selects the key of a set by kid, and takes keys without one for any", async () => {
  const other = await generateKey("ES256");
  const set = { keys: [{ ...es256.jwk, kid: "a" }, { ...other.jwk, kid: "b" }] };
  const by = verifier(set);
  const sign = (key: SigningKey, kid?: string) => signToken(key, ALICE, { alg: "ES256", kid });
  assertEquals((await by.verify(await sign(es256, "a"))).id, "alice");
  assertEquals((await by.verify(await sign(other, "b"))).id, "alice");
  assertEquals((await by.verify(await sign(other))).id, "alice");
  await assertRefused(await sign(other, "a"), NOT_SIGNED, by);
  await assertRefused(await sign(es256, "c"), NOT_SIGNED, by);
  const unnamed = verifier({ keys: [es256.jwk] });
  assertEquals((await unnamed.verify(await sign(es256, "anything"))).id, "alice");
});

Deno.test("JwtVerifier.verify() accepts several public keys in one PEM file", async () => {
  const by = verifier(`old key\n${es256.text}\nnew key\n${eddsa.text}`);
  await eachInTurn([es256, eddsa], async (key) => {
    assertEquals((await by.verify(await signToken(key, ALICE))).id, "alice");
  });
  await assertRefused(await signToken(rs256, ALICE), NOT_SIGNED, by);
});

// Forged signatures

Deno.test("JwtVerifier.verify() refuses alg none in every spelling, with and without a signature", async () => {
  const payload = encodeBase64url(JSON.stringify(ALICE));
  const algorithms = ["none", "None", "NONE", "nOnE", "", null, 0, [], ["HS256"], {}, undefined];
  await eachInTurn(algorithms, async (alg) => {
    const header = encodeBase64url(JSON.stringify({ alg, typ: "JWT" }));
    await eachInTurn(KEYS, async (key) => {
      const right = (await signToken(key, ALICE)).split(".")[2]!;
      await eachInTurn(
        ["", right],
        (signature) =>
          assertRefused(`${header}.${payload}.${signature}`, NOT_SIGNED, verifier(key)),
      );
    });
  });
});

/** The classic key confusion: whoever knows the public key signs with it as if it were a secret. */
Deno.test("JwtVerifier.verify() never verifies HS256 with a public key", async () => {
  await eachInTurn([rs256, es256, eddsa], async (key) => {
    const known = [key.text, key.text.trim(), JSON.stringify(key.jwk), key.jwk.x, key.jwk.n];
    const secrets = known.filter((text) => typeof text === "string");
    await eachInTurn(secrets, async (secret) => {
      const token = await signToken(secretKey(secret), ALICE, { alg: "HS256" });
      await assertRefused(token, NOT_SIGNED, verifier(key));
      await assertRefused(token, NOT_SIGNED, verifier(key.jwk));
    });
  });
});

Deno.test("JwtVerifier.verify() refuses a right signature under the name of another algorithm", async () => {
  const names = [
    ...KEYS.map(({ algorithm }) => algorithm),
    "HS384",
    "HS512",
    "RS512",
    "PS256",
    "ES384",
  ];
  await eachInTurn(KEYS, async (key) => {
    const wrong = names.filter((name) => name !== key.algorithm);
    await eachInTurn(
      [...wrong, key.algorithm.toLowerCase()],
      async (alg) => assertRefused(await signToken(key, ALICE, { alg }), NOT_SIGNED, verifier(key)),
    );
  });
});

Deno.test("JwtVerifier.verify() refuses the signature of another key, of another token, and a cut one", async () => {
  const others = [
    secretKey("0123456789abcdef0123456789abcdeF"),
    await generateKey("RS256"),
    await generateKey("ES256"),
    await generateKey("EdDSA"),
  ];
  await eachInTurn(KEYS.entries(), async ([i, key]) => {
    const by = verifier(key);
    await assertRefused(await signToken(others[i]!, ALICE), NOT_SIGNED, by);
    const [header, payload, signature = ""] = (await signToken(key, ALICE)).split(".");
    const root = encodeBase64url(JSON.stringify({ sub: "root" }));
    await assertRefused(`${header}.${root}.${signature}`, NOT_SIGNED, by);
    await eachInTurn(
      ["", "AA", signature.slice(4), `${signature}AAAA`],
      (cut) => assertRefused(`${header}.${payload}.${cut}`, NOT_SIGNED, by),
    );
  });
});

/** CVE-2022-21449: a verifier that divided by r and s accepted a signature of zeros for everything. */
Deno.test("JwtVerifier.verify() refuses signatures of zeros, and of the group's order", async () => {
  const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  const n = Uint8Array.from(order.match(/../g)!, (byte) => parseInt(byte, 16));
  const [header, payload] = (await signToken(es256, ALICE)).split(".");
  const signatures = [
    new Uint8Array(64),
    Uint8Array.from([...n, ...n]),
    new Uint8Array(64).fill(255),
  ];
  await eachInTurn(
    signatures,
    (signature) =>
      assertRefused(
        `${header}.${payload}.${encodeBase64url(signature)}`,
        NOT_SIGNED,
        verifier(es256),
      ),
  );
});

// Malformed tokens

Deno.test("JwtVerifier.verify() refuses what is not three parts of canonical base64url", async () => {
  const token = await signToken(hs256, ALICE);
  const [header = "", payload = "", signature = ""] = token.split(".");
  const last = signature.at(-1)!; // the signature has 32 bytes: the last character has two unused bits
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const respelled = signature.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1];
  const malformed = [
    "",
    ".",
    "..",
    header,
    `${header}.${payload}`,
    `${token}.`,
    `${token}.${signature}`,
    `${header}.${payload}.${signature}.AA.AA`,
    `${header}.${payload}.${respelled}`,
    `${token}=`,
    `${header}=.${payload}.${signature}`,
    ` ${token}`,
    `${token}\n`,
    token.replace(".", ".\n"),
    `"${token}"`,
    `Bearer ${token}`,
    `${header}.${payload}.${signature.replace(/^./, "+")}`,
    `${header}.${payload}.\u0410${signature.slice(1)}`,
  ];
  await eachInTurn(
    malformed.filter((text) => text !== ".."),
    (text) => assertRefused(text, "Token is not a signed JWT", verifier(hs256)),
  );
  await assertRefused("..", "Token is not made of valid JSON objects", verifier(hs256));
});

Deno.test("JwtVerifier.verify() refuses a header or claims that are no JSON object, or have a member twice", async () => {
  const malformed = ["", "null", "[]", "1", "{", '{"alg":"HS256"', "\ufeff{}"];
  const by = verifier(hs256);
  await eachInTurn(
    [...malformed, '{"alg":"HS256","alg":"HS256"}'],
    async (header) =>
      assertRefused(
        await signToken(hs256, ALICE, header),
        "Token is not made of valid JSON objects",
        by,
      ),
  );
  await eachInTurn(
    [...malformed, '{"sub":"alice","sub":"root"}'],
    async (claims) =>
      assertRefused(await signToken(hs256, claims), "Token is not made of valid JSON objects", by),
  );
  const [header] = (await signToken(hs256, ALICE)).split(".");
  const payload = encodeBase64url(
    Uint8Array.from([...new TextEncoder().encode('{"sub":"'), 0xff, 0x22, 0x7d]),
  );
  const signature = await hs256.sign(new TextEncoder().encode(`${header}.${payload}`));
  const token = `${header}.${payload}.${encodeBase64url(signature)}`;
  await assertRefused(token, "Token is not made of valid JSON objects", by);
});

Deno.test("JwtVerifier.verify() refuses critical extensions, other types and nested tokens", async () => {
  const by = verifier(hs256);
  const sign = (header: object) => signToken(hs256, ALICE, { alg: "HS256", ...header });
  await eachInTurn([["exp"], [], ["b64"], "exp", null], async (crit) =>
    assertRefused(
      await sign({ crit, exp: 1, b64: false }),
      "Token needs an extension that is not known here",
      by,
    ));
  const types = [
    "logout+jwt",
    "dpop+jwt",
    "secevent+jwt",
    "application/",
    "",
    null,
    1,
    ["JWT"],
    "JOSE",
  ];
  await eachInTurn(
    types,
    async (typ) =>
      assertRefused(await sign({ typ }), "Token is of another type than JWT or at+jwt", by),
  );
  await eachInTurn(
    ["JWT", "", null],
    async (cty) => assertRefused(await sign({ cty }), "Token contains another token", by),
  );
  await eachInTurn(
    [1, null, {}, "x".repeat(257)],
    async (kid) => assertRefused(await sign({ kid }), "Token has a malformed key id", by),
  );
});

Deno.test("JwtVerifier.verify() accepts tokens of at most 8 kB", async () => {
  const fill = async (length: number) => {
    const rest = (await signToken(hs256, { ...ALICE, x: "" })).length;
    const padding = Math.floor((length - rest) * 3 / 4);
    return signToken(hs256, { ...ALICE, x: "x".repeat(padding) });
  };
  const longest = await fill(MAX_JWT);
  assert(longest.length > MAX_JWT - 4 && longest.length <= MAX_JWT);
  assertEquals((await verifier(hs256).verify(longest)).id, "alice");
  const message = "Token is longer than 8192 bytes";
  await assertRefused(await fill(MAX_JWT + 4), message, verifier(hs256));
  await assertRefused(".".repeat(MAX_JWT + 1), message, verifier(hs256));
});

Deno.test("JwtVerifier.verify() parses headers of at most 2 kB", async () => {
  const sign = (length: number) =>
    signToken(hs256, ALICE, { alg: "HS256", x: "x".repeat(length * 3 / 4 - 22) });
  assertEquals((await sign(2_048)).indexOf("."), 2_048);
  assertEquals((await verifier(hs256).verify(await sign(2_048))).id, "alice");
  await assertRefused(
    await sign(2_052),
    "Token has a header longer than 2048 bytes",
    verifier(hs256),
  );
});

// Time and audience

Deno.test("JwtVerifier.verify() accepts a token until 30 s after its expiry, which is when the identity expires", async () => {
  const exp = NOW + 600.5;
  const token = await signToken(hs256, { ...ALICE, exp });
  const expires = 1000 * exp + CLOCK_SKEW;
  assertEquals(await verifier(hs256).verify(token), { id: "alice", expires });
  const late = { now: exp + 29.999 };
  assertEquals((await verifier(hs256, late).verify(token)).expires, expires);
  await eachInTurn([30, 31, 1e6], (seconds) =>
    assertRefused(
      token,
      "Token has expired: get a new one",
      verifier(hs256, { now: exp + seconds }),
      "expired",
    ));
  await assertRefused(
    await signToken(hs256, { ...ALICE, exp: 0 }),
    "Token has expired: get a new one",
    verifier(hs256),
    "expired",
  );
});

Deno.test("JwtVerifier.verify() refuses a token before nbf and iat, but for 30 s", async () => {
  await eachInTurn(["nbf", "iat"], async (claim) => {
    const token = await signToken(hs256, { ...ALICE, [claim]: NOW + 100 });
    await assertRefused(
      token,
      `Token is not valid yet ('${claim}')`,
      verifier(hs256, { now: NOW + 69 }),
      "denied",
    );
    assertEquals((await verifier(hs256, { now: NOW + 70 }).verify(token)).id, "alice");
  });
});

/** 1e999 is valid JSON, and Infinity after it was parsed: a token that never expires. */
Deno.test("JwtVerifier.verify() refuses times that are none", async () => {
  await eachInTurn(["exp", "nbf", "iat"], async (claim) => {
    const values = ['"1795486230"', "null", "true", "[]", "{}", "-1", "1e999", String(1000 * NOW)];
    await eachInTurn(values, async (value) =>
      assertRefused(
        await signToken(hs256, `{"sub":"alice","${claim}":${value}}`),
        `Token has a claim that is not valid: '${claim}' is not a time in seconds`,
        verifier(hs256),
        "denied",
      ));
  });
});

Deno.test("JwtVerifier.verify() accepts tokens for the audience of the server only", async () => {
  const check = async (aud: unknown, audience: string | undefined, isAccepted: boolean) => {
    const token = await signToken(hs256, { ...ALICE, aud });
    const by = verifier(hs256, audience === undefined ? {} : { audience });
    if (isAccepted) assertEquals((await by.verify(token)).id, "alice");
    else await assertRefused(token, "Token is for another audience ('aud')", by, "denied");
  };
  await eachInTurn(
    [
      ["chat", "chat", true],
      [["mail", "chat"], "chat", true],
      [undefined, undefined, true],
      ["mail", "chat", false],
      [undefined, "chat", false],
      [[], "chat", false],
      [["mail"], "chat", false],
      ["Chat", "chat", false],
      ["chat ", "chat", false],
      [{ chat: true }, "chat", false],
      [[["chat"]], "chat", false],
      [null, "chat", false],
      // Without --jwt-audience, a token that is meant for somebody is meant for somebody else (RFC 7519 4.1.3).
      ["mail", undefined, false],
      [["mail"], undefined, false],
      [[], undefined, false],
      [null, undefined, false],
    ] as const,
    ([aud, audience, isAccepted]) => check(aud, audience, isAccepted),
  );
});

// Claims

Deno.test("JwtVerifier.verify() returns the name and rights of a token", async () => {
  const rooms = { join: ["*"], read: ["*"], write: ["dev", "team-*"] };
  const token = await signToken(eddsa, {
    sub: "7f3a",
    name: "Alice Smith",
    backchannel: { operator: true, rooms },
    email: "alice@example.com",
  });
  assertEquals(await verifier(eddsa).verify(token), {
    id: "7f3a",
    name: "Alice-Smith",
    operator: true,
    rooms,
  });
  const nameless = await signToken(eddsa, { sub: "7f3a", name: "\u{1f600}", backchannel: {} });
  assertEquals(await verifier(eddsa).verify(nameless), { id: "7f3a" });
});

Deno.test("JwtVerifier.verify() refuses claims that it would have to guess", async () => {
  const cases: Array<[object, string]> = [
    [{}, "'sub' is missing"],
    [{ sub: "" }, "'sub' is not one line of 1 to 256 characters"],
    [{ sub: 7 }, "'sub' is not one line of 1 to 256 characters"],
    [{ sub: null }, "'sub' is not one line of 1 to 256 characters"],
    [{ sub: ["alice"] }, "'sub' is not one line of 1 to 256 characters"],
    [{ sub: "a\nb" }, "'sub' is not one line of 1 to 256 characters"],
    [{ sub: "\u202ealice" }, "'sub' is not one line of 1 to 256 characters"],
    [{ sub: "\ud800" }, "'sub' is not one line of 1 to 256 characters"],
    [{ sub: "x".repeat(257) }, "'sub' is not one line of 1 to 256 characters"],
    [{ ...ALICE, name: 7 }, "'name' is not a text"],
    [{ ...ALICE, backchannel: null }, "'backchannel' is not an object"],
    [{ ...ALICE, backchannel: ["operator"] }, "'backchannel' is not an object"],
    [{ ...ALICE, backchannel: { operator: "true" } }, "'operator' is not true or false"],
    [{ ...ALICE, backchannel: { operator: 1 } }, "'operator' is not true or false"],
    [
      { ...ALICE, backchannel: { room: { write: [] } } },
      "'backchannel' has a member other than 'operator' and 'rooms'",
    ],
    [{ ...ALICE, backchannel: { rooms: null } }, "'rooms' is not an object"],
    [
      { ...ALICE, backchannel: { rooms: { wirte: [] } } },
      "'rooms' has a member that is not one of join, read, write",
    ],
    [
      { ...ALICE, backchannel: { rooms: { write: ["*-dev"] } } },
      "'rooms' has a pattern in 'write' that has a '*' before its end",
    ],
  ];
  await eachInTurn(cases, async ([claims, what]) =>
    assertRefused(
      await signToken(hs256, claims),
      `Token has a claim that is not valid: ${what}`,
      verifier(hs256),
      "denied",
    ));
});

Deno.test("isJwtForm() tells tokens from passwords", async () => {
  assertEquals(isJwtForm(await signToken(hs256, ALICE)), true);
  assertEquals(isJwtForm("eyJhbGciOiJub25lIn0.e30."), true);
  for (
    const text of ["", "hunter22", "correct horse battery", "a.b", "a.b.c.d", ".a.b", "a.b.c d"]
  ) {
    assertEquals(isJwtForm(text), false, text);
  }
});
