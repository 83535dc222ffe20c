import { assertEquals, assertThrows } from "@std/assert";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { type JwkOrSet, readJwtKeys } from "../../lib/identity/jwt_keys.ts";
import { eachInTurn } from "../support/patience.ts";
import { encodeBase64url, generateKey, pem, secretKey } from "../support/tokens.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const rs256 = await generateKey("RS256");
const es256 = await generateKey("ES256");
const eddsa = await generateKey("EdDSA");

const algorithms = (source: string | JwkOrSet) =>
  readJwtKeys(source).keys.map((key) => key.algorithm);

function assertInvalid(source: string | JwkOrSet, message: string): void {
  const error = assertThrows(() => readJwtKeys(source), TypeError);
  assertEquals(
    error.message,
    message,
    typeof source === "string" ? source : JSON.stringify(source),
  );
}

function without(key: JwkOrSet, name: string): JwkOrSet {
  return Object.fromEntries(Object.entries(key).filter(([other]) => other !== name));
}

Deno.test("readJwtKeys() finds the algorithm in the form of the key", () => {
  for (const key of [secretKey(SECRET), rs256, es256, eddsa]) {
    const { algorithm, jwk, text } = key;
    for (const source of [text, `\ufeff${text}\r\n`, jwk, JSON.stringify(jwk), { keys: [jwk] }]) {
      assertEquals(algorithms(source), [algorithm]);
    }
  }
});

Deno.test("readJwtKeys() accepts what a JWK says of its use, if that is to verify tokens", () => {
  const uses = [{ use: "sig" }, { key_ops: ["verify"] }, { key_ops: ["sign", "verify"] }];
  for (const use of uses) assertEquals(algorithms({ ...es256.jwk, ...use, ext: true }), ["ES256"]);
  for (const alg of ["EdDSA", "Ed25519"]) {
    assertEquals(algorithms({ ...eddsa.jwk, alg }), ["EdDSA"]);
  }
  assertEquals(algorithms({ ...secretKey(SECRET).jwk, key_ops: ["sign"] }), ["HS256"]);
  assertEquals(readJwtKeys({ ...es256.jwk, kid: "2026-11" }).keys[0]?.id, "2026-11");
});

Deno.test("readJwtKeys() refuses a JWK that is not meant to verify tokens of this algorithm", () => {
  assertInvalid({ ...es256.jwk, use: "enc" }, "it is not meant for signatures ('use')");
  for (const operations of [["sign"], [], "verify", null, { verify: true }]) {
    assertInvalid({ ...es256.jwk, key_ops: operations }, "it is not meant to verify ('key_ops')");
  }
  for (const alg of ["none", "HS256", "RS256", "ES384", "", null, ["ES256"]]) {
    const message = "it is for another algorithm than ES256 ('alg')";
    assertInvalid({ ...es256.jwk, alg }, message);
  }
  assertInvalid({ ...rs256.jwk, alg: "PS256" }, "it is for another algorithm than RS256 ('alg')");
  assertInvalid({ ...rs256.jwk, alg: "HS256" }, "it is for another algorithm than RS256 ('alg')");
  for (const kid of [7, null, "x".repeat(257)]) {
    assertInvalid(
      { ...es256.jwk, kid },
      "it has a 'kid' that is not a text of at most 256 characters",
    );
  }
});

Deno.test("readJwtKeys() refuses keys of other types and curves", () => {
  assertInvalid({ kty: "EC", crv: "P-384" }, "it is on another curve than P-256");
  assertInvalid({ kty: "EC", crv: "secp256k1" }, "it is on another curve than P-256");
  assertInvalid({ kty: "OKP", crv: "X25519" }, "it is on another curve than Ed25519");
  for (const kty of [undefined, "rsa", "none", null]) {
    assertInvalid({ kty }, "it is of no known type: RSA, EC, OKP or oct ('kty')");
  }
  assertInvalid({}, "it is of no known type: RSA, EC, OKP or oct ('kty')");
});

