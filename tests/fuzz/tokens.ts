/**
 * Forged tokens: whatever is changed in a signed one, or made up, nobody is let in whom the issuer did not name.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { createPublicKey } from "node:crypto";
import { JwtVerifier } from "../../lib/identity/jwt.ts";
import { JwtError } from "../../lib/identity/jwt_error.ts";
import { readJwtKeys } from "../../lib/identity/jwt_keys.ts";
import { utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { encodeBase64url, secretKey, signToken } from "../support/tokens.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const NOW = 1_795_486_230_000;

/** Fixed, so that the same seed makes the same input: signatures of ECDSA have a random part. */
const secret = secretKey("0123456789abcdef0123456789abcdef");
const GENUINE = await Promise.all(
  [
    { sub: "alice" },
    { sub: "bob", name: "Bob", exp: NOW / 1000 + 60, nbf: 0, iat: 1e9 },
    { sub: "ci", backchannel: { operator: false, rooms: { write: ["dev", "team-*"] } } },
  ].map((claims) => signToken(secret, claims)),
);

/** Keys of which nobody here has the private part: those of RFC 7515 A.3 and RFC 8037 A.2. */
const others = [
  {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  },
  { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
];
const verifier = new JwtVerifier({
  keys: readJwtKeys({ keys: [secret.jwk, ...others] }).keys,
  audience: undefined,
  now: () => NOW,
});

const HEADERS = [
  '{"alg":"none"}',
  '{"alg":"HS256","crit":[]}',
  '{"alg":"HS256","kid":"../../key"}',
  '{"alg":["HS256"]}',
  '{"alg":"ES256"}',
  '{"alg":"EdDSA"}',
  '{"typ":"JWT","alg":"HS256"}',
];
const CLAIMS = [
  '{"sub":"root"}',
  '{"sub":"alice","sub":"root"}',
  '{"sub":"root","exp":1e999}',
  "{}",
];

/** Makes up a token, or takes parts of genuine ones. */
function madeUp(random: Random): string {
  const parts = random.pick(GENUINE).split(".");
  const other = random.pick(GENUINE).split(".");
  if (random.oneIn(2)) parts[0] = encodeBase64url(mutate(utf8(random.pick(HEADERS)), random, 2));
  if (random.oneIn(2)) parts[1] = encodeBase64url(mutate(utf8(random.pick(CLAIMS)), random, 2));
  if (random.oneIn(2)) parts[2] = random.pick(["", other[2]!, encodeBase64url(random.bytes(64))]);
  if (random.oneIn(8)) parts.splice(random.below(4), random.below(2), randomText(random, 8));
  return parts.join(".");
}

export const tokens: Target = {
  name: "tokens",
  short: 500,

  generate: (random: Random): Bytes =>
    random.oneIn(2) ? mutate(utf8(random.pick(GENUINE)), random) : utf8(madeUp(random)),

  async check(input: Bytes): Promise<void> {
    const token = new TextDecoder().decode(input);
    try {
      const identity = await verifier.verify(token);
      assert(GENUINE.includes(token), "A forged token was accepted");
      assertEquals(identity.id, JSON.parse(atob(token.split(".")[1]!)).sub);
    } catch (error) {
      if (!(error instanceof JwtError)) throw error;
      assert(!GENUINE.includes(token), "A genuine token was refused");
      assert(/^[\x20-\x7e]{1,200}$/.test(error.message), "A message is not one short line");
    }
  },
};

/** A part of a public key, as a key file has it, that nothing else has. */
const PUBLIC = /PUBLIC|"(?:crv|kty|keys)"|MCowBQYDK2Vw|MFkwEwYHKoZI/;

/** Whatever a key file has in it, the result is keys or a reason in one line. */
export const keyFiles: Target = {
  name: "key files",
  short: 300,

  generate(random: Random): Bytes {
    const sources = others.flatMap((jwk) => [
      String(createPublicKey({ key: jwk, format: "jwk" }).export({ format: "pem", type: "spki" })),
      JSON.stringify(jwk),
      JSON.stringify({ keys: [secret.jwk, jwk, { ...jwk, use: "enc" }] }),
    ]);
    return mutate(utf8(random.pick([secret.text, ...sources])), random);
  },

  check(input: Bytes): void {
    const text = new TextDecoder().decode(input);
    try {
      const { keys } = readJwtKeys(text);
      assert(keys.length > 0);
      const isWhole = text.trimStart().startsWith("{"); // a set may have a secret beside others
      const isSecret = keys.some(({ algorithm }) => algorithm === "HS256");
      assert(isWhole || !isSecret || !PUBLIC.test(text), "A public key is a secret");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      assert(/^[^\n]{1,300}$/.test(error.message), "A reason is not one short line");
    }
  },
};
