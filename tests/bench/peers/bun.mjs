// Peer of the benchmark: Bun's native publish, which leaves out the sender.

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    if (!server.upgrade(request)) return new Response("WebSocket clients only", { status: 426 });
  },
  websocket: {
    open(socket) {
      socket.subscribe("room");
    },
    message(socket, data) {
      socket.publish("room", data);
    },
  },
});

// deno-lint-ignore no-console -- the bench waits for this line
console.log(`listening on ${server.port}`);
