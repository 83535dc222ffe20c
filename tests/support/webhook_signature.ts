/**
 * Checks signatures of webhooks with WebCrypto, as a receiver does.
 * @module
 */

/** Whether one of the signatures in the header fields is that of `secret`. */
export async function isSigned(
  secret: string,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const [prefix, encoded] = secret.split("_");
  const bytes = prefix === "whsec"
    ? Uint8Array.from(atob(encoded ?? ""), (character) => character.charCodeAt(0))
    : new TextEncoder().encode(secret);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, hmac, false, ["verify"]);
  const head = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.`;
  const content = await new Blob([head, body]).arrayBuffer();
  const signatures = headers.get("webhook-signature")?.split(" ") ?? [];
  const checks = await Promise.all(signatures.map((signature) => {
    const [version, value = ""] = signature.split(",");
    if (version !== "v1") return false;
    const digest = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    return crypto.subtle.verify("HMAC", key, digest, content);
  }));
  return checks.includes(true);
}
