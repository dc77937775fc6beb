// Relays what arrives on /pub to everyone on /sub, as the README of the package shows a broadcast. PORT, DEFLATE=1.
import { WebSocketServer } from "ws";

const subscribers = new Set();
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.env.PORT),
  backlog: 4096,
  perMessageDeflate: process.env.DEFLATE === "1",
});
server.on("connection", (socket, request) => {
  socket.on("error", () => socket.terminate());
  if (request.url !== "/sub") {
    socket.on("message", (text) => {
      for (const subscriber of subscribers) subscriber.send(text, { binary: false });
    });
    return;
  }
  subscribers.add(socket);
  socket.on("close", () => subscribers.delete(socket));
});
