/**
 * The address that webhooks are sent to.
 * @module
 */

/**
 * Checks the URL of a receiver.
 *
 * @throws {TypeError} If it is not one. The message does not repeat the URL, whose path or query may be a secret.
 */
export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError("Cannot send webhooks: the URL does not begin with http:// or https://");
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(
      "Cannot send webhooks: the URL has a user name or a password, which every log on the way would show",
    );
  }
  return url;
}

/** The host and port of a URL, as permissions have them. */
export function hostAndPortOf({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
