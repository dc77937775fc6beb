// A gateway to OPC UA for what no real one does on demand: vanish, freeze, keep an answer back, refuse, lose its server. It
// serves the built page (of the console under test, when TIELINE_CONSOLE is its address) under the console's content
// security policy, and speaks in either form of scalars.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const BUILT = fileURLToPath(new URL("../../crates/console/ui/dist", import.meta.url));
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; style-src 'self'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const TYPE_IDS = { Boolean: 1, Int16: 4, UInt32: 7, Int64: 8, Double: 11, String: 12, ByteString: 15 };

/** For tests that need the built page. */
export const built = {
  skip: process.env.TIELINE_CONSOLE || existsSync(join(BUILT, "plant.html")) ? false : "there is no built page: set TIELINE_CONSOLE to the address of a console, or `npm run build` in crates/console/ui",
};

/** A variable as the gateway is configured with it. */
export const variable = (type, body, meta, more = {}) => ({ type, body, meta, status: 0, at: "2026-05-01T10:00:00Z", isArray: Array.isArray(body), history: [], ...more });

/** A small plant at rest. */
export const PLANT = () => ({
  "Oven.Temperature": variable("Double", 203.4, { DisplayName: "Temperature", Group: "Oven", Unit: "°C", Limits: { Min: "0", Max: "400" } }),
  "Oven.Setpoint": variable("Double", 200, { DisplayName: "Setpoint", Group: "Oven", Unit: "°C", Limits: { Min: "20", Max: "300" }, Writable: true }),
  "Oven.Zones": variable("Double", [198.1, 203.4, 205], { DisplayName: "Zones", Group: "Oven", Unit: "°C" }),
  "Pump.Switch": variable("Boolean", true, { DisplayName: "Switch", Group: "Pump", Writable: true }),
  "Pump.Pressure": variable("Double", 3.21, { DisplayName: "Pressure", Group: "Pump", Unit: "bar" }),
  "Alarm.Text": variable("String", "", { DisplayName: "Alarm" }),
  "Parts.Count": variable("Int64", "9007199254740993", undefined),
});

export class FakePlant {
  constructor({ variables = PLANT(), scalars = "string", httpPort = 0, port = 0 } = {}) {
    Object.assign(this, { variables, scalars, httpPort, port });
    Object.assign(this, { frozen: false, silentWrites: false, refusals: {}, serverAway: false, asked: [], hasOpcua: true });
  }

