"""OPC UA variables to browsers, the way such bridges are usually written: asyncua, json, websockets.

READ and MONITORSTART of Tieline's dialect, and no more. One loop does everything; a request is one Read at the server, a
variable is monitored once however many watch it. PORT is where browsers connect, SERVER where the OPC UA server is.
"""

import asyncio
import json
import os

from asyncua import Client, ua
from websockets.asyncio.server import serve

URI = "urn:tieline:test:plant"
INTERVAL = 100


class Bridge:
    def __init__(self, opcua, space):
        self.opcua, self.space = opcua, space
        # Who watches a variable, as (socket's queue, handle), and its last value.
        self.watching, self.last = {}, {}
        self.subscription = None

    def node(self, variable):
        return self.opcua.get_node(ua.NodeId(variable, self.space))

    async def read(self, variable):
        return form(await self.node(variable).read_data_value())

    async def watch(self, variable, queue, handle):
        known = variable in self.watching
        self.watching.setdefault(variable, []).append((queue, handle))
        if known and variable in self.last:
            queue.put_nowait(message("MONITORUPDATE_MESSAGE", handle, self.last[variable]))
        if not known:
            await self.subscription.subscribe_data_change(self.node(variable), queuesize=100, sampling_interval=0)

    def datachange_notification(self, node, _, data):
        variable = node.nodeid.Identifier
        self.last[variable] = body = form(data.monitored_item.Value)
        for queue, handle in self.watching[variable]:
            queue.put_nowait(message("MONITORUPDATE_MESSAGE", handle, body))

    async def serve(self, socket):
        queue = asyncio.Queue()
        writer = asyncio.create_task(write(socket, queue))
        try:
            async for text in socket:
                request = json.loads(text)
                kind, handle = request["Header"]["MessageType"], request["Header"]["ClientHandle"]
                variable = request["Body"]["Variable"]
                if kind == "READ_REQUEST":
                    queue.put_nowait(message("READ_RESPONSE", handle, await self.read(variable)))
                elif kind == "MONITORSTART_REQUEST":
                    queue.put_nowait(message("MONITORSTART_RESPONSE", handle, ""))
                    await self.watch(variable, queue, handle)
        finally:
            writer.cancel()
            for watchers in self.watching.values():
                watchers[:] = [one for one in watchers if one[0] is not queue]


async def write(socket, queue):
    while True:
        await socket.send(await queue.get())


def message(kind, handle, body):
    return json.dumps({"Header": {"MessageType": kind, "ClientHandle": handle}, "Body": body})


def form(value):
    """A value as the dialect has it: every scalar a text."""
    found = {"Value": {"Type": str(value.Value.VariantType.value), "Body": str(value.Value.Value)}}
    if value.SourceTimestamp:
        found["SourceTimestamp"] = value.SourceTimestamp.isoformat().replace("+00:00", "Z")
    return found


async def main():
    async with Client(os.environ["SERVER"], timeout=30) as opcua:
        bridge = Bridge(opcua, await opcua.get_namespace_index(URI))
        bridge.subscription = await opcua.create_subscription(INTERVAL, bridge)
        async with serve(bridge.serve, "127.0.0.1", int(os.environ["PORT"]), compression=None) as server:
            await server.serve_forever()


asyncio.run(main())
