"""The plant of `plant.json` as an OPC UA server, made with the Python library asyncua.

    asyncua_server.py [--port N] [--load N] [--swap] [--secure] [--no-none] [--users] [--issued] --pki DIR

It says `READY {"port": N}` on standard output when it serves, and ends when its input does. `--swap` registers the
plant's namespaces in the other order; `--secure` offers the security policies too, with a certificate of its own, which
is kept in DIR; `--no-none` offers nothing else; `--users` admits nobody without a name (operator, op-secret) or the certificate `user.pem` in DIR; `--issued` takes the
certificate that `authority.py` has made there, with its issuer's where the library can send both. Each line
of input is a command as JSON, answered by one line `ANSWER {…}`:

    {"do": "get", "node": "Scalar.Int32"}                   its Type, Body and Status, in the words of `plant.json`
    {"do": "set", "node": "Scalar.Int32", "body": "7"}      further: "status": number
    {"do": "count", "to": 50, "every": 100}                 Counter takes 1, 2, … with so many milliseconds between
    {"do": "load", "rounds": 50, "every": 100}              every Load.N takes 1, 2, …
    {"do": "fill", "size": 1100000}                         Image has so many bytes; none at first
    {"do": "grow", "name": "New"}                           a variable more in the folder Line; "shrink" takes it away
    {"do": "stats"}                                         sessions, subscriptions, items, requests by service
"""

import argparse
import asyncio
import base64
import functools
import ipaddress
import json
import logging
import math
import pathlib
import socket
import struct
import sys
import uuid
from datetime import datetime, timedelta, timezone

from asyncua import Server, ua
from asyncua.common.callback import CallbackType
from asyncua.common.methods import uamethod
from asyncua.common.structures104 import new_enum, new_struct, new_struct_field
from asyncua.common.utils import Buffer
from asyncua.crypto import cert_gen
from asyncua.crypto.permission_rules import SimpleRoleRuleset, User, UserRole
from asyncua.server.history import HistoryDict
from asyncua.server.internal_session import InternalSession
from asyncua.ua import ua_binary
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

PLANT = json.loads((pathlib.Path(__file__).parent / "plant.json").read_text())
URI = "urn:tieline:test:asyncua"
USERS = {"operator": "op-secret"}
SLOW = 5
# What one answer to HistoryRead holds at most.
PAGE = 1000
# So many texts of 4 KiB: together more than a small message holds.
LONG = 40

T = ua.VariantType
WHOLE = {T.SByte, T.Byte, T.Int16, T.UInt16, T.Int32, T.UInt32, T.Int64, T.UInt64}
KINDS = {"1": ua.NodeIdType.String, "2": ua.NodeIdType.Guid, "3": ua.NodeIdType.ByteString}


def value(kind, body):
    """A value of this type from the plant's words."""
    if isinstance(body, list):
        return [value(kind, one) for one in body]
    if body is None or kind in (T.String,):
        return body
    if kind == T.Boolean:
        return body == "true"
    if kind in WHOLE:
        return int(body)
    if kind in (T.Float, T.Double):
        return float(body)
    if kind == T.DateTime:
        return datetime.fromisoformat(body)
    if kind == T.Guid:
        return uuid.UUID(body)
    if kind == T.ByteString:
        return base64.b64decode(body)
    if kind == T.XmlElement:
        return ua.XmlElement(body)
    if kind in (T.NodeId, T.ExpandedNodeId):
        return node_id(kind, body)
    if kind == T.StatusCode:
        return ua.StatusCode(int(body))
    if kind == T.QualifiedName:
        return ua.QualifiedName(body["Name"], int(body.get("Uri", 0)))
    if kind == T.LocalizedText:
        return ua.LocalizedText(body["Text"] or None, body["Locale"] or None)
    id, content = node_id(T.NodeId, body["TypeId"]), base64.b64decode(body["Body"])
    whole = ua_binary.nodeid_to_binary(id) + struct.pack("<Bi", 1, len(content)) + content
    return ua_binary.extensionobject_from_binary(Buffer(whole))