  get url() {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  async start() {
    this.http = createServer((request, response) => void this.#answer(request, response));
    this.wsHttp = createServer();
    this.sockets = new WebSocketServer({ server: this.wsHttp });
    this.sockets.on("connection", (socket) => {
      socket.monitors = new Map();
      socket.on("message", (raw) => this.frozen || this.#converse(socket, JSON.parse(String(raw))));
    });
    await listen(this.http, this.httpPort);
    await listen(this.wsHttp, this.port);
    this.httpPort = this.http.address().port;
    this.port = this.wsHttp.address().port;
    return this;
  }

  /** Vanishes as a killed process does. */
  async stop() {
    for (const socket of this.sockets.clients) socket.terminate();
    this.http.closeAllConnections();
    await Promise.all([this.http, this.wsHttp].map((server) => new Promise((done) => server.close(done))));
  }

  /** How many variables all clients watch. */
  get watched() {
    return [...this.sockets.clients].flatMap((socket) => [...socket.monitors.values()]);
  }

  /** What was asked of one type, newest last. */
  requests(type) {
    return this.asked.filter((message) => message.Header.MessageType === type).map((message) => message.Body);
  }

  /** A variable changes. */
  set(name, body, { status = 0 } = {}) {
    Object.assign(this.variables[name], { body, status, at: new Date().toISOString() });
    this.#tell(name);
  }

  /** The OPC UA server behind the gateway goes away, or comes back. */
  server(isAway) {
    this.serverAway = isAway;
    for (const name of Object.keys(this.variables)) this.#tell(name);
  }

  #tell(name) {
    if (this.frozen) return;
    for (const socket of this.sockets.clients) {
      for (const [handle, watched] of socket.monitors) if (watched === name) this.#update(socket, handle, name);
    }
  }

  #update(socket, handle, name) {
    const header = { MessageType: "MONITORUPDATE_MESSAGE", ClientHandle: handle };
    if (this.serverAway) return send(socket, { Header: { ...header, StatusCode: "BadNotConnected" } });
    send(socket, { Header: header, Body: this.#value(this.variables[name]) });
  }

  #value({ type, body, status, at }) {
    return this.#form({ Value: { Type: TYPE_IDS[type], Body: type === "Int64" && this.scalars === "native" ? Number(body) : body }, ...(status ? { Status: status } : {}), SourceTimestamp: at });
  }

  /** Scalars as texts, nothing as an empty text: the form that clients in the field know. */
  #form(value) {
    return this.scalars === "native" ? value : texts(value, "");
  }

  #converse(socket, message) {
    this.asked.push(message);
    const { Header: { MessageType: type, ClientHandle: handle }, Body: body } = message;
    const header = { MessageType: type.replace("REQUEST", "RESPONSE"), ClientHandle: String(handle) };
    const answer = (Body) => send(socket, { Header: header, Body });
    const refuse = (StatusCode) => send(socket, { Header: { ...header, StatusCode } });
    if (this.refusals[type]) return answer({ StatusCode: this.refusals[type] });
    switch (type) {
      case "VALUELIST_REQUEST":
        return answer(this.#form({ Variables: Object.keys(this.variables).sort() }));
      case "VALUEINFO_REQUEST":
        return answer({ Variables: body.Variables.length === 0 ? this.#form([]) : body.Variables.map((name) => this.#info(name)) });
      case "MONITORSTART_REQUEST":
        socket.monitors.set(String(handle), body.Variable);
        answer(this.#form({}));
        return this.#update(socket, String(handle), body.Variable);
      case "MONITORSTOP_REQUEST":
        return socket.monitors.delete(String(handle)) ? answer(this.#form({})) : answer({ StatusCode: "BadNoEntryExists" });
      case "WRITE_REQUEST":
        if (this.silentWrites) return undefined;
        if (this.writeRefusal) return refuse(this.writeRefusal);
        answer(this.#form({}));
        return this.set(body.Variable, coerced(body.Value.Value));
      case "HISTORICALREAD_REQUEST": {
        const { history } = this.variables[body.Variable];
        return history === null ? answer({ StatusCode: "BadHistoryOperationUnsupported" }) : answer(this.#form({ DataValues: history }));
      }
      default:
        return refuse("BadRequestHeaderInvalid");
    }
  }

  #info(name) {
    const known = this.variables[name];
    if (!known) return { Variable: name, StatusCode: "BadNodeIdUnknown" };
    const meta = known.meta && (this.scalars === "native" ? known.meta : texts(known.meta, " "));
    return { ...this.#form({ Variable: name, Type: known.type, IsArray: known.isArray }), ...(meta ? { MetaData: meta } : {}) };
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, "http://fake");
    if (this.frozen) return;
    if (pathname === "/api/listeners") {
      const listeners = this.hasOpcua ? [{ dialect: "opcua", title: "JSON gateway to OPC UA", address: `127.0.0.1:${this.port}`, tls: false }] : [];
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ name: "tieline", version: "0.1.0", demo: false, started: new Date().toISOString(), listeners }));
    }
    try {
      const [type, body] = await builtPage(pathname);
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }
}

/** An hour of values, one each `everyS` seconds, as the gateway gives them out. */
export function hour(number, everyS = 5) {
  const now = Date.now();
  return Array.from({ length: 3600 / everyS }, (_, at) => ({
    Value: { Type: 11, Body: number(at) },
    SourceTimestamp: new Date(now - 3_600_000 + at * everyS * 1000).toISOString(),
  }));
}

function texts(value, prefix) {
  if (Array.isArray(value)) return value.length === 0 ? "" : value.map((one) => texts(one, prefix));
  if (typeof value !== "object" || value === null) return `${prefix}${value ?? ""}`;
  const members = Object.entries(value).map(([key, member]) => [key, texts(member, prefix)]);
  return members.length === 0 ? "" : Object.fromEntries(members);
}

function coerced({ Type: type, Body: body }) {
  return type === 1 ? body === "true" : [4, 7, 11].includes(type) ? Number(body) : body;
}

function send(socket, message) {
  socket.send(JSON.stringify(message));
}

async function builtPage(path) {
  if (process.env.TIELINE_CONSOLE) {
    const answer = await fetch(new URL(path, process.env.TIELINE_CONSOLE));
    if (!answer.ok) throw new Error(`no page at ${path}`);
    return [answer.headers.get("content-type"), Buffer.from(await answer.arrayBuffer())];
  }
  const local = normalize(join(BUILT, path === "/plant" ? "/plant.html" : path));
  if (!local.startsWith(BUILT)) throw new Error("outside");
  return [TYPES[extname(local)] ?? "application/octet-stream", await readFile(local)];
}

function listen(server, port) {
  return new Promise((done, failed) => server.once("error", failed).listen(port, "127.0.0.1", done));
}