Deno.test("readJwtKeys() refuses numbers that are missing, malformed or impossible", () => {
  for (const key of [rs256.jwk, es256.jwk, eddsa.jwk]) {
    for (const name of ["n", "e", "x", "y"].filter((name) => name in key)) {
      assertInvalid(without(key, name), `it has no valid '${name}'`);
      for (const value of ["", "A", "AA==", 7]) {
        assertInvalid({ ...key, [name]: value }, `it has no valid '${name}'`);
      }
    }
  }
  const bytes = (length: number, fill: number) =>
    encodeBase64url(new Uint8Array(length).fill(fill));
  assertInvalid({ ...es256.jwk, x: bytes(31, 1) }, "it has a 'x' of another length than 32 bytes");
  assertInvalid({ ...eddsa.jwk, x: bytes(33, 1) }, "it has a 'x' of another length than 32 bytes");
  assertInvalid({ ...es256.jwk, x: bytes(32, 1), y: bytes(32, 1) }, "it is not a valid public key");
  assertInvalid({ ...eddsa.jwk, x: bytes(32, 2) }, "it is not a valid public key");
  assertInvalid({ ...rs256.jwk, n: bytes(256, 0xfe) }, "it is not a valid public key");
  assertInvalid({ ...rs256.jwk, e: "AQ" }, "it is not a valid public key");
});

Deno.test("readJwtKeys() accepts RSA keys of 2,048 to 4,096 bits", async () => {
  for (const modulusLength of [1_024, 2_047]) {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength });
    const text = String(publicKey.export({ format: "pem", type: "spki" }));
    assertInvalid(text, `it has ${modulusLength} bits, not at least 2048`);
    assertInvalid(
      { ...publicKey.export({ format: "jwk" }) },
      `it has ${modulusLength} bits, not at least 2048`,
    );
  }
  const zeros = encodeBase64url(new Uint8Array(512));
  assertInvalid({ ...rs256.jwk, n: zeros }, "it has 0 bits, not at least 2048");
  const long = encodeBase64url(new Uint8Array(513).fill(1));
  assertInvalid({ ...rs256.jwk, n: long }, "it has 4097 bits, not at most 4096");
  const key = await generateKey("RS256", { modulusLength: 4096 });
  const data = new TextEncoder().encode("x");
  assertEquals(await readJwtKeys(key.text).keys[0]!.verify(await key.sign(data), data), true);
});

Deno.test("readJwtKeys() refuses private keys", () => {
  const message = "it is a private key: the server needs the public one only";
  for (
    const label of ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
  ) {
    assertInvalid(pem(label, new Uint8Array(60)), message);
    assertInvalid(es256.text + pem(label, new Uint8Array(60)), message);
  }
  assertInvalid("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", message);
  assertInvalid({ ...es256.jwk, d: "AA" }, message);
  assertInvalid({ ...rs256.jwk, d: "AA" }, message);
});

Deno.test("readJwtKeys() refuses PEM of anything but public keys of the known types", () => {
  for (const label of ["CERTIFICATE", "RSA PUBLIC KEY", "EC PARAMETERS"]) {
    const message = `it is '${label}' in PEM, not 'PUBLIC KEY' (openssl makes one with -pubout)`;
    assertInvalid(pem(label, new Uint8Array(60)), message);
    assertInvalid(pem(label, new Uint8Array(60)) + es256.text, message);
  }
  assertInvalid(
    pem("PUBLIC KEY", new Uint8Array(60)),
    "it is not a valid public key of RSA, P-256 or Ed25519",
  );
  for (
    const text of [
      es256.text.slice(0, 60),
      es256.text.replace("-----END", "-----ENDS"),
      es256.text + es256.text.slice(0, 60),
    ]
  ) {
    assertInvalid(text, "it is not valid PEM");
  }
  const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).publicKey;
  for (const curve of ["P-384", "secp256k1"]) {
    assertInvalid(
      String(ec(curve).export({ format: "pem", type: "spki" })),
      "it is on another curve than P-256",
    );
  }
  const x25519 = generateKeyPairSync("x25519").publicKey.export({ format: "pem", type: "spki" });
  assertInvalid(String(x25519), "it is on another curve than Ed25519");
});

