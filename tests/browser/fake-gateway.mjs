// A gateway for what no real one does on demand: vanish, freeze, lose messages, refuse, come back with another version. It
// serves the built pages under the console's own content security policy, the console's API and the X-ray hub's words.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const BUILT = fileURLToPath(new URL("../../crates/console/ui/dist", import.meta.url));
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; style-src 'self'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const PAGES = { "/": "/index.html", "/display": "/display.html" };
const KEPT = [101, 601, 1001];

export class FakeGateway {
  constructor({ version = "0.1.0", dialects = ["vxvue", "fme"], consolePort = 0, hubPort = 0 } = {}) {
    this.version = version;
    this.dialects = dialects;
    this.consolePort = consolePort;
    this.hubPort = hubPort;
    this.frozen = false;
    this.refuseRegister = false;
    this.counters = Object.fromEntries(["vxvue", "fme"].map((name) => [name, { sessions: 1, heard: 0, delivered: 0, lost: 0, refused: 0 }]));
    this.tails = new Set();
    this.kept = new Map();
    /** What pages are told of the room's console; `null` for a hub that does not say. */
    this.presence = { revision: 0, state: "here", since: null, hidden: false, nobody: true, consoles: 1, addresses: ["127.0.0.1:50000"], replay: true, hideAfterMs: 60_000 };
    this.sequence = 0;
    this.pings = 0;
  }

  get url() {
    return `http://127.0.0.1:${this.consolePort}`;
  }

  async start() {
    this.started = new Date().toISOString();
    this.http = createServer((request, response) => void this.#answer(request, response));
    await listen(this.http, this.consolePort);
    this.consolePort = this.http.address().port;
    this.hubHttp = createServer();
    this.hub = new WebSocketServer({ server: this.hubHttp });
    this.hub.on("connection", (socket) => this.#converse(socket));
    await listen(this.hubHttp, this.hubPort);
    this.hubPort = this.hubHttp.address().port;
    this.beats = setInterval(() => this.frozen || this.#tell("beat", {}), 5000);
    return this;
  }

  /** Vanishes as a killed process does. */
  async stop() {
    clearInterval(this.beats);
    for (const socket of this.hub.clients) socket.terminate();
    this.http.closeAllConnections();
    this.tails.clear();
    await Promise.all([this.http, this.hubHttp].map((server) => new Promise((done) => server.close(done))));
  }

  /** The console of the room says something; every registered display hears it. */
  room(command, data, receiver = 106) {
    const message = { sender: 2, receiver, command, ...(data ? { data } : {}) };
    if (KEPT.includes(command)) this.kept.set(command, message);
    if (command === 101) this.kept.delete(601);
    if (command === 1002) this.kept.clear();
    if (this.presence) this.presence.nobody = command === 1002 || (this.presence.nobody && command !== 101);
    const text = JSON.stringify(message);
    if (!this.frozen) for (const socket of this.hub.clients) if (socket.registered === receiver) socket.send(text);
    const name = { 101: "sendPatientInfo", 601: "sendStepInfo", 1001: "eventStartExam", 1002: "eventCompleteExam" }[command];
    const redacted = data && Object.fromEntries(Object.entries(data).map(([key, value]) => [key, key.startsWith("patient") ? "[patient data]" : value]));
    this.publish("vxvue", `vxvue.${receiver}.${command}`, { sender: 2, receiver, command, name, data: redacted ?? null });
  }

  /** A participant's words as they are passed on, whatever they are. */
  words(text, receiver = 106) {
    for (const socket of this.hub.clients) if (socket.registered === receiver) socket.send(text);
  }

  /** Something about the room's console has changed; pages that asked for it are told. */
  console(change) {
    this.presence = { ...this.presence, ...change, revision: this.presence.revision + 1 };
    for (const socket of this.hub.clients) if (socket.wantsPresence) this.#tellPresence(socket);
  }

  /** The gateway itself ends what it does not know any more. */
  end(receiver = 106) {
    this.kept.clear();
    this.presence.nobody = false;
    for (const socket of this.hub.clients) if (socket.registered === receiver) socket.send(JSON.stringify({ sender: 1, receiver, command: 1002 }));
  }

  #tellPresence(socket) {
    if (this.presence && !this.frozen) socket.send(JSON.stringify({ sender: 1, receiver: socket.registered, command: 0, presence: this.presence }));
  }

  /** A message on a stream. */
  stream(stream, message) {
    this.publish("fme", `fme.${stream}`, { stream, streams: [stream], message });
  }

  publish(dialect, topic, event) {
    this.counters[dialect].heard += 1;
    this.counters[dialect].delivered += 3;
    this.sequence += 1;
    const data = { sequence: this.sequence, at: new Date().toISOString(), topic, dialect, session: "0-1", event };
    if (!this.frozen) for (const tail of this.tails) if (tail.filters.some((filter) => matches(filter, topic))) write(tail.response, "message", data);
  }

  lose(count) {
    this.#tell("lost", { count });
  }

  #tell(event, data) {
    for (const tail of this.tails) write(tail.response, event, data);
  }

  #converse(socket) {
    socket.on("message", (raw) => {
      if (this.frozen) return;
      const { sender, command, tieline } = JSON.parse(String(raw));
      if (command === 11 && this.refuseRegister) {
        return socket.send('{"sender":1,"command":11,"res":0,"data":{"status":0,"error":5,"message":"not permitted here"}}');
      }
      if (command === 1) this.pings += 1;
      socket.send(JSON.stringify({ sender: 1, command, data: { status: 1, error: null } }));
      if (command !== 11) return;
      socket.registered = sender;
      socket.wantsPresence = tieline === "presence";
      if (socket.wantsPresence) this.#tellPresence(socket);
      for (const message of this.kept.values()) if (message.receiver === sender) socket.send(JSON.stringify(message));
    });
  }

