// A gateway with a measuring project, for what no real one does on demand: vanish, freeze, keep an answer back, refuse. It
// serves the built page (of the console under test, when TIELINE_CONSOLE is its address) under the console's content
// security policy, the tail, and the paths that the executors answer.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync, crc32 } from "node:zlib";

const BUILT = fileURLToPath(new URL("../../crates/console/ui/dist", import.meta.url));
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** For tests that need the built page. */
export const built = {
  skip: process.env.TIELINE_CONSOLE || existsSync(join(BUILT, "project.html")) ? false : "there is no built page: set TIELINE_CONSOLE to the address of a console, or `npm run build` in crates/console/ui",
};

export class FakeProject {
  constructor({ httpPort = 0, commands = ["image", "elements"], uploadBytes = 1 << 20 } = {}) {
    Object.assign(this, { httpPort, commands, uploadBytes });
    Object.assign(this, { series: [], stages: [], clipboard: null, jobs: [], pictures: new Map() });
    Object.assign(this, { frozen: false, hasInspect: true, hasTail: true, keepsUploads: false, refusal: null, asked: [], uploads: [], tails: new Set() });
  }

  get url() {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  async start() {
    this.http = createServer((request, response) => void this.#answer(request, response));
    await new Promise((done, failed) => this.http.once("error", failed).listen(this.httpPort, "127.0.0.1", done));
    this.httpPort = this.http.address().port;
    this.beats = setInterval(() => this.frozen || this.#tell("beat", {}), 5000);
    return this;
  }

  /** Vanishes as a killed process does. */
  async stop() {
    clearInterval(this.beats);
    this.http.closeAllConnections();
    this.tails.clear();
    await new Promise((done) => this.http.close(done));
  }

  /** An image was imported. */
  image(name, file, { focalLength = 50, quietly = false, ...more } = {}) {
    let series = this.series.find((one) => one.name === name);
    if (!series) this.series.push((series = { id: this.series.length + 1, name, focal_length: focalLength, images: [] }));
    const job = this.job({ command: "image", file: `C:/temp/${file}`, name, quietly });
    const hash = (job.id * 7919).toString(16).padStart(64, "0");
    this.pictures.set(hash, png(40 + ((job.id * 53) % 200)));
    series.images.push({ id: job.id, hash, file, format: "JPEG", width: 4000, height: 3000, bytes: 5_242_880, camera: null, exif_focal_length: null, at: job.at, job: job.id, ...more });
    return job;
  }

  /** Elements were imported: into the clipboard, or into a new stage. */
  elements(file, elements, { stage = false } = {}) {
    const job = this.job({ command: "elements", file: `C:/temp/${file}` });
    const kept = { file, at: job.at, elements: elements.map((element, at) => ({ number: at + 1, ...element })) };
    if (stage) this.stages.push({ id: this.stages.length + 1, name: `Stage ${this.stages.length + 1}`, ...kept });
    else this.clipboard = kept;
    return job;
  }

  /** A job; it has ended unless `state` says otherwise. */
  job({ quietly = false, ...more } = {}) {
    const job = { id: this.jobs.length + 1, at: new Date().toISOString(), command: "image", by: "127.0.0.1:50000", state: "done", took_ms: 12, reply: "O.k.", detail: null, file: null, name: null, ...more };
    this.jobs.push(job);
    if (!quietly && !["waiting", "running"].includes(job.state)) this.publish(job);
    return job;
  }

  publish({ command, id, state, detail, file, name, took_ms }) {
    const event = { command, job: id, result: state === "done" ? "done" : "failed", ...(detail ? { detail } : {}), ...(file ? { file } : {}), ...(name === null ? {} : { name }), took_ms };
    this.#tell("message", { sequence: id, at: new Date().toISOString(), topic: `inspect.${command}`, dialect: "inspect", session: "0-1", event });
  }

  /** How often a path was asked for. */
  count(path) {
    return this.asked.filter((one) => one.startsWith(path)).length;
  }

  #tell(event, data) {
    if (!this.frozen) for (const tail of this.tails) tail.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async #answer(request, response) {
    const url = new URL(request.url, "http://fake");
    const json = (status, body) => response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(JSON.stringify(body));
    const told = (status, line) => response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`Tieline: ${line}\n`);
    if (this.frozen && url.pathname.startsWith("/api/")) return undefined;
    if (url.pathname === "/api/listeners") {
      const listeners = this.hasInspect ? [{ dialect: "inspect", title: "Command server of a measuring program (INSPECT)", address: "127.0.0.1:40010", tls: false }] : [];
      return json(200, { name: "tieline", version: "0.1.0", demo: false, started: new Date().toISOString(), listeners });
    }
    if (url.pathname === "/api/tail") {
      if (!this.hasTail) return told(503, "too many listen");
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write("event: beat\ndata: {}\n\n");
      this.tails.add(response);
      return request.on("close", () => this.tails.delete(response));
    }
    if (url.pathname.startsWith("/api/inspect/")) {
      if (!this.hasInspect) return told(404, "there is nothing at this path");
      return this.#call(url.pathname.slice("/api/inspect/".length), url.searchParams, request, response, json, told);
    }
    try {
      const [type, body] = await builtPage(url.pathname);
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  #call(path, query, request, response, json, told) {
    this.asked.push(path);
    const [offset, limit] = [Number(query.get("offset") ?? 0), Number(query.get("limit") ?? 100)];
    if (path === "project") return json(200, this.#project());
    if (path === "upload") return this.#upload(query, request, response, json, told);
    if (path === "jobs") {
      const before = Number(query.get("before") ?? Number.POSITIVE_INFINITY);
      const jobs = this.jobs.filter(({ id }) => id < before).reverse().slice(0, limit);
      return json(200, { jobs, total: this.jobs.length });
    }
    if (path === "clipboard" && this.clipboard) return json(200, page({ id: null, name: "Clipboard", ...this.clipboard }, offset, limit));
    const [kind, key] = path.split("/");
    if (kind === "thumbnail" && this.pictures.has(key)) return response.writeHead(200, { "content-type": "image/png", "cache-control": "no-store" }).end(this.pictures.get(key));
    const found = { jobs: this.jobs, series: this.series, stages: this.stages }[kind]?.find(({ id }) => id === Number(key));
    if (!found) return told(404, "there is nothing at this path");
    if (kind === "jobs") return json(200, found);
    if (kind === "stages") return json(200, page(found, offset, limit));
    const { id, name, focal_length, images } = found;
    return json(200, { id, name, focal_length, total: images.length, images: images.slice(offset, offset + limit) });
  }

  #project() {
    const about = ({ elements, ...more }) => ({ ...more, elements: elements.length });
    return {
      series: this.series.map(({ images, ...more }) => ({ ...more, images: images.length, latest: images.at(-1)?.at ?? null })),
      stages: this.stages.map(about),
      clipboard: this.clipboard && about(this.clipboard),
      commands: this.commands,
      upload_bytes: this.uploadBytes,
    };
  }

  async #upload(query, request, response, json, told) {
    if (this.refusal) {
      request.resume();
      return told(...this.refusal);
    }
    let size = 0;
    for await (const piece of request) size += piece.length;
    const asked = { ...Object.fromEntries(query), size };
    this.uploads.push(asked);
    if (this.keepsUploads) await new Promise((done) => (this.release = done));
    const { command, file, name = null } = asked;
    const by = "upload 127.0.0.1:50001";
    if (/broken/.test(file)) {
      const reply = `Error: Image could not be imported from file ${file}.`;
      return json(422, this.job({ command, file, name, by, state: "failed", reply, detail: "it is cut off" }));
    }
    if (command === "image") return json(200, Object.assign(this.image(name, file, { focalLength: Number(asked.focal_length) }), { by }));
    return json(200, Object.assign(this.elements(file, [point("Uploaded", 1, 2, 3)], { stage: asked.import_mode === "new_stage" }), { by }));
  }
}

export const point = (name, x, y, z, more = {}) => ({ kind: "point", type: "Point", name, id: null, points: [[x, y, z]], numbers: [], ...more });

function page({ elements, ...about }, offset, limit) {
  return { ...about, total: elements.length, elements: elements.slice(offset, offset + limit) };
}

/** A small picture of one grey. */
function png(grey) {
  const [width, height] = [32, 24];
  const part = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const rows = Buffer.concat(Array.from({ length: height }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(width, grey)])));
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), part("IHDR", head), part("IDAT", deflateSync(rows)), part("IEND", Buffer.alloc(0))]);
}

async function builtPage(path) {
  if (process.env.TIELINE_CONSOLE) {
    const answer = await fetch(new URL(path, process.env.TIELINE_CONSOLE));
    if (!answer.ok) throw new Error(`no page at ${path}`);
    return [answer.headers.get("content-type"), Buffer.from(await answer.arrayBuffer())];
  }
  const local = normalize(join(BUILT, path === "/project" ? "/project.html" : path));
  if (!local.startsWith(BUILT)) throw new Error("outside");
  return [TYPES[extname(local)] ?? "application/octet-stream", await readFile(local)];
}
