"""The command server of a measuring program, spoken to as scripts do (contract `inspect`)."""

import asyncio
import json
import pathlib
import struct
import sys
import tempfile
import zlib

from gateway import PATIENCE, GatewayTest
from websockets.exceptions import ConnectionClosed

POINTS = '<elements unit="mm"><point id="7" name="P" x="1.0" y="2.5" z="-3.0"/></elements>'


def png(width, height):
    """A grey picture as a PNG file."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((width + 1) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def image(file="C:/temp/example.png", name="Microscopy", focal_length="2.0"):
    return {"image": {"file": file, "name": name, "focal_length": focal_length}}


def elements(file="C:/temp/Points.gxml", import_mode="clipboard"):
    return {"elements": {"file": file, "import_mode": import_mode}}


class Inspect(GatewayTest):
    async def asyncSetUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tieline-inspect-")))
        folder = json.dumps(str(self.folder))
        self.SECTIONS = {
            "inspect": f'allow_paths = [{folder}]\npath_map = [{{ from = "C:/temp", to = {folder} }}]\n'
            '[inspect.commands.upper]\nexecutor = "exec"\nprogram = ["tr", "a-z", "A-Z"]'
        }
        (self.folder / "example.png").write_bytes(png(64, 48))
        (self.folder / "Points.gxml").write_text(POINTS)
        await super().asyncSetUp()

    async def told(self, client, request, *reply):
        """Says a request, a text or what becomes JSON, and hears exactly this."""
        await client.send(request if isinstance(request, str) else json.dumps(request))
        await self.hears(client, *reply)

    async def project(self):
        return await asyncio.to_thread(self.gateway.get, "/api/inspect/project")


class Conversation(Inspect):
    async def test_many_requests_on_one_connection_and_a_goodbye(self):
        client = await self.client("inspect", "/any/path")
        await self.told(client, image(), "O.k.")
        await self.told(client, image(name="", focal_length=35), "O.k.")
        await self.told(client, elements(), "O.k.")
        await self.told(client, elements(import_mode="new_stage"), "O.k.")
        await self.told(client, {"upper": {"a": "b"}}, '{"UPPER": {"A": "B"}}')
        await self.told(client, {"quit": True}, "bye")
        await self.told(client, image(), "O.k.")
        await self.told(client, "quit\n", "bye")
        self.assertEqual(await self.closed(client), 1000)
        self.assertEqual(client.protocol.close_rcvd.reason, "Closing connection.")
        project = await self.project()
        series = [(one["name"], one["focal_length"], one["images"]) for one in project["series"]]
        self.assertEqual(series, [("Microscopy", 2.0, 1), ("", 35.0, 1)])
        self.assertEqual((project["clipboard"]["elements"], len(project["stages"])), (1, 1))

    async def test_each_error_in_its_words_and_the_connection_stays_open(self):
        (self.folder / "broken.png").write_bytes(png(64, 48)[:60])
        (self.folder / "broken.gxml").write_text("<elements>")
        client = await self.client("inspect")
        for request in ("", "{", "hello", "NaN"):
            await self.told(client, request, "Error: Malformed JSON message.")
        for request in (1, "quit", [1, 2], {"print": {"copies": 1.5, "to": "M\u00fcller"}}):
            text = json.dumps(request)
            await self.told(client, text, f"Error: Unknown request:\n{text}")
        for command, names in {"image": ["file", "name", "focal_length"], "elements": ["file", "import_mode"]}.items():
            for count, missing in enumerate(names):
                request = {command: dict.fromkeys(names[:count], "x")}
                await self.told(client, request, f"Error: Missing parameter '{missing}' in '{command}' request.")
        for value in (None, True, [], {}, "", "wide", "2,0", 0, -1, "inf", "nan", "-0.0"):
            await self.told(
                client, image(focal_length=value),
                "Error: Parameter 'focal_length' in 'image' request must be a number of millimetres above 0.",
            )
        for value in (None, 1, ["x"]):
            await self.told(client, image(file=value), "Error: Parameter 'file' in 'image' request must be a text.")
        for file in ("C:/temp/missing.png", "C:/temp/../example.png", "\\\\server\\example.png", "/etc/passwd"):
            await self.told(client, image(file), f"Error: Image file {file} could not be read.")
            await self.told(client, elements(file), f"Error: Elements file {file} could not be read.")
        file = "C:\\temp\\broken.png"
        await self.told(client, image(file), f"Error: Image could not be imported from file {file}.")
        file = "C:/temp/broken.gxml"
        for mode in ("clipboard", "new_stage", "other"):
            reply = f"Error: Elements could not be imported from file {file} with import mode {mode}."
            await self.told(client, elements(file, mode), reply)
        await self.told(client, image(), "O.k.")

    async def test_a_connection_for_each_request_as_the_fields_client_does_it(self):
        async def one(number):
            client = await self.client("inspect")
            await self.told(client, json.dumps(image(name=f"Series {number}")) + "\n", "O.k.")
            await client.close()

        await asyncio.gather(*(one(number) for number in range(50)))
        self.assertEqual(len((await self.project())["series"]), 50)

    async def test_bytes_are_no_request(self):
        client = await self.client("inspect")
        await client.send(json.dumps(image()).encode())
        self.assertEqual(await self.closed(client), 1003)
        with self.assertRaises(ConnectionClosed):
            await client.send("quit")


class CommandLine(Inspect):
    async def test_the_librarys_own_command_line(self):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "websockets", f"ws://{self.gateway.addresses['inspect']}/",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )
        said = ""

        async def until(text):
            nonlocal said
            async with asyncio.timeout(PATIENCE):
                while text not in said:
                    chunk = await process.stdout.read(4096)
                    self.assertTrue(chunk, said)
                    said += chunk.decode()
            said = said.split(text, 1)[1]

        try:
            await until("Connected to ws://")
            for line, reply in [(json.dumps(image()), "O.k."), (json.dumps(elements()), "O.k."), ("quit", "bye")]:
                process.stdin.write(f"{line}\n".encode())
                await until(f"< {reply}\n")
            await until("Connection closed: 1000 (OK) Closing connection.")
            async with asyncio.timeout(PATIENCE):
                self.assertEqual(await process.wait(), 0)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
