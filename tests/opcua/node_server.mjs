// The plant of `plant.json` as an OPC UA server, made with the Node library node-opcua: a second implementation beside
// `asyncua_server.py`, with the same options, nodes, commands and answers; read there what they are. Of the quirks of
// `quirk_server.py` it has the limits of its own.
//
//     node node_server.mjs [--port N] [--load N] [--swap] [--secure] [--no-none] [--users] [--issued] --pki DIR
//
// The library is looked up in the folder this is started in, since it is not installed beside this file. Where an entry
// of the plant has `node_opcua`, this library keeps only so many of its values whole: it forgets the namespace's URI of an
// ExpandedNodeId in an array, and a structure whose type it does not know.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const require = createRequire(join(process.cwd(), "package.json"));
const ua = require("node-opcua");
const { BinaryStream } = require("node-opcua-binary-stream");
const { getStandardDataTypeFactory } = require("node-opcua-factory");
const { DataType, MessageSecurityMode, SecurityPolicy, StatusCodes, Variant, VariantArrayType } = ua;

// Standard output is for answers; what the library has to say is talk.
console.log = console.info = console.error;
const say = (word, words) => process.stdout.write(`${word} ${JSON.stringify(words)}\n`);

const PLANT = JSON.parse(readFileSync(new URL("plant.json", import.meta.url), "utf8"));
const USERS = { operator: "op-secret" };
const SLOW = 5000;

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    load: { type: "string", default: "10" },
    pki: { type: "string" },
    swap: { type: "boolean", default: false },
    secure: { type: "boolean", default: false },
    "no-none": { type: "boolean", default: false },
    users: { type: "boolean", default: false },
    issued: { type: "boolean", default: false },
  },
});

/** A value of this type from the plant's words. */
function value(type, body) {
  if (body === null) return null;
  switch (type) {
    case DataType.Boolean: return body === "true";
    case DataType.Int64: return halves(BigInt.asUintN(64, BigInt(body)));
    case DataType.UInt64: return halves(BigInt(body));
    case DataType.Float: case DataType.Double: return { inf: Infinity, "-inf": -Infinity }[body] ?? Number(body);
    case DataType.DateTime: return new Date(body);
    case DataType.ByteString: return Buffer.from(body, "base64");
    case DataType.String: case DataType.Guid: case DataType.XmlElement: return body;
    case DataType.NodeId: return nodeId(body);
    case DataType.ExpandedNodeId: return expandedNodeId(body);
    case DataType.StatusCode: return status(body);
    case DataType.QualifiedName:
      return new ua.QualifiedName({ name: body.Name, namespaceIndex: Number(body.Uri ?? 0) });
    case DataType.LocalizedText: return new ua.LocalizedText({ locale: body.Locale || null, text: body.Text });
    case DataType.ExtensionObject: return structure(body);
    default: return Number(body);
  }
}

const halves = (whole) => [Number(whole >> 32n), Number(whole & 0xffffffffn)];
const status = (number) => ua.getStatusCodeFromCode(Number(number));

/** Kind and identifier as the library wants them. */
function id(body) {
  switch (body.IdType) {
    case "1": return [ua.NodeIdType.STRING, body.Id];
    case "2": return [ua.NodeIdType.GUID, body.Id];
    case "3": return [ua.NodeIdType.BYTESTRING, Buffer.from(body.Id, "base64")];
    default: return [ua.NodeIdType.NUMERIC, Number(body.Id)];
  }
}

const nodeId = (body) => new ua.NodeId(...id(body), Number(body.Namespace ?? 0));

function expandedNodeId(body) {
  const index = Number(body.Namespace ?? 0);
  const uri = Number.isNaN(index) ? body.Namespace : null;
  return new ua.ExpandedNodeId(...id(body), uri ? 0 : index, uri, Number(body.ServerUri ?? 0));
}

function structure(body) {
  const made = getStandardDataTypeFactory().constructObject(nodeId(body.TypeId));
  made.decode(new BinaryStream(Buffer.from(body.Body, "base64")));
  return made;
}

/** The same the other way round. */
function words(type, body) {
  if (body === null || body === undefined) return null;
  switch (type) {
    case DataType.Int64: return BigInt.asIntN(64, whole(body)).toString();
    case DataType.UInt64: return whole(body).toString();
    case DataType.Float: case DataType.Double: return numberWords(body);
    case DataType.DateTime: return body.toISOString();
    case DataType.ByteString: return body.toString("base64");
    case DataType.NodeId: case DataType.ExpandedNodeId: return idWords(body);
    case DataType.StatusCode: return String(body.value);
    case DataType.QualifiedName:
      return { Name: body.name, ...(body.namespaceIndex ? { Uri: String(body.namespaceIndex) } : {}) };
    case DataType.LocalizedText: return { Locale: body.locale ?? "", Text: body.text ?? "" };
    case DataType.ExtensionObject: return structureWords(body);
    case DataType.Variant: return { Type: String(body.dataType), Body: words(body.dataType, body.value) };
    case DataType.Guid: return body.toUpperCase();
    default: return String(body);
  }
}

