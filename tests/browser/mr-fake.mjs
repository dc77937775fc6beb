// The MR dialect's site and WebSocket for what no real gateway does on demand: vanish, freeze, keep a frame back, say any
// verdict. It serves the built page (of the gateway under test, when TIELINE_MR is its address) under the console's content
// security policy and escapes texts as the gateway does.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const BUILT = fileURLToPath(new URL("../../crates/console/ui/dist", import.meta.url));
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; style-src 'self'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** For tests that need the built page. */
export const built = {
  skip: process.env.TIELINE_MR || existsSync(join(BUILT, "mr.html")) ? false : "there is no built page: set TIELINE_MR to the address of a gateway's, or `npm run build` in crates/console/ui",
};

/** What a header says when nothing is unusual about it. */
export const HEADER = {
  Phase: 1, iPAT: "p2", AcqTime: "101500.250000", AcqDate: "20241016", SeriesNumber: 17, SubID: "DOE^JANE", Comments: "Unaliased MB3/PE3",
  Operator: "null", Station: "AWP167046", Project: "Brain^Habit", SequenceName: "HabitTask_704x752", SequenceType: "epfid2d1_88", PED_major: "COL",
  TR: 1300.0, TE: 30.0, Matrix: [88, 0, 0, 88], PixelResol: [2.3, 2.3], BWP: 2480.0, BWPPE: 26.1, FA: 60.0, TA: "TA 06:38", FoV: "FoV 704*752",
  Shims: "-1,1174,-475,-7,83,-34,-209", SequenceFile: "%SiemensSeq%/ep2d_bold", dcm_path: "/data/dicomstream/001_000017_000001.dcm",
};
export const TEMPLATE = {
  n: 23, Project: "Brain^Habit", SequenceName: "HabitTask_704x752", param_id: 121, first: "20220913", last: "20241009", multiecho_tes: "30.0", is_ideal: "null",
  iPAT: "p2", Comments: "Unaliased MB3/PE3", SequenceType: "epfid2d1_88", PED_major: "COL", Phase: "1", TR: "1300.0", TE: "30.0", Matrix: "[88, 0, 0, 88]",
  PixelResol: "[2.3, 2.3]", BWP: "2480.0", BWPPE: "26.1", FA: "60.0", TA: "TA 06:38", FoV: "FoV 704*752", SequenceFile: "%SiemensSeq%/ep2d_bold",
};

/** The contents of three verdicts on a header that may be changed. */
export const conforms = (input = {}) => ({ conforms: true, errors: {}, input: { ...HEADER, ...input }, template: TEMPLATE, verdict: "conforms" });
export const noTemplate = (input = {}) => ({ conforms: true, errors: {}, input: { ...HEADER, ...input }, template: {}, verdict: "no_template" });
export function differs(changes, input = {}) {
  const errors = Object.fromEntries(Object.entries(changes).map(([name, have]) => [name, { expect: TEMPLATE[name] ?? "null", have }]));
  return { conforms: false, errors, input: { ...HEADER, ...changes, ...input }, template: TEMPLATE, verdict: "differs" };
}

/** What a verdict says of its series as a whole. */
export const series = (uid, images = 1, differing = 0, first = null, input = HEADER) => ({ number: input.SeriesNumber, name: input.SequenceName, uid, images, differing, first_differing: first });

export class FakeScanners {
  /** `history`: what `/history` answers with, newest first, or `null` for a gateway that has none. `choose`: whether pages may. */
  constructor({ escapeHtml = true, httpPort = 0, port = 0, history = null, choose = false } = {}) {
    Object.assign(this, { escapeHtml, httpPort, port, history, choose, frozen: false, deaf: false, states: 0, asked: [], chosen: [], refusal: null, state: {} });
  }

