// Relays what arrives on /pub to everyone on /sub, with Bun's own topics (uWebSockets inside). PORT, DEFLATE=1.
const deflate = process.env.DEFLATE === "1";

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT),
  fetch(request, server) {
    const subscriber = new URL(request.url).pathname === "/sub";
    if (!server.upgrade(request, { data: { subscriber } })) return new Response("WebSocket only", { status: 426 });
  },
  websocket: {
    perMessageDeflate: deflate,
    open(socket) {
      if (socket.data.subscriber) socket.subscribe("bench");
    },
    message(socket, text) {
      if (!socket.data.subscriber) server.publish("bench", text, deflate);
    },
  },
});
