"""Behind nginx and HAProxy as they are installed: whom the gateway sees, what a wrong setting is told, and that events pass at once."""

import asyncio
import json
import urllib.request

from gateway import PATIENCE
from proxy import WEBSOCKETS, ProxyTest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

NOT_HERE = "is allowed from this machine only"


class Fme(ProxyTest):
    async def through(self, address, source="127.0.0.1"):
        """A client of the stream server that connects to the proxy from this address."""
        client = await connect(f"ws://{address}/", proxy=None, local_addr=(source, 0))
        self.clients.push_async_callback(client.close)
        await client.send('{"ws_op":"open","ws_stream_ids":["a"]}')
        return client

    async def info(self, client):
        await client.send('{"ws_op":"admin","ws_msg":"getchannelinfo()"}')
        return await self.next(client)

    async def each_client_counts_for_itself(self, address):
        one = await self.through(address, "127.0.0.5")
        await self.through(address, "127.0.0.6")
        with self.assertRaises(InvalidStatus) as raised:
            await self.through(address, "127.0.0.5")
        self.assertEqual(raised.exception.response.status_code, 503)
        # Nobody for whom a proxy speaks is this machine, wherever it is.
        self.assertIn(NOT_HERE, await self.info(one))


class Unlisted(Fme):
    SECTIONS = {"fme": ""}

    async def test_whoever_comes_through_nginx_is_not_this_machine(self):
        client = await self.through(await self.nginx(self.gateway.addresses["fme"]))
        self.assertIn(NOT_HERE, await self.info(client))
        here = await self.through(self.gateway.addresses["fme"])
        self.assertNotIn(NOT_HERE, await self.info(here))

    async def test_nginx_without_the_upgrade_is_told_what_to_set(self):
        address = await self.nginx(self.gateway.addresses["fme"], "proxy_set_header Host $host;")
        with self.assertRaises(InvalidStatus) as raised:
            await self.through(address)
        answer = raised.exception.response
        self.assertEqual(answer.status_code, 426)
        for words in ("proxy_http_version 1.1", "Upgrade", "Connection"):
            self.assertIn(words, answer.body.decode())


class Forwarded(Fme):
    SECTIONS = {"fme": "[fme.limits]\nconnections_per_address = 1", "access.proxy": 'from = ["127.0.0.2"]\nprotocol = "forwarded"\n'}

    async def test_each_client_of_nginx_counts_for_itself(self):
        await self.each_client_counts_for_itself(await self.nginx(self.gateway.addresses["fme"], WEBSOCKETS + "proxy_bind 127.0.0.2;"))


class Version2(Fme):
    SECTIONS = {"fme": "[fme.limits]\nconnections_per_address = 1", "access.proxy": 'from = ["127.0.0.2"]\nprotocol = "v2"\n'}

    async def test_each_client_of_haproxy_counts_for_itself(self):
        await self.each_client_counts_for_itself(await self.haproxy(self.gateway.addresses["fme"], "send-proxy-v2 source 127.0.0.2"))

    async def test_version_1_is_refused_and_named(self):
        address = await self.haproxy(self.gateway.addresses["fme"], "send-proxy source 127.0.0.2")
        with self.assertRaises((InvalidHandshake, OSError)):
            await self.through(address)
        async with asyncio.timeout(PATIENCE):
            while not any("version 2" in line for line in self.gateway.said):
                await asyncio.sleep(0.02)


class Events(ProxyTest):
    async def test_the_tail_passes_nginx_at_once(self):
        console = self.gateway.console.removeprefix("http://").rstrip("/")
        address = await self.nginx(console, WEBSOCKETS.replace('"upgrade"', '""'))
        reader, writer = await asyncio.open_connection(*address.split(":"))
        self.addCleanup(writer.close)
        writer.write(b"GET /api/tail HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b"\r\n\r\n")
            sender = await self.client("fme")
            await sender.send('{"ws_op":"open","ws_stream_ids":["a"]}')
            await sender.send('{"ws_op":"send","ws_msg":"through the proxy"}')
            # Nginx would hold back some kilobytes of an answer that it may buffer.
            await reader.readuntil(b"through the proxy")

    async def test_pages_pass_nginx(self):
        console = self.gateway.console.removeprefix("http://").rstrip("/")
        address = await self.nginx(console)
        get = lambda: urllib.request.urlopen(f"http://{address}/api/listeners", timeout=PATIENCE).read()
        self.assertEqual({one["dialect"] for one in json.loads(await asyncio.to_thread(get))["listeners"]}, {"vxvue", "fme"})