const whole = ([high, low]) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

function numberWords(number) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  return Object.is(number, -0) ? "-0" : String(number);
}

function idWords(id) {
  const { STRING, GUID, BYTESTRING } = ua.NodeIdType;
  const kind = { [STRING]: "1", [GUID]: "2", [BYTESTRING]: "3" }[id.identifierType];
  const own = Buffer.isBuffer(id.value) ? id.value.toString("base64") : String(id.value);
  return {
    ...(kind ? { IdType: kind } : {}),
    Id: kind === "2" ? own.toUpperCase() : own,
    ...(id.namespaceUri || id.namespace ? { Namespace: String(id.namespaceUri || id.namespace) } : {}),
    ...(id.serverIndex ? { ServerUri: String(id.serverIndex) } : {}),
  };
}

function structureWords(body) {
  const stream = new BinaryStream(body.binaryStoreSize());
  body.encode(stream);
  return { TypeId: idWords(body.schema.encodingDefaultBinary), Body: stream.buffer.toString("base64") };
}

const TYPED = {
  [DataType.SByte]: Int8Array,
  [DataType.Byte]: Uint8Array,
  [DataType.Int16]: Int16Array,
  [DataType.UInt16]: Uint16Array,
  [DataType.Int32]: Int32Array,
  [DataType.UInt32]: Uint32Array,
  [DataType.Float]: Float32Array,
  [DataType.Double]: Float64Array,
};