  async #answer(request, response) {
    const url = new URL(request.url, "http://fake");
    const json = (body) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (this.frozen && url.pathname.startsWith("/api/")) return;
    if (url.pathname === "/api/listeners") return json(this.#listeners());
    if (url.pathname === "/api/overview") {
      return json({ now: new Date().toISOString(), dialects: this.dialects.map((dialect) => ({ dialect, ...this.counters[dialect] })) });
    }
    if (url.pathname === "/api/tail") {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      write(response, "beat", {});
      const tail = { response, filters: url.searchParams.getAll("topic") };
      this.tails.add(tail);
      return request.on("close", () => this.tails.delete(tail));
    }
    try {
      const [type, body] = await page(PAGES[url.pathname] ?? url.pathname, url.pathname);
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  #listeners() {
    const all = {
      vxvue: { title: "X-ray console hub (VXvue)", address: `127.0.0.1:${this.hubPort}`, sample: { topic: "vxvue.106.601", message: '{"bodypartAlias":"CHEST","projectionAlias":"PA"}' } },
      fme: { title: "Stream server (FME)", address: "127.0.0.1:7078", sample: { topic: "fme.vehicles", message: '{"id":"visitor","lon":0.02,"lat":0.01}' } },
    };
    const listeners = this.dialects.map((dialect) => ({ dialect, tls: false, ...all[dialect] }));
    return { name: "tieline", version: this.version, demo: true, started: this.started, listeners };
  }
}

/** The built page: from the console under test when there is one, so that what is embedded is what is tested. */
async function page(file, path) {
  if (process.env.TIELINE_CONSOLE) {
    const answer = await fetch(new URL(path, process.env.TIELINE_CONSOLE));
    if (!answer.ok) throw new Error(`no page at ${path}`);
    return [answer.headers.get("content-type"), Buffer.from(await answer.arrayBuffer())];
  }
  const local = normalize(join(BUILT, file));
  if (!local.startsWith(BUILT)) throw new Error("outside");
  return [TYPES[extname(local)] ?? "application/octet-stream", await readFile(local)];
}

function listen(server, port) {
  return new Promise((done, failed) => server.once("error", failed).listen(port, "127.0.0.1", done));
}

function write(response, event, data) {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function matches(filter, topic) {
  const [want, have] = [filter.split("."), topic.split(".")];
  return want.every((token, at) => (token === ">" ? at < have.length : have[at] !== undefined && (token === "*" || token === have[at]))) && (want.at(-1) === ">" || want.length === have.length);
}
