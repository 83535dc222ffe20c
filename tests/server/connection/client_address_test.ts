import { assertEquals } from "@std/assert";
import { CidrSet } from "../../../lib/ip/network.ts";
import { ClientAddress } from "../../../lib/server/connection/client_address.ts";

const PROXIES = new CidrSet("127.0.0.1,10.0.0.0/8");

function addressOf(hostname: string, proxies = PROXIES): ClientAddress {
  const socket = { transport: "tcp", hostname, port: 50_412 } as const;
  return new ClientAddress(socket, (hostname) => proxies.has(hostname));
}

Deno.test("ClientAddress trusts its peer until a PROXY header names another, whatever requests name", () => {
  const address = addressOf("127.0.0.1");
  const states: Array<[text: string, isTrusted: boolean, isProxy: boolean]> = [];
  const note = () => states.push([address.text, address.isTrusted, address.isProxy]);
  note();
  address.setClient("192.0.2.1");
  note();
  address.setClient("10.0.0.1");
  note();
  address.setPeer("10.0.0.2", 4711);
  note();
  address.setPeer("2001:db8::1", 4712);
  note();
  assertEquals(states, [
    ["127.0.0.1:50412", true, true],
    ["192.0.2.1:50412", true, false],
    ["10.0.0.1:50412", true, false],
    ["10.0.0.2:4711", true, true],
    ["[2001:db8::1]:4712", false, false],
  ]);
  assertEquals(addressOf("127.0.0.1", new CidrSet("")).isTrusted, false);
});

Deno.test("ClientAddress.isLocal needs the client and the socket's other end to be on this machine", () => {
  const address = addressOf("127.0.0.1");
  assertEquals(address.isLocal, true);
  address.setClient("192.0.2.1");
  assertEquals(address.isLocal, false);
  address.setClient("::1");
  assertEquals(address.isLocal, true);
  const elsewhere = addressOf("10.0.0.1");
  elsewhere.setClient("127.0.0.1"); // of the proxy's machine
  assertEquals(elsewhere.isLocal, false);
});
