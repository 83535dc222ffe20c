/**
 * Signed tokens as an issuer makes them (RFC 7519), with a shared secret.
 * @module
 */

/** The `jwtKey` of a server that accepts {@linkcode signToken}. */
export const JWT_KEY = "the-key-of-the-tests-which-nobody-else-has";

export interface Claims {
  readonly sub: string;
  readonly name?: string;
  /** In seconds of Unix time. */
  readonly exp?: number;
  readonly backchannel?: {
    readonly operator?: boolean;
    readonly rooms?: Readonly<Partial<Record<"join" | "read" | "write", readonly string[]>>>;
  };
}

/** Signs claims with HS256. */
export async function signToken(claims: Claims): Promise<string> {
  const encoder = new TextEncoder();
  const part = (value: unknown) => base64url(encoder.encode(JSON.stringify(value)));
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(JWT_KEY), algorithm, false, [
    "sign",
  ]);
  const signature = await crypto.subtle.sign("HMAC", key, encoder.encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
