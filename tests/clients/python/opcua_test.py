"""Variables of real OPC UA servers as JSON (contract `opcua`). TIELINE_OPCUA names the folder with the servers' libraries."""

import asyncio
import json
import os
import pathlib
import re
import tempfile

from gateway import PATIENCE, GatewayTest

ROOT = pathlib.Path(__file__).parents[2] / "opcua"
PLANT = json.loads((ROOT / "plant.json").read_text())
# Until a server is up, or found again after it was away.
LONG = 60


class Server:
    """One of the servers of `tests/opcua`, in a process of its own."""

    def __init__(self, folder, *options):
        self.folder, self.options, self.port = folder, options, 0

    async def start(self, *further):
        libraries = os.environ.get("TIELINE_OPCUA")
        if not libraries:
            raise AssertionError("TIELINE_OPCUA names no folder: `cargo xtask test opcua` makes one and prints its name")
        self.process = await asyncio.create_subprocess_exec(
            f"{libraries}/venv/bin/python", "-B", str(ROOT / "asyncua_server.py"), "--pki", str(self.folder / "server"),
            "--port", str(self.port), *self.options, *further,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )
        self.port = (await self.answer("READY"))["port"]

    async def answer(self, word):
        async with asyncio.timeout(LONG):
            while line := (await self.process.stdout.readline()).decode():
                if line.startswith(word):
                    return json.loads(line.removeprefix(word))
        raise AssertionError("the server has ended")

    async def ask(self, **command):
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        return await self.answer("ANSWER")

    async def end(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


class Opcua(GatewayTest):
    OPTIONS = ()
    SCALARS = "string"
    KEYS = ""

    async def asyncSetUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tieline-opcua-")))
        self.server = Server(self.folder, *self.OPTIONS)
        await self.server.start()
        self.addAsyncCleanup(self.server.end)
        self.SECTIONS = {"opcua": self.section()}
        await super().asyncSetUp()

    def section(self):
        namespaces = json.dumps(PLANT["namespaces"])
        lines = f'scalars = "{self.SCALARS}"\nretry = "1s"\n[[opcua.server]]\nname = "plant"\nnamespaces = {namespaces}\n'
        lines += f'endpoint = "opc.tcp://127.0.0.1:{self.server.port}"\n{self.KEYS}\n'
        for entry in PLANT["types"]:
            kind = {"Structure": "ExtensionObject"}.get(entry["name"], entry["name"])
            lines += self.variable(f"Scalar.{entry['name']}", kind)
            lines += self.variable(f"Array.{entry['name']}", kind, "array = true")
        meta = 'meta = { DisplayName = "Parts", Limits = { Min = "0", Max = "400" } }'
        return lines + self.variable("Counter", "Int32", meta) + self.variable("Place", "String")

    def variable(self, name, kind, more=""):
        return f'[[opcua.server.variable]]\nname = "{name}"\nnode = "ns=1;s={name}"\ntype = "{kind}"\n{more}\n'

    async def ask(self, client, kind, handle="1", **body):
        header = {"MessageType": f"{kind}_REQUEST", "ClientHandle": handle}
        await client.send(json.dumps({"Header": header, "Body": body}))
        answer = await self.next_json(client)
        self.assertEqual(answer["Header"]["MessageType"], f"{kind}_RESPONSE", answer)
        self.assertEqual(answer["Header"]["ClientHandle"], handle)
        return answer

    async def read(self, client, variable):
        return (await self.ask(client, "READ", Variable=variable))["Body"]

    async def up(self, client):
        """Waits until the gateway has found its server."""
        async with asyncio.timeout(LONG):
            while "Value" not in await self.read(client, "Place"):
                pass

    async def update(self, client):
        async with asyncio.timeout(LONG):
            message = json.loads(await client.recv())
        self.assertEqual(message["Header"]["MessageType"], "MONITORUPDATE_MESSAGE", message)
        return message["Header"].get("StatusCode") or message["Body"].get("StatusCode") or message["Body"]["Value"]["Body"]


class Texts(Opcua):
    async def test_lists_and_kinds(self):
        client = await self.client("opcua", "/any/path", subprotocols=["other", "json"])
        self.assertEqual(client.subprotocol, "json")
        listed = (await self.ask(client, "VALUELIST"))["Body"]["Variables"]
        self.assertEqual((len(listed), listed), (2 * len(PLANT["types"]) + 2, sorted(listed, key=str.encode)))
        infos = (await self.ask(client, "VALUEINFO", Variables=["Counter", "Array.Int16", "nobody"]))["Body"]["Variables"]
        meta = {"DisplayName": " Parts", "Limits": {"Min": " 0", "Max": " 400"}}
        self.assertEqual(infos[0], {"Variable": "Counter", "Type": "Int32", "IsArray": "false", "MetaData": meta,
                                    "Delivery": "subscription"})
        self.assertEqual((infos[1]["Type"], infos[1]["IsArray"]), ("Int16", "true"))
        self.assertEqual(infos[2], {"Variable": "nobody", "StatusCode": "BadNodeIdUnknown"})

    async def test_every_type(self):
        client = await self.client("opcua")
        await self.up(client)
        for entry in PLANT["types"]:
            # A structure whose type is known is told by its fields, and may be written by them.
            texts = ["" if value is None else value for value in entry.get("told", entry["values"])]
            for name, expected in ((f"Scalar.{entry['name']}", texts[0]), (f"Array.{entry['name']}", texts)):
                value = (await self.read(client, name))["Value"]
                self.assertEqual(value, {"Type": str(entry["id"]), "Body": expected}, name)
                answer = await self.ask(client, "WRITE", Variable=name, Value={"Value": value})
                self.assertEqual(answer["Body"], "", name)

    async def test_fragments_and_compression(self):
        plain = await self.client("opcua", compression=None)
        await self.up(plain)
        squeezed = await self.client("opcua", compression="deflate")
        for client in (plain, squeezed):
            request = json.dumps({"Header": {"MessageType": "READ_REQUEST", "ClientHandle": 7}, "Body": {"Variable": "Place"}})
            await client.send(request[i:i + 9] for i in range(0, len(request), 9))
            answer = await self.next_json(client)
            self.assertEqual(answer["Header"], {"MessageType": "READ_RESPONSE", "ClientHandle": "7"})
            self.assertEqual(answer["Body"]["Value"], {"Type": "12", "Body": "plant"})

    async def test_what_makes_no_sense(self):
        client = await self.client("opcua")
        for text in ("", "{", "[]", '{"Header":{}}', '{"Header":{"MessageType":"X","ClientHandle":"1"},"Body":{}}'):
            await client.send(text)
            header = (await self.next_json(client))["Header"]
            self.assertEqual((header["MessageType"], header["StatusCode"]), ("ERROR", "BadRequestHeaderInvalid"), text)
        self.assertEqual((await self.ask(client, "READ"))["Header"]["StatusCode"], "BadAttributeIdInvalid")
        await client.send(b"binary")
        self.assertEqual(await self.closed(client), 1003)

    async def test_a_monitor_survives_the_server(self):
        client = await self.client("opcua")
        await self.up(client)
        self.assertEqual((await self.ask(client, "MONITORSTART", "m", Variable="Counter"))["Body"], "")
        self.assertEqual(await self.update(client), "0")
        refused = await self.ask(client, "MONITORSTART", "m", Variable="Place")
        self.assertIn("BadEntryExists", json.dumps(refused))
        await self.server.ask(do="count", to=20, every=50)
        self.assertEqual([await self.update(client) for _ in range(20)], [str(n) for n in range(1, 21)])
        await self.server.end()
        self.assertEqual(await self.update(client), "BadNotConnected")
        await self.server.start("--swap")
        self.assertEqual(await self.update(client), "0")
        await self.server.ask(do="set", node="Counter", body="5")
        self.assertEqual(await self.update(client), "5")
        self.assertEqual((await self.ask(client, "MONITORSTOP", "m", Variable="Counter"))["Body"], "")


class Json(Opcua):
    SCALARS = "native"

    async def test_numbers_are_numbers(self):
        client = await self.client("opcua")
        await self.up(client)
        for name, expected in (
            ("Scalar.Boolean", {"Type": 1, "Body": True}),
            ("Array.Int64", {"Type": 8, "Body": [-(2**63), 0, -1, 2**63 - 1]}),
            ("Array.Float", {"Type": 10, "Body": [1.5, -0.0, 2.8, -30, "nan", "inf", "-inf", 1e-45]}),
            ("Array.String", {"Type": 12, "Body": PLANT["types"][11]["values"]}),
        ):
            self.assertEqual((await self.read(client, name))["Value"], expected)
            answer = await self.ask(client, "WRITE", Variable=name, Value={"Value": expected})
            self.assertEqual(answer["Body"], {}, name)


class Trust(Opcua):
    OPTIONS = ("--secure", "--no-none")
    KEYS = 'security_policy = "Basic256Sha256"\nsecurity_mode = "SignAndEncrypt"'

    async def tool(self, *arguments):
        """What `tieline opcua` prints."""
        process = await asyncio.create_subprocess_exec(
            os.environ["TIELINE_BIN"], "opcua", *arguments, "--config", str(self.gateway.folder / "tieline.toml"),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(PATIENCE):
            out, talk = await process.communicate()
        self.assertEqual(process.returncode, 0, talk.decode())
        return out.decode()

    async def test_a_person_trusts_the_server(self):
        client = await self.client("opcua")
        self.assertEqual(await self.read(client, "Place"), {"StatusCode": "BadNotConnected"})
        async with asyncio.timeout(LONG):
            while not (found := re.search(r"opcua trust add (\w+)", "".join(self.gateway.said))):
                await asyncio.sleep(0)
        self.assertIn(found[1], await self.tool("trust", "list"))
        await self.tool("trust", "add", found[1])
        await self.up(client)