/** A public key that is taken for a secret lets everybody sign who has seen it. */
Deno.test("readJwtKeys() never takes a public key for a secret", () => {
  const message = "it is a public key without the lines that PEM has before and after it";
  for (const { text } of [rs256, es256, eddsa]) {
    const body = text.split("\n").slice(1, -2).join("");
    const der = createPublicKey(text).export({ format: "der", type: "spki" });
    const wrapped = body.match(/.{1,64}/g)!;
    for (const base64 of [body, encodeBase64url(der), wrapped.join("\n"), wrapped[0]!]) {
      assertInvalid(base64, message);
    }
  }
  const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).publicKey;
  const others = [
    ...[1_024, 2_048, 3_072].flatMap((bits) => [
      rsa(bits).export({ format: "der", type: "spki" }),
      ...bits > 1_024 ? [rsa(bits).export({ format: "der", type: "pkcs1" })] : [],
    ]),
    ...["P-256", "P-384", "P-521", "secp256k1"].map((namedCurve) =>
      generateKeyPairSync("ec", { namedCurve }).publicKey.export({ format: "der", type: "spki" })
    ),
  ];
  for (const der of others) assertInvalid(encodeBase64url(der), message);
  const neither =
    "it is neither PEM, nor a JWK, nor a secret of one line of ASCII without spaces and quotes";
  for (
    const text of [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE8n8nVNOdB4yq7c1rXwqXjF8w0dE5x6WlQ1vA8z6k4m me@host",
      `${SECRET}\n${SECRET}`,
      JSON.stringify(es256.jwk).slice(1),
      JSON.stringify(es256.jwk).slice(0, -1).replace("{", ""),
      `${SECRET}\u00e9`,
      "\x30\x2a\x00\xff".repeat(11),
    ]
  ) assertInvalid(text, neither);
});

Deno.test("readJwtKeys() accepts secrets of 32 to 1,024 bytes", () => {
  const length = "it is a secret of fewer than 32 or more than 1024 bytes";
  assertInvalid(SECRET.slice(1), length);
  assertInvalid("x".repeat(1_025), length);
  assertEquals(algorithms("x".repeat(1_024)), ["HS256"]);
  assertInvalid("", "it is empty");
  assertInvalid(" \n", "it is empty");
  assertInvalid(secretKey(SECRET.slice(1)).jwk, "it is shorter than 32 bytes");
});

Deno.test("readJwtKeys() refuses JSON that is no JWK and no set with a key", () => {
  const invalid = "it is not valid JSON, or has a member twice";
  for (const text of ["{", "[]", "{kty:1}", '{"kty":"oct","kty":"RSA"}']) {
    assertInvalid(text, invalid);
  }
  assertInvalid({ keys: [] }, "it has no keys");
  assertInvalid({ keys: {} }, "its 'keys' are not an array");
  assertInvalid({ keys: [null] }, "key 1 is not an object");
  assertInvalid(
    { keys: [{ ...es256.jwk, use: "enc" }] },
    "key 1 is not meant for signatures ('use')",
  );
  const keys = Array.from({ length: 17 }, () => eddsa.jwk);
  assertInvalid({ keys }, "it has more than 16 keys");
  assertInvalid(eddsa.text.repeat(17), "it has more than 16 keys");
});

Deno.test("readJwtKeys() leaves out keys of a set that it cannot use, and says why", () => {
  const { keys, unused } = readJwtKeys({
    keys: [
      { ...rs256.jwk, use: "enc" },
      { ...es256.jwk, kid: "a" },
      { kty: "EC", crv: "P-521" },
      7,
    ],
  });
  assertEquals(keys.map(({ algorithm, id }) => [algorithm, id]), [["ES256", "a"]]);
  assertEquals(unused, [
    "key 1 is not meant for signatures ('use')",
    "key 3 is on another curve than P-256",
    "key 4 is not an object",
  ]);
});

Deno.test("VerificationKey.verify() is false for signatures of every wrong length", async () => {
  const data = new TextEncoder().encode("x");
  await eachInTurn([secretKey(SECRET), rs256, es256, eddsa], async (key) => {
    const [verifying] = readJwtKeys(key.text).keys;
    const signature = await key.sign(data);
    assertEquals(await verifying!.verify(signature, data), true);
    await eachInTurn([0, 1, 31, 33, 63, 65, 255, 257, 1_000], async (length) => {
      assertEquals(await verifying!.verify(new Uint8Array(length), data), false, `${length}`);
    });
  });
});
