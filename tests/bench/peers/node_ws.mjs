// Peer of the benchmark: Node with the npm package `ws`, the broadcast of its README.

import { argv } from "node:process";

// `ws` is installed outside of the checkout; the bench says where.
const { WebSocket, WebSocketServer } = await import(argv[2]);

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });

server.on("listening", () => {
  // deno-lint-ignore no-console -- the bench waits for this line
  console.log(`listening on ${server.address().port}`);
});

server.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (data, isBinary) => {
    for (const other of server.clients) {
      if (other !== socket && other.readyState === WebSocket.OPEN) {
        other.send(data, { binary: isBinary });
      }
    }
  });
});