function variant(type, body) {
  const { Array: Several, Scalar } = VariantArrayType;
  if (!Array.isArray(body)) return new Variant({ dataType: type, arrayType: Scalar, value: value(type, body) });
  const list = body.map((one) => value(type, one));
  return new Variant({ dataType: type, arrayType: Several, value: TYPED[type] ? TYPED[type].from(list) : list });
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const port = Number(options.port) || (await freePort());
const folder = (name) =>
  new ua.OPCUACertificateManager({ rootFolder: join(options.pki, name), automaticallyAcceptUnknownCertificate: true });
const [certificates, people] = [folder("server"), folder("people")];
await Promise.all([certificates.initialize(), people.initialize()]);
const secure = [SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss];
const server = new ua.OPCUAServer({
  port,
  host: "127.0.0.1",
  hostname: "127.0.0.1",
  alternateHostname: ["127.0.0.1", "localhost"],
  resourcePath: "/plant",
  serverCertificateManager: certificates,
  ...(options.issued
    ? { certificateFile: join(options.pki, "chain.pem"), privateKeyFile: join(options.pki, "key.pem") }
    : {}),
  userCertificateManager: people,
  securityPolicies: [...(options["no-none"] ? [] : [SecurityPolicy.None]), ...(options.secure ? secure : [])],
  securityModes: [
    ...(options["no-none"] ? [] : [MessageSecurityMode.None]),
    ...(options.secure ? [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt] : []),
  ],
  allowAnonymous: !options.users,
  userManager: { isValidUser: (name, password) => Object.hasOwn(USERS, name) && USERS[name] === password },
  serverInfo: { applicationUri: "urn:tieline:test:node-opcua", applicationName: { text: "test plant" } },
  // Every change is reported, and a batch of a thousand reads is one request.
  serverCapabilities: {
    minSupportedSampleRate: 0,
    maxSessions: 50,
    operationLimits: { maxNodesPerRead: 1000, maxNodesPerWrite: 1000, maxMonitoredItemsPerCall: 1000 },
  },
});
await server.initialize();

// The server's own limits, each by the name of its quirk in `quirk_server.py`.
const { serverCapabilities } = server.engine;
const { operationLimits } = serverCapabilities;
const LIMITS = {
  read: [operationLimits, "maxNodesPerRead"],
  write: [operationLimits, "maxNodesPerWrite"],
  items: [operationLimits, "maxMonitoredItemsPerCall"],
  subscription_items: [serverCapabilities, "maxMonitoredItemsPerSubscription"],
  subscriptions: [serverCapabilities, "maxSubscriptionsPerSession"],
  sessions: [serverCapabilities, "maxSessions"],
};
const usual = Object.fromEntries(Object.entries(LIMITS).map(([name, [holder, key]]) => [name, holder[key]]));
let mostSessions = 0;
server.on("create_session", () => (mostSessions = Math.max(mostSessions, server.currentSessionCount)));

const requests = { Read: 0, ReadValues: 0, Write: 0, HistoryRead: 0, CreateMonitoredItems: 0, Slow: 0 };
server.on("request", (request) => {
  const name = request.schema.name.replace("Request", "");
  if (name in requests) requests[name]++;
  if (name === "Read") requests.ReadValues += request.nodesToRead.length;
});

const space = server.engine.addressSpace;
const names = options.swap ? [...PLANT.namespaces].reverse() : PLANT.namespaces;
const spaces = Object.fromEntries(names.map((name) => [name, space.registerNamespace(name)]));
const [plant, spare] = PLANT.namespaces.map((name) => spaces[name]);

const nodes = new Map();
function add(path, dataType, first, { id = `s=${path}`, rank, status, at, namespace = plant, writable = true } = {}) {
  const isArray = first.arrayType === VariantArrayType.Array;
  const access = writable ? "CurrentRead | CurrentWrite" : "CurrentRead";
  const node = namespace.addVariable({
    organizedBy: space.rootFolder.objects,
    browseName: path,
    nodeId: id,
    dataType,
    valueRank: rank ?? (isArray ? 1 : -1),
    accessLevel: access,
    userAccessLevel: access,
    minimumSamplingInterval: 0,
  });
  node.setValueFromSource(first, status ?? StatusCodes.Good, at ?? new Date());
  if (namespace === plant) nodes.set(path, node);
  return node;
}

for (const { id: type, name, values, node_opcua: most } of PLANT.types) {
  add(`Scalar.${name}`, name, variant(type, values[0]));
  add(`Array.${name}`, name, variant(type, values.slice(0, most)));
}
const int = (number) => new Variant({ dataType: DataType.Int32, value: number });
const double = (number) => new Variant({ dataType: DataType.Double, value: number });
const text = (words) => new Variant({ dataType: DataType.String, value: words });
add("Scalar.Variant", "BaseDataType", int(42));
const several = [int(7), text("text")];
const list = { dataType: DataType.Variant, arrayType: VariantArrayType.Array };
add("Array.Variant", "BaseDataType", new Variant({ ...list, value: several }));
const matrix = { dataType: DataType.Double, arrayType: VariantArrayType.Matrix, dimensions: [2, 3] };
add("Odd.Matrix", "Double", new Variant({ ...matrix, value: Float64Array.of(1, 2, 3, 4, 5, 6.5) }), { rank: 2 });
add("Odd.Empty", "Int32", variant(DataType.Int32, []));
add("Odd.Null", "Int32", new Variant({ dataType: DataType.Null }));
add("Odd.ReadOnly", "Int32", int(1), { writable: false });
add("Odd.Bad", "Int32", int(1), { status: StatusCodes.BadSensorFailure });
add("Odd.Uncertain", "Int32", int(1), { status: StatusCodes.UncertainLastUsableValue });
const slow = add("Odd.Slow", "Int32", int(1));
function answerSlowly(done) {
  requests.Slow++;
  setTimeout(() => done(null, new ua.DataValue({ value: int(1) })), SLOW);
}
slow.bindVariable({ refreshFunc: answerSlowly }, true);
add("Counter", "Int32", int(0));
add("Place", "String", text("plant"));
add("Place", "String", text("spare"), { namespace: spare });
["i=4001", "g=12345678-1234-5678-9ABC-123456789ABC", "b=AAH/"].forEach((id, index) => {
  add(`Id.${index + 1}`, "Double", double(index + 1), { id });
});
for (let number = 0; number < 40; number++) add(`Long.${number}`, "String", text("x".repeat(4096)));
const bytes = (size) => new Variant({ dataType: DataType.ByteString, value: Buffer.alloc(size, 7) });
const image = add("Image", "ByteString", bytes(0));
const load = Array.from({ length: Number(options.load) }, (_, number) => add(`Load.${number}`, "Int32", int(0)));
add("History.None", "Double", double(0));
const { start, values: count } = PLANT.history;
const ramp = add("History.Ramp", "Double", double(0), { at: new Date(start) });
space.installHistoricalDataNode(ramp, { maxOnlineValues: count + 100 });
for (let number = 1; number < count; number++) {
  const at = new Date(Date.parse(start) + number * 1000);
  ramp.setValueFromSource(double(number), number % 100 === 99 ? StatusCodes.BadSensorFailure : StatusCodes.Good, at);
}

/** A folder that grows, and its methods. */
const owner = (parent, name, id) =>
  plant.addObject({ ...parent, browseName: name, nodeId: `s=${id}` });
const line = owner({ organizedBy: space.rootFolder.objects }, "Line", "Line");
function below(parent, name, dataType, first) {
  const id = `${parent.nodeId.value}.${name}`;
  const access = "CurrentRead | CurrentWrite";
  const options = { componentOf: parent, browseName: name, nodeId: `s=${id}`, dataType, minimumSamplingInterval: 0 };
  const node = plant.addVariable({ ...options, accessLevel: access, userAccessLevel: access });
  node.setValueFromSource(first);
  nodes.set(id, node);
}
below(line, "Speed", "Int32", int(5));
below(line, "Hidden", "Int32", int(5));
below(owner({ componentOf: line }, "Oven", "Line.Oven"), "Heat", "Double", double(21.5));
const argument = (name, dataType) => ({ name, dataType, description: { text: name } });
const adding = plant.addMethod(line, {
  browseName: "Add",
  nodeId: "s=Line.Add",
  inputArguments: [argument("Count", DataType.Byte), argument("Range", ua.resolveNodeId("i=884"))],
  outputArguments: [argument("Next", DataType.Int64), argument("Moved", ua.resolveNodeId("i=884"))],
});
adding.bindMethod(([count, range], _context, done) => {
  if (count.value > 100) return done(null, { statusCode: StatusCodes.BadOutOfRange });
  const moved = new ua.Range({ low: range.value.low + count.value, high: range.value.high });
  const whole = { dataType: DataType.Int64, arrayType: VariantArrayType.Scalar };
  const next = new Variant({ ...whole, value: halves(BigInt(count.value + 1)) });
  const outputArguments = [next, new Variant({ dataType: DataType.ExtensionObject, value: moved })];
  done(null, { statusCode: StatusCodes.Good, outputArguments });
});

/** Each of the nodes takes 1, 2, … up to `last`, with `every` milliseconds between. */
function climb(all, last, every) {
  const began = performance.now();
  const step = (number) => {
    for (const node of all) node.setValueFromSource(int(number));
    if (number < last) setTimeout(step, began + number * every - performance.now(), number + 1);
  };
  step(1);
}

function command(wanted) {
  const node = nodes.get(wanted.node);
  switch (wanted.do) {
    case "get": {
      const found = node.readValue();
      const { dataType, value, arrayType } = found.value;
      const isScalar = arrayType === VariantArrayType.Scalar;
      const body = isScalar ? words(dataType, value) : Array.from(value, (one) => words(dataType, one));
      return { Type: dataType, Body: body, Status: found.statusCode.value };
    }
    case "set":
      node.setValueFromSource(variant(node.readValue().value.dataType, wanted.body), status(wanted.status ?? 0));
      return {};
    case "fill":
      image.setValueFromSource(bytes(wanted.size));
      return {};
    case "quirk": {
      const [holder, key] = LIMITS[wanted.name];
      holder[key] = wanted.value ?? usual[wanted.name];
      return {};
    }
    case "forget":
      for (const session of Object.values(server.engine._sessions)) {
        server.engine.closeSession(session.authenticationToken, true, "Terminated");
      }
      return {};
    case "count":
      climb([nodes.get("Counter")], wanted.to, wanted.every);
      return {};
    case "load":
      climb(load, wanted.rounds, wanted.every);
      return {};
    case "grow":
      below(line, wanted.name, "Int32", int(7));
      space.rootFolder.objects.server.raiseEvent("GeneralModelChangeEventType", {});
      return {};
    case "shrink":
      space.deleteNode(nodes.get(`Line.${wanted.name}`));
      space.rootFolder.objects.server.raiseEvent("GeneralModelChangeEventType", {});
      return {};
    case "stats": {
      const items = Object.values(server.engine._sessions).reduce((sum, one) => sum + one.currentMonitoredItemCount, 0);
      const [sessions, subscriptions] = [server.currentSessionCount, server.currentSubscriptionCount];
      const most_sessions = mostSessions;
      mostSessions = sessions;
      return { sessions, most_sessions, subscriptions, items, requests };
    }
    default:
      throw new Error(`what is ${wanted.do}?`);
  }
}

await server.start();
const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  try {
    say("ANSWER", command(JSON.parse(line)));
  } catch (error) {
    say("ANSWER", { error: String(error) });
  }
});
input.on("close", () => process.exit(0));
say("READY", { port });
