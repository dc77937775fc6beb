"""Relays what arrives on /pub to everyone on /sub with the library's own broadcast. PORT, DEFLATE=1."""

import asyncio
import os

from websockets.asyncio.server import broadcast, serve

subscribers = set()


async def handle(socket):
    if socket.request.path == "/sub":
        subscribers.add(socket)
        try:
            await socket.wait_closed()
        finally:
            subscribers.discard(socket)
        return
    async for text in socket:
        broadcast(subscribers, text)


async def main():
    compression = "deflate" if os.environ.get("DEFLATE") == "1" else None
    port = int(os.environ["PORT"])
    async with serve(handle, "127.0.0.1", port, compression=compression, backlog=4096) as server:
        await server.serve_forever()


asyncio.run(main())