def node_id(kind, body):
    own = {"1": str, "2": uuid.UUID, "3": base64.b64decode}.get(body.get("IdType"), int)(body["Id"])
    id_type = KINDS.get(body.get("IdType"), ua.NodeIdType.Numeric)
    space = body.get("Namespace", "0")
    if kind == T.NodeId:
        return ua.NodeId(own, int(space), id_type)
    uri, index = (None, int(space)) if space.isdigit() else (space, 0)
    return ua.ExpandedNodeId(own, index, id_type, uri, int(body.get("ServerUri", 0)))


def words(kind, body):
    """The same the other way round."""
    if isinstance(body, list):
        return [words(kind, one) for one in body]
    if body is None:
        return None
    if kind == T.Boolean:
        return str(body).lower()
    if kind == T.Float:
        body = struct.unpack("f", struct.pack("f", body))[0]
    if kind in (T.Float, T.Double):
        return {math.inf: "inf", -math.inf: "-inf"}.get(body, "nan" if math.isnan(body) else repr(body))
    if kind == T.DateTime:
        return body.replace(tzinfo=timezone.utc).isoformat().replace("+00:00", "Z")
    if kind == T.Guid:
        return str(body).upper()
    if kind == T.ByteString:
        return base64.b64encode(body).decode()
    if kind == T.XmlElement:
        return body.Value
    if kind in (T.NodeId, T.ExpandedNodeId):
        return id_words(body)
    if kind == T.StatusCode:
        return str(body.value)
    if kind == T.QualifiedName:
        return {"Name": body.Name} | ({"Uri": str(body.NamespaceIndex)} if body.NamespaceIndex else {})
    if kind == T.LocalizedText:
        return {"Locale": body.Locale or "", "Text": body.Text or ""}
    if kind == T.ExtensionObject:
        whole = Buffer(ua_binary.extensionobject_to_binary(body))
        type_id = id_words(ua_binary.nodeid_from_binary(whole))
        # Behind the type are one byte for its encoding and four for the length.
        return {"TypeId": type_id, "Body": base64.b64encode(whole.read(len(whole))[5:]).decode()}
    if kind == T.Variant:
        return {"Type": str(body.VariantType.value), "Body": words(body.VariantType, body.Value)}
    return str(body)


def id_words(id):
    kinds = {ua.NodeIdType.String: "1", ua.NodeIdType.Guid: "2", ua.NodeIdType.ByteString: "3"}
    found = {"IdType": kinds[id.NodeIdType]} if id.NodeIdType in kinds else {}
    own = id.Identifier
    if isinstance(own, uuid.UUID):
        found["Id"] = str(own).upper()
    else:
        found["Id"] = base64.b64encode(own).decode() if isinstance(own, bytes) else str(own)
    space = getattr(id, "NamespaceUri", None) or id.NamespaceIndex
    found |= {"Namespace": str(space)} if space else {}
    server = getattr(id, "ServerIndex", 0)
    return found | ({"ServerUri": str(server)} if server else {})


class People:
    """Who may come in."""

    def __init__(self, anonymous, pki):
        self.anonymous, self.pki = anonymous, pki

    def get_user(self, iserver, username=None, password=None, certificate=None):
        person = self.pki / "user.pem"
        if username is None and certificate and person.exists():
            known = x509.load_pem_x509_certificate(person.read_bytes())
            if certificate == known.public_bytes(Encoding.DER):
                return User(role=UserRole.User, name="certificate")
        if username is None:
            return User(role=UserRole.User, name="anonymous") if self.anonymous else None
        password = password.decode() if isinstance(password, bytes) else password
        return User(role=UserRole.User, name=username) if USERS.get(username, 0) == password else None


