"""What holds for a connection in any dialect: compression, fragments, size, closing, the gateway's own end."""

import asyncio
import contextlib
import json

from gateway import GatewayTest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode


class Connection(GatewayTest):
    async def pair(self, **options):
        """A sender and a reader on one stream."""
        sender, reader = await self.client("fme", **options), await self.client("fme", **options)
        for client in (sender, reader):
            await client.send('{"ws_op":"open","ws_stream_ids":["a"]}')
            await client.send('{"ws_op":"admin","ws_msg":"getnumchannels()"}')
            await self.next(client)
        return sender, reader

    async def test_compression_is_agreed_when_offered(self):
        sender, reader = await self.pair()
        self.assertEqual([extension.name for extension in reader.protocol.extensions], ["permessage-deflate"])
        for text in ("a" * 100_000, "", "\u00e4", "the same again " * 50, "the same again " * 50):
            await sender.send(json.dumps({"ws_op": "send", "ws_msg": text}))
            await self.hears(reader, text)

    async def test_plain_and_compressed_clients_hear_the_same(self):
        sender, packed = await self.pair()
        _, plain = await self.pair(compression=None)
        self.assertEqual(plain.protocol.extensions, [])
        await sender.send('{"ws_op":"send","ws_msg":"one for all"}')
        await self.hears(packed, "one for all")
        await self.hears(plain, "one for all")

    async def test_a_message_in_fragments_is_one_message(self):
        for compression in ("deflate", None):
            with self.subTest(compression):
                sender, reader = await self.pair(compression=compression)
                # Cut in the middle of a character's bytes is not possible with text; between them it is.
                await sender.send(iter(['{"ws_op":"se', 'nd","ws_msg":"\u00e4', "", '\u20ac"', "}"]))
                await self.hears(reader, "\u00e4\u20ac")
                await asyncio.gather(sender.close(), reader.close())

    async def test_big_messages_pass(self):
        for compression in ("deflate", None):
            with self.subTest(compression):
                sender, reader = await self.pair(compression=compression)
                # Below `queue_bytes`, what one session may have waiting.
                text = "0123456789abcdef" * (3 * 1024 * 1024 // 16)
                await sender.send(json.dumps({"ws_op": "send", "ws_msg": text}))
                await self.hears(reader, text)
                await asyncio.gather(sender.close(), reader.close())

    async def test_a_message_above_the_limit_ends_the_connection(self):
        sender, _ = await self.pair(compression=None)
        # The gateway may close while the message is still on its way.
        with contextlib.suppress(ConnectionClosed):
            await sender.send("x" * (16 * 1024 * 1024 + 1))
        refusal = await self.next_json(sender)
        self.assertEqual(refusal["ws_op"], "error")
        self.assertIn("limits.message_bytes", refusal["ws_msg"])
        self.assertEqual(await self.closed(sender), CloseCode.MESSAGE_TOO_BIG)

    async def test_binary_frames_are_refused(self):
        for dialect in ("vxvue", "fme"):
            with self.subTest(dialect):
                client = await self.client(dialect)
                await client.send(b"\x00\xff")
                self.assertEqual(await self.closed(client), CloseCode.UNSUPPORTED_DATA)

    async def test_a_ping_is_answered(self):
        client = await self.client("vxvue")
        async with asyncio.timeout(20):
            await (await client.ping(b"are you there"))

    async def test_a_client_that_closes_is_answered_with_its_code(self):
        client = await self.client("fme")
        await client.close(1000, "done")
        self.assertEqual(await self.closed(client), 1000)

    async def test_a_foreign_page_is_kept_out(self):
        with self.assertRaises(InvalidStatus) as raised:
            await self.client("vxvue", origin="http://attacker.example")
        self.assertEqual(raised.exception.response.status_code, 403)
        self.assertIn(b"access.origins", raised.exception.response.body)

    async def test_the_gateway_says_goodbye(self):
        clients = [await self.client(dialect) for dialect in ("vxvue", "fme") for _ in range(20)]
        await clients[0].send('{"sender":106,"command":11}')
        await self.next(clients[0])
        exit_code = await self.gateway.stop()
        codes = {await self.closed(client) for client in clients}
        self.assertEqual((exit_code, codes), (0, {CloseCode.GOING_AWAY}), "".join(self.gateway.said))
