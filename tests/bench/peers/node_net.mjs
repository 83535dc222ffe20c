// Peer of the benchmark: a line chat over node:net. Runs under Node and under Bun.

import { createServer } from "node:net";
import { createInterface } from "node:readline";

const room = new Set();

const server = createServer({ noDelay: true }, (socket) => {
  room.add(socket);
  socket.on("close", () => room.delete(socket));
  socket.on("error", () => socket.destroy());
  const lines = createInterface({ input: socket });
  lines.on("error", () => socket.destroy()); // it passes on the socket's
  lines.on("line", (line) => {
    for (const other of room) {
      if (other !== socket) other.write(`${line}\n`);
    }
  });
});

server.listen(0, "127.0.0.1", () => {
  // deno-lint-ignore no-console -- the bench waits for this line
  console.log(`listening on ${server.address().port}`);
});
