"""A running `tieline run` for one test: started on ports of the system's choice, ended with the test.

Used by the `*_test.py` files beside this one. The program is named by the environment variable TIELINE_BIN.
"""

import asyncio
import contextlib
import json
import os
import pathlib
import re
import signal
import tempfile
import unittest
import urllib.request

from websockets.asyncio.client import connect
from websockets.protocol import State

# Long enough for a busy machine: reached only when something is wrong.
PATIENCE = 20


class Gateway:
    """The process, its listeners' addresses, and what it wrote to standard error."""

    def __init__(self, folder, process, said):
        self.folder = folder
        self.process = process
        self.said = said
        self.console = None
        self.addresses = {}

    @classmethod
    async def start(cls, folder, sections):
        """`sections` maps a section's name to further lines of TOML in it."""
        config = f'[store]\npath = {json.dumps(str(folder / "data"))}\n[console]\nlisten = "127.0.0.1:0"\n'
        for name, lines in sections.items():
            # A section within another has no listener.
            listens = "" if "." in name else 'listen = "127.0.0.1:0"\n'
            config += f"[{name}]\n{listens}{lines}\n"
        path = folder / "tieline.toml"
        path.write_text(config)
        process = await asyncio.create_subprocess_exec(
            os.environ["TIELINE_BIN"], "run", "--config", str(path),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            env={key: value for key, value in os.environ.items() if not key.startswith("TIELINE_")},
        )
        gateway = cls(folder, process, [])
        try:
            async with asyncio.timeout(PATIENCE):
                gateway.console = await gateway._first_screen()
            gateway.reader = asyncio.create_task(gateway._listen())
            listeners = await asyncio.to_thread(gateway.get, "/api/listeners")
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        gateway.addresses = {listener["dialect"]: listener["address"] for listener in listeners["listeners"]}
        return gateway

    async def _first_screen(self):
        while line := await self.process.stderr.readline():
            self.said.append(line.decode())
            if found := re.search(r"console\s+(http://\S+)", self.said[-1]):
                return found[1]
        raise AssertionError(f"the gateway ended with {await self.process.wait()}:\n{''.join(self.said)}")

    async def _listen(self):
        while line := await self.process.stderr.readline():
            self.said.append(line.decode())

    def get(self, path):
        """The JSON that the console answers with."""
        with urllib.request.urlopen(self.console.rstrip("/") + path, timeout=PATIENCE) as response:
            return json.load(response)

    async def stop(self):
        """Asks it to end as a service manager does; gives its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(PATIENCE):
                code = await self.process.wait()
                await self.reader
                return code
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"the gateway did not end:\n{''.join(self.said)}") from None


class GatewayTest(unittest.IsolatedAsyncioTestCase):
    """A test with a gateway of its own: what one test leaves behind is never seen by another."""

    SECTIONS = {"vxvue": "", "fme": ""}

    async def asyncSetUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="tieline-"))
        self.gateway = await Gateway.start(pathlib.Path(folder), self.SECTIONS)
        # Cleanups run last in, first out, and each of them whatever became of the others.
        self.addAsyncCleanup(self.end)
        self.clients = await self.enterAsyncContext(contextlib.AsyncExitStack())

    async def end(self):
        if self.gateway.process.returncode is None:
            self.assertEqual(await self.gateway.stop(), 0, "".join(self.gateway.said))

    async def client(self, dialect, path="/", **options):
        """A connection that is closed with the test."""
        url = f"ws://{self.gateway.addresses[dialect]}{path}"
        client = await connect(url, max_size=None, proxy=None, **options)

        async def end():
            # One that is closed already is left alone: closing it again fails inside asyncio when it had more to send.
            if client.protocol.state is not State.CLOSED:
                await client.close()

        self.clients.push_async_callback(end)
        return client

    async def hears(self, client, *expected):
        """The next messages are exactly these texts."""
        for text in expected:
            self.assertEqual(await self.next(client), text)

    async def next(self, client):
        async with asyncio.timeout(PATIENCE):
            return await client.recv()

    async def next_json(self, client):
        return json.loads(await self.next(client))

    async def closed(self, client):
        """Waits until the gateway has closed; gives the code it closed with."""
        async with asyncio.timeout(PATIENCE):
            await client.wait_closed()
        return client.protocol.close_rcvd and client.protocol.close_rcvd.code
