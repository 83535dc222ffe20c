// Peer of the benchmark: Deno's own HTTP server and WebSockets, one `send` for each receiver.

const room = new Set<WebSocket>();

function onListen({ port }: Deno.NetAddr) {
  // deno-lint-ignore no-console -- the bench waits for this line
  console.log(`listening on ${port}`);
}

Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, (request) => {
  // Without the option it pings and, since the load generator answers nothing, cuts who is idle in scenario 5.
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  socket.onopen = () => room.add(socket);
  socket.onclose = () => room.delete(socket);
  socket.onmessage = ({ data }) => {
    for (const other of room) {
      if (other !== socket && other.readyState === WebSocket.OPEN) other.send(data);
    }
  };
  return response;
});
