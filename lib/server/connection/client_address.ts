/**
 * The address of a client, as far as it is known: that of the socket, or the one that a trusted proxy has named.
 * @module
 */
import { formatAddress } from "../../ip/socket_address.ts";
import { isLoopback } from "../../ip/ip_address.ts";

export class ClientAddress {
  /** `host:port` */
  text: string;
  /** The address of the socket's other end. */
  readonly #socket: Deno.NetAddr;
  readonly #isTrustedProxy: (hostname: string) => boolean;
  /** The TCP peer, or the client that a trusted TCP peer names in a PROXY header. */
  #peer: Deno.NetAddr;
  #isTrusted: boolean;
  /** The peer, or the client that a trusted peer names in a request. */
  #client: Deno.NetAddr;

  constructor(socket: Deno.NetAddr, isTrustedProxy: (hostname: string) => boolean) {
    this.#socket = this.#peer = this.#client = socket;
    this.#isTrustedProxy = isTrustedProxy;
    this.#isTrusted = isTrustedProxy(socket.hostname);
    this.text = formatAddress(socket);
  }

  get net(): Deno.NetAddr {
    return this.#client;
  }

  get ip(): string {
    return this.#client.hostname;
  }

  /** Whether the peer is a trusted proxy, which is believed when it names a client. Only a PROXY header changes this. */
  get isTrusted(): boolean {
    return this.#isTrusted;
  }

  /** Whether this is the address of the trusted proxy itself, which has not named a client. */
  get isProxy(): boolean {
    return this.#isTrusted && this.#client === this.#peer;
  }

  /** Whether the client is on this machine. A loopback address named by a proxy elsewhere is that machine's. */
  get isLocal(): boolean {
    return isLoopback(this.#client.hostname) && isLoopback(this.#socket.hostname);
  }

  /** Sets the client that a trusted proxy names in a PROXY header. It becomes the peer, which may be trusted in turn. */
  setPeer(hostname: string, port: number): void {
    this.#peer = { transport: "tcp", hostname, port };
    this.#isTrusted = this.#isTrustedProxy(hostname);
    this.#set(this.#peer);
  }

  /**
   * Sets the client that a trusted proxy names in a request; the proxy stays the peer. The port stays that of the proxy's
   * connection, which tells the clients of one host apart.
   */
  setClient(hostname: string): void {
    this.#set({ transport: "tcp", hostname, port: this.#peer.port });
  }

  #set(client: Deno.NetAddr): void {
    this.#client = client;
    this.text = formatAddress(client);
  }
}