class Plant:
    """The server and its nodes."""

    def __init__(self, options):
        self.options = options
        self.server = Server(user_manager=People(not options.users, options.pki))
        services = ("Read", "ReadValues", "Write", "HistoryRead", "CreateMonitoredItems", "Slow")
        self.requests = dict.fromkeys(services, 0)
        self.tasks = set()

    async def build(self):
        server, options = self.server, self.options
        store = HistoryDict(PAGE)
        server.iserver.history_manager.set_storage(store)
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{options.port}/plant")
        await server.set_application_uri(URI)
        policies = [] if options.no_none else [ua.SecurityPolicyType.NoSecurity]
        if options.secure:
            certificate, key = certificate_in(options.pki)
            await server.load_certificate(certificate)
            await server.load_private_key(key)
            for name in ("Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"):
                policies += [ua.SecurityPolicyType[f"{name}_{mode}"] for mode in ("Sign", "SignAndEncrypt")]
        server.set_security_policy(policies, permission_ruleset=SimpleRoleRuleset())
        tokens = [ua.UserNameIdentityToken, ua.X509IdentityToken]
        server.set_identity_tokens(tokens if options.users else [ua.AnonymousIdentityToken, *tokens])
        names = PLANT["namespaces"]
        spaces = {name: await server.register_namespace(name) for name in (names[::-1] if options.swap else names)}
        self.space, spare = spaces[names[0]], spaces[names[1]]

        for entry in PLANT["types"]:
            name, values = entry["name"], value(T(entry["id"]), entry["values"])
            await self.add(f"Scalar.{name}", ua.Variant(values[0], T(entry["id"])), name)
            await self.add(f"Array.{name}", ua.Variant(values, T(entry["id"])), name)
        await self.add("Scalar.Variant", ua.Variant(42, T.Int32), "BaseDataType")
        several = [ua.Variant(7, T.Int32), ua.Variant("text", T.String)]
        await self.add("Array.Variant", ua.Variant(several, T.Variant), "BaseDataType")
        await self.add("Odd.Matrix", ua.Variant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]], T.Double), "Double")
        await self.add("Odd.Empty", ua.Variant([], T.Int32, is_array=True), "Int32")
        await self.add("Odd.Null", ua.Variant(None, T.Null), "Int32")
        await self.add("Odd.ReadOnly", ua.Variant(1, T.Int32), "Int32", writable=False)
        codes = ua.StatusCodes
        for name, status in (("Bad", codes.BadSensorFailure), ("Uncertain", codes.UncertainLastUsableValue)):
            node = await self.add(f"Odd.{name}", ua.Variant(1, T.Int32), "Int32")
            await node.write_value(ua.DataValue(ua.Variant(1, T.Int32), ua.StatusCode(status)))
        slow = await self.add("Odd.Slow", ua.Variant(1, T.Int32), "Int32")
        await self.add("Counter", ua.Variant(0, T.Int32), "Int32")
        await self.add("Place", ua.Variant("plant", T.String), "String")
        await self.add("Place", ua.Variant("spare", T.String), "String", id=ua.NodeId("Place", spare))
        for number, own in enumerate((4001, uuid.UUID("12345678-1234-5678-9abc-123456789abc"), b"\x00\x01\xff"), 1):
            await self.add(f"Id.{number}", ua.Variant(float(number), T.Double), "Double", id=ua.NodeId(own, self.space))
        for number in range(LONG):
            await self.add(f"Long.{number}", ua.Variant("x" * 4096, T.String), "String")
        await self.add("Image", ua.Variant(b"", T.ByteString), "ByteString")
        zero = ua.Variant(0, T.Int32)
        self.load = [await self.add(f"Load.{number}", zero, "Int32") for number in range(options.load)]
        await self.add("History.None", ua.Variant(0.0, T.Double), "Double")
        ramp = await self.add("History.Ramp", ua.Variant(0.0, T.Double), "Double")
        # The library's own way would add the value of this moment.
        for attribute in (ua.AttributeIds.AccessLevel, ua.AttributeIds.UserAccessLevel):
            await ramp.set_attr_bit(attribute, ua.AccessLevel.HistoryRead)
        await ramp.write_attribute(ua.AttributeIds.Historizing, ua.DataValue(ua.Variant(True, T.Boolean)))
        history = PLANT["history"]
        start = datetime.fromisoformat(history["start"])
        store._datachanges[ramp.nodeid] = [
            ua.DataValue(
                ua.Variant(float(number), T.Double),
                ua.StatusCode(ua.StatusCodes.BadSensorFailure if number % 100 == 99 else 0),
                start + timedelta(seconds=number),
                start + timedelta(seconds=number),
            )
            for number in range(history["values"])
        ]
        await self.build_structures()
        await self.build_line()
        self.watch(slow.nodeid)

    async def build_structures(self):
        server, space = self.server, self.space
        colour = await new_enum(server, space, "Colour", ["Red", "Green", "Blue"])
        double, text = ua.NodeId(ua.ObjectIds.Double), ua.NodeId(ua.ObjectIds.String)
        point, _ = await new_struct(server, space, "Point", [new_struct_field("X", double), new_struct_field("Y", double)])
        fields = [
            new_struct_field("Name", text),
            new_struct_field("Colour", colour.nodeid),
            new_struct_field("Points", point.nodeid, array=True),
            new_struct_field("Note", text, optional=True),
        ]
        job, _ = await new_struct(server, space, "Job", fields)
        await server.load_data_type_definitions()
        first = ua.Job()
        first.Name, first.Colour, first.Points = "first", ua.Colour.Blue, [ua.Point(1.5, -2.0)]
        for path, body, kind in (("Struct.Point", ua.Point(1.5, -2.0), point), ("Struct.Job", first, job)):
            await self.add(path, ua.Variant(body, T.ExtensionObject), kind.nodeid)
        self.point = point.nodeid

    async def build_line(self):
        """A folder that grows, and its methods."""
        self.line = await self.server.nodes.objects.add_object(ua.NodeId("Line", self.space), f"{self.space}:Line")
        for name, data_type in (("Speed", T.Int32), ("Hidden", T.Int32)):
            await self.below(self.line, name, ua.Variant(5, data_type))
        oven = await self.line.add_object(ua.NodeId("Line.Oven", self.space), f"{self.space}:Oven")
        await self.below(oven, "Heat", ua.Variant(21.5, T.Double))

        def argument(name, data_type):
            made = ua.Argument()
            made.Name, made.DataType, made.ValueRank = name, data_type, -1
            return made

        @uamethod
        def add(parent, count, point):
            if count > 100:
                return ua.StatusCode(ua.StatusCodes.BadOutOfRange)
            return count + 1, ua.Point(point.X + count, point.Y)

        byte, whole = ua.NodeId(ua.ObjectIds.Byte), ua.NodeId(ua.ObjectIds.Int64)
        inputs = [argument("Count", byte), argument("Point", self.point)]
        outputs = [argument("Next", whole), argument("Moved", self.point)]
        await self.line.add_method(ua.NodeId("Line.Add", self.space), f"{self.space}:Add", add, inputs, outputs)

    async def below(self, parent, name, variant):
        path = f"{parent.nodeid.Identifier}.{name}"
        node = await parent.add_variable(ua.NodeId(path, self.space), f"{self.space}:{name}", variant)
        await node.set_writable()

    async def add(self, path, variant, data_type, writable=True, id=None):
        data_type = ua.NodeId(getattr(ua.ObjectIds, data_type)) if isinstance(data_type, str) else data_type
        id = id or ua.NodeId(path, self.space)
        name = ua.QualifiedName(path, id.NamespaceIndex)
        node = await self.server.nodes.objects.add_variable(id, name, variant, None, data_type)
        if writable:
            await node.set_writable()
        return node

    def watch(self, slow):
        """Counts what clients ask for, and lets those who ask for the slow node wait."""

        async def read(event, _):
            if event.is_external:
                asked = event.request_params.NodesToRead
                self.requests["Read"] += 1
                self.requests["ReadValues"] += len(asked)
                if any(one.NodeId == slow and one.AttributeId == ua.AttributeIds.Value for one in asked):
                    self.requests["Slow"] += 1
                    await asyncio.sleep(SLOW)

        def count(name):
            def one(event, _):
                self.requests[name] += bool(event.is_external)
            return one

        history_read = InternalSession.history_read

        @functools.wraps(history_read)
        async def counted(session, params):
            self.requests["HistoryRead"] += 1
            return await history_read(session, params)

        InternalSession.history_read = counted
        self.server.subscribe_server_callback(CallbackType.PreRead, read)
        self.server.subscribe_server_callback(CallbackType.PreWrite, count("Write"))
        self.server.subscribe_server_callback(CallbackType.ItemSubscriptionCreated, count("CreateMonitoredItems"))

    async def put(self, id, kind, body, status=0):
        now = datetime.now(timezone.utc)
        found = ua.DataValue(ua.Variant(body, kind), ua.StatusCode(status), now, now)
        await self.server.write_attribute_value(id, found)

    async def ramp(self, ids, last, every):
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(1, last + 1):
            for id in ids:
                await self.put(id, T.Int32, number)
            await asyncio.sleep(start + number * every / 1000 - loop.time())

    def begin(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def command(self, wanted):
        id = ua.NodeId(wanted.get("node", ""), self.space)
        match wanted["do"]:
            case "get":
                found = self.server.read_attribute_value(id)
                kind = found.Value.VariantType
                status = found.StatusCode.value if found.StatusCode else 0
                return {"Type": kind.value, "Body": words(kind, found.Value.Value), "Status": status}
            case "set":
                kind = self.server.read_attribute_value(id).Value.VariantType
                await self.put(id, kind, value(kind, wanted["body"]), wanted.get("status", 0))
            case "fill":
                await self.put(ua.NodeId("Image", self.space), T.ByteString, b"\x07" * wanted["size"])
            case "count":
                self.begin(self.ramp([ua.NodeId("Counter", self.space)], wanted["to"], wanted["every"]))
            case "load":
                self.begin(self.ramp([node.nodeid for node in self.load], wanted["rounds"], wanted["every"]))
            case "grow":
                await self.below(self.line, wanted["name"], ua.Variant(7, T.Int32))
            case "shrink":
                await self.server.delete_nodes([self.server.get_node(ua.NodeId(f"Line.{wanted['name']}", self.space))])
            case "stats":
                subscriptions = self.server.iserver.subscription_service.subscriptions.values()
                outside = [one for one in subscriptions if one.session_id != self.server.iserver.isession.session_id]
                return {
                    "sessions": InternalSession._current_connections,
                    "subscriptions": len(outside),
                    "items": sum(len(one.monitored_item_srv._monitored_items) for one in outside),
                    "requests": self.requests,
                }
            case other:
                raise ValueError(f"what is {other!r}?")
        return {}

    async def serve(self):
        reader = asyncio.StreamReader(limit=1 << 20)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async with self.server:
            for endpoint in self.server.iserver.endpoints:
                for token in endpoint.UserIdentityTokens:
                    # Without a policy of its own it has the channel's.
                    if token.TokenType == ua.UserTokenType.Certificate:
                        token.SecurityPolicyUri = None
            print(f'READY {{"port": {self.options.port}}}', flush=True)
            while line := await reader.readline():
                try:
                    answer = await self.command(json.loads(line))
                except Exception as error:  # the test has to know, the server goes on
                    answer = {"error": repr(error)}
                print("ANSWER", json.dumps(answer), flush=True)


def certificate_in(folder):
    """A certificate of the server's own and its key: those of an earlier start, or new ones."""
    certificate, key = folder / "certificate.der", folder / "key.pem"
    if not certificate.exists():
        folder.mkdir(parents=True, exist_ok=True)
        private = cert_gen.generate_private_key()
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = [x509.UniformResourceIdentifier(URI), x509.DNSName("localhost"), address]
        usage = [ExtendedKeyUsageOID.SERVER_AUTH]
        made = cert_gen.generate_self_signed_app_certificate(private, "test plant", {}, names, usage)
        key.write_bytes(cert_gen.dump_private_key_as_pem(private))
        certificate.write_bytes(made.public_bytes(Encoding.DER))
    return certificate, key


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--load", type=int, default=10)
    parser.add_argument("--pki", type=pathlib.Path, required=True)
    for flag in ("--swap", "--secure", "--no-none", "--users", "--issued"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args()
    if not options.port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            options.port = free.getsockname()[1]
    return options


async def main(kind=Plant):
    logging.basicConfig(level="CRITICAL")
    plant = kind(options())
    await plant.build()
    await plant.serve()


if __name__ == "__main__":
    asyncio.run(main())