  get url() {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  async start() {
    this.http = createServer((request, response) => void this.#answer(request, response));
    this.wsHttp = createServer();
    this.sockets = new WebSocketServer({ server: this.wsHttp });
    this.sockets.on("connection", (socket, request) => (socket.path = request.url));
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

  /** A verdict. `deaf` sockets look open and hear nothing. */
  new(station, content) {
    this.state[station] = { station, content };
    this.#tell({ station, type: "new", content });
  }

  update(station, content) {
    this.#tell({ station, type: "update", content });
  }

  /** More images of a series; the state follows when it is the station's last one. */
  series(station, content) {
    const last = this.state[station];
    if (last?.content.series?.uid === content.uid) last.content = { ...last.content, series: content };
    this.#tell({ station, type: "series", content });
  }

  /** A session has ended. */
  session(station, content) {
    const last = this.state[station];
    if (last) last.content = { ...last.content, session: content };
    this.#tell({ station, type: "session", content });
  }

  unreadable(path, reason) {
    this.#tell({ station: null, type: "unreadable", content: { path, reason } });
  }

  #tell(frame) {
    if (this.frozen || this.deaf) return;
    for (const socket of this.sockets.clients) {
      const { pathname, searchParams } = new URL(socket.path, "http://fake");
      const extra = { series: "series", session: "sessions" }[frame.type];
      if (extra && !searchParams.has(extra)) continue;
      if (pathname === "/" || pathname === `/station/${encodeURIComponent(frame.station)}`) socket.send(this.#json(frame));
    }
  }

  #json(value) {
    return JSON.stringify(this.escapeHtml ? escaped(value) : value);
  }

  #day(asked) {
    this.asked.push(Object.fromEntries(asked));
    const [before, limit] = [Number(asked.get("before") ?? 0), Number(asked.get("limit"))];
    const of = this.history.filter(({ station, began }) => (asked.get("station") ?? station) === station && began >= asked.get("since"));
    return { series: of.slice(before, before + limit), next: before + limit < of.length ? before + limit : null };
  }

  async #choice(request, response) {
    let body = "";
    for await (const piece of request) body += piece;
    this.chosen.push(JSON.parse(body));
    const [status, type, told] = this.refusal ? [403, "text/plain; charset=utf-8", `Tieline: ${this.refusal}\n`] : [200, "application/json", "{}"];
    response.writeHead(status, { "content-type": type }).end(told);
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://fake");
    const json = (body) => response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" }).end(body);
    if (this.frozen) return;
    if (pathname === "/settings") return json(JSON.stringify({ port: this.port, tls: false, escape_html: this.escapeHtml, history: this.history !== null, choose: this.choose }));
    if (pathname === "/history" && this.history) return json(this.#json(this.#day(searchParams)));
    if (pathname === "/choose" && request.method === "POST") return this.#choice(request, response);
    if (pathname === "/state") {
      this.states += 1;
      return json(this.#json(this.state));
    }
    try {
      const [type, body] = await builtPage(pathname);
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }
}

/** An entry of the history: a series that began at this time. */
export function remembered(station, uid, began, content, of = series(uid, 12, 0, null, content.input)) {
  return { station, uid, began, at: began, content: { ...content, series: of }, series: of };
}

async function builtPage(path) {
  if (process.env.TIELINE_MR) {
    const answer = await fetch(new URL(path, process.env.TIELINE_MR));
    if (!answer.ok) throw new Error(`no page at ${path}`);
    return [answer.headers.get("content-type"), Buffer.from(await answer.arrayBuffer())];
  }
  const file = path === "/" || /^\/scanner\/[^/]+$/.test(path) ? "/mr.html" : path.replace(/^\/scanner/, "");
  const local = normalize(join(BUILT, file));
  if (!local.startsWith(BUILT)) throw new Error("outside");
  return [TYPES[extname(local)] ?? "application/octet-stream", await readFile(local)];
}

function escaped(value) {
  if (typeof value === "string") return value.replace(/[&<>"']/g, (one) => ENTITIES[one]);
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [escaped(key), escaped(member)]));
}

function listen(server, port) {
  return new Promise((done, failed) => server.once("error", failed).listen(port, "127.0.0.1", done));
}
