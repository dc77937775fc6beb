// A demo of its own that a test can end and start again on the same ports: what several tests of restarts share.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./browser.mjs";

/** Everything that a demo listens on. */
const KEYS = ["console.listen", "vxvue.listen", "fme.listen", "mr.listen", "mr.http", "opcua.listen", "inspect.listen"];

export class Demo {
  /** One that has not begun; `program` is the gateway's. */
  static async prepare(program) {
    const folder = await mkdtemp(join(tmpdir(), "tieline-demo-"));
    const ports = await freePorts(KEYS.length);
    return Object.assign(new Demo(), { program, folder, ports, process: undefined });
  }

  /** Where one of the keys listens, as a page's address. */
  at(key) {
    return `http://127.0.0.1:${this.ports[KEYS.indexOf(key)]}`;
  }

  /** Starts it and waits until its console answers. */
  async start() {
    const sections = KEYS.flatMap((key, at) => ["--set", `${key}=127.0.0.1:${this.ports[at]}`]);
    this.process = spawn(this.program, ["demo", ...sections], { cwd: this.folder, stdio: ["ignore", "ignore", "inherit"] });
    const answers = () => fetch(`${this.at("console.listen")}/api/listeners`).then((answer) => answer.ok, () => false);
    await until(answers, "the demo's console answers", 30_000);
  }

  /** Ends it, if it runs. */
  async stop(signal = "SIGTERM") {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, "exit");
    process.kill(signal);
    await ended;
  }

  /** Ends it for good. */
  async remove() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Ports that were free a moment ago: the same ones have to be listened on twice. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const found = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return found;
}
