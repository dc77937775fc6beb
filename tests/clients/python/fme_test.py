"""The stream server, spoken to as its clients do (contract `fme`)."""

import asyncio
import json

from gateway import PATIENCE, GatewayTest
from websockets.exceptions import InvalidStatus


class Fme(GatewayTest):
    async def reader(self, *streams, **options):
        """A client that has these streams open, and is known to have."""
        client = await self.client("fme", **options)
        await self.ask(client, ws_op="open", ws_stream_ids=list(streams))
        await self.settled(client)
        return client

    async def ask(self, client, **message):
        await client.send(json.dumps(message))

    async def settled(self, client):
        """What was said on this connection before has been heard; gives the number of channels."""
        await self.ask(client, ws_op="admin", ws_msg="getnumchannels()")
        return await self.next_json(client)

    async def refused(self, client, message):
        await client.send(message)
        reply = await self.next_json(client)
        self.assertEqual((reply["ws_op"], set(reply)), ("error", {"ws_op", "ws_msg"}), message)
        self.assertTrue(reply["ws_msg"])


class Sending(Fme):
    async def test_the_others_on_the_stream_hear_the_payload_alone(self):
        sender, one, two = [await self.reader("a") for _ in range(3)]
        other = await self.reader("b")
        await self.ask(sender, ws_op="send", ws_msg='say "hi"\n\u00e4')
        await sender.send('{"ws_op":"send","ws_msg": {"x": 1.0, "y":[ 1e2 ]} }')
        for reader in (one, two):
            await self.hears(reader, 'say "hi"\n\u00e4', '{"x": 1.0, "y":[ 1e2 ]}')
        await self.settled(other)
        await self.settled(sender)

    async def test_who_shares_two_streams_hears_it_once(self):
        sender, reader = await self.reader("a", "b"), await self.reader("b", "a", "c")
        for text in ("first", "second"):
            await self.ask(sender, ws_op="send", ws_msg=text)
        await self.hears(reader, "first", "second")

    async def test_old_and_new_spelling_of_open(self):
        sender = await self.reader("a", "b", "c", "d")
        for fields in [{"ws_stream_id": "a"}, {"ws_stream_id": ["a"]}, {"ws_stream_ids": "a"}]:
            with self.subTest(fields):
                reader = await self.client("fme", "/websocket")
                await self.ask(reader, ws_op="open", **fields)
                await self.settled(reader)
                await self.ask(sender, ws_op="send", ws_msg="here")
                await self.hears(reader, "here")
                await reader.close()
        reader = await self.client("fme")
        await self.ask(reader, ws_op="open", ws_stream_id="x", ws_stream_ids=["y", "x"])
        streams = [stream["stream"] for stream in (await self.settled(reader))["streams"]]
        self.assertEqual([stream for stream in streams if stream in "xy"], ["x", "y"])

    async def test_close_leaves_all_streams_and_the_socket(self):
        sender, reader = await self.reader("a"), await self.reader("a")
        await self.ask(reader, ws_op="close")
        self.assertEqual((await self.settled(reader))["numchannels"], "1")
        await self.ask(sender, ws_op="send", ws_msg="missed")
        await self.settled(sender)
        await self.ask(reader, ws_op="open", ws_stream_ids=["a"])
        await self.settled(reader)
        await self.ask(sender, ws_op="send", ws_msg="heard")
        await self.hears(reader, "heard")


class Administration(Fme):
    async def test_channels_are_counted_and_described(self):
        one, two = await self.reader("b", "a"), await self.reader("b")
        self.assertEqual(
            await self.settled(one),
            {"numchannels": "3", "streams": [{"stream": "a", "numchannels": "1"}, {"stream": "b", "numchannels": "2"}]},
        )
        await self.ask(two, ws_op="admin", ws_msg="getchannelinfo()")
        ports = {name: str(client.local_address[1]) for name, client in (("one", one), ("two", two))}
        channel = lambda port, stream: {"port": port, "stream": stream, "host": "127.0.0.1", "writable": "true"}
        on_b = sorted(ports.values(), key=int)
        self.assertEqual(
            await self.next_json(two),
            {"numchannels": "3", "channels": [channel(ports["one"], "a"), *(channel(port, "b") for port in on_b)]},
        )

    async def test_a_disconnect_closes_what_is_open(self):
        leaver, stayer = await self.reader("a"), await self.reader("a")
        await leaver.close()
        # The answer to the close may come before everybody is told that its sender is gone: asked until they are.
        async with asyncio.timeout(PATIENCE):
            while (count := await self.settled(stayer))["numchannels"] != "1":
                self.assertEqual(count["numchannels"], "2")


class Refusing(Fme):
    async def test_what_is_wrong_is_told_and_relayed_to_nobody(self):
        client, reader = await self.client("fme"), await self.reader("a")
        before_open = ['{"ws_op":"send","ws_msg":"x"}']
        always = [
            "{", "[]", "{}", '{"ws_op":"sing"}', '{"ws_op":"open"}', '{"ws_op":"open","ws_stream_ids":[]}',
            '{"ws_op":"open","ws_stream_ids":[""]}', '{"ws_op":"open","ws_stream_ids":["a",1]}',
            '{"ws_op":"admin","ws_msg":"reboot()"}', '{"ws_op":"admin"}',
        ]
        for message in before_open + always:
            with self.subTest(message):
                await self.refused(client, message)
        await self.ask(client, ws_op="open", ws_stream_ids=["a"])
        for message in always:
            with self.subTest(message):
                await self.refused(client, message)
        await self.ask(client, ws_op="send", ws_msg="the first")
        await self.hears(reader, "the first")

    async def test_other_paths_do_not_exist(self):
        for path in ("/other", "/fme/websocket"):
            with self.subTest(path), self.assertRaises(InvalidStatus) as raised:
                await self.client("fme", path)
            self.assertEqual(raised.exception.response.status_code, 404)


class Configured(Fme):
    SECTIONS = {"fme": 'echo = true\nprefix = "/fme"'}

    async def test_echo_and_prefix(self):
        client = await self.client("fme", "/fme/websocket")
        await self.ask(client, ws_op="open", ws_stream_ids=["a"])
        await self.ask(client, ws_op="send", ws_msg="to myself")
        await self.hears(client, "to myself")
        with self.assertRaises(InvalidStatus) as raised:
            await self.client("fme", "/websocket")
        self.assertEqual(raised.exception.response.status_code, 404)
