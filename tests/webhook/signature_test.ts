import { assert, assertEquals, assertThrows } from "@std/assert";
import { Signer } from "../../lib/webhook/signature.ts";
import { utf8 } from "../protocol/reading.ts";
import { isSigned } from "../support/webhook_signature.ts";

const RAW = "0123456789abcdef01234567";
const ENCODED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY = utf8('{"test": 2432232314}');

/** From the tests of the reference implementations. */
Deno.test("Signer signs as the reference implementations do", () => {
  const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  assertEquals(
    new Signer(ENCODED).sign(id, 1_614_265_330, BODY),
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  );
});

Deno.test("Signer signs so that WebCrypto accepts it, with either form of a secret", async () => {
  for (const secret of [RAW, ENCODED, `${RAW}\n`, `${ENCODED}\r\n`]) {
    const signature = new Signer(secret).sign("msg_1", 7, BODY);
    const headers = new Headers({
      "webhook-id": "msg_1",
      "webhook-timestamp": "7",
      "webhook-signature": signature,
    });
    assert(await isSigned(secret.trim(), headers, BODY), secret);
    assert(!await isSigned(secret.trim(), headers, utf8("{}")), "another body");
    headers.set("webhook-timestamp", "8");
    assert(!await isSigned(secret.trim(), headers, BODY), "another time");
  }
});

Deno.test("Signer signs with both secrets while one replaces the other", () => {
  const both = new Signer(`${RAW}\n${ENCODED}\n`).sign("msg_1", 7, BODY);
  const each = [RAW, ENCODED].map((secret) => new Signer(secret).sign("msg_1", 7, BODY));
  assertEquals(both, each.join(" "));
});

Deno.test("Signer accepts base64 without its padding", () => {
  const padded = `whsec_${btoa("x".repeat(25))}`;
  const sign = (secret: string) => new Signer(secret).sign("msg_1", 7, BODY);
  assert(padded.endsWith("=="));
  assertEquals(sign(padded.replace(/=+$/, "")), sign(padded));
});

Deno.test("Signer refuses what is no secret, and does not show it", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["", "it is empty, or a line of it is"],
    ["\n", "it is empty, or a line of it is"],
    [`${RAW}\n\n`, "it is empty, or a line of it is"],
    [`${RAW}\n${RAW}\n${RAW}`, "it has more than 2 lines"],
    [RAW.slice(1), "a secret has 24 to 64 bytes, not 23"],
    ["x".repeat(65), "a secret has 24 to 64 bytes, not 65"],
    [`whsec_${btoa("x".repeat(23))}`, "a secret has 24 to 64 bytes, not 23"],
    [`whsec_${btoa("x".repeat(65))}`, "a secret has 24 to 64 bytes, not 65"],
    [`whsec_${RAW}!`, "what follows whsec_ is not base64"],
    [`whsec_${RAW}a`, "what follows whsec_ is not base64"],
    ["whsec_", "a secret has 24 to 64 bytes, not 0"],
    [`${RAW} ${RAW}`, "it has spaces, or characters that are not ASCII"],
    [`${RAW}\u00e9`, "it has spaces, or characters that are not ASCII"],
  ];
  for (const [text, reason] of cases) {
    assertEquals(assertThrows(() => new Signer(text), TypeError).message, reason);
  }
});
