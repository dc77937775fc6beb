// A real gateway goes away and comes back under open pages: TIELINE_BIN is the program to start as `tieline demo`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertClean, AWAY, Browser, until } from "./browser.mjs";

const PROGRAM = process.env.TIELINE_BIN;
const real = { skip: PROGRAM ? false : "TIELINE_BIN is not set: give the program to start as `tieline demo`" };
const EXAM_MS = 120_000;
let browser, folder, ports, demo;

before(async () => {
  browser = await Browser.open();
  folder = await mkdtemp(join(tmpdir(), "tieline-demo-"));
  ports = await freePorts(6);
});
after(async () => {
  await stop();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** Ports that were free a moment ago: the same ones have to be listened on twice. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const found = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return found;
}

async function start() {
  const sections = ["console.listen", "vxvue.listen", "fme.listen", "mr.listen", "mr.http", "opcua.listen"].flatMap((key, at) => ["--set", `${key}=127.0.0.1:${ports[at]}`]);
  demo = spawn(PROGRAM, ["demo", ...sections], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const answers = () => fetch(`http://127.0.0.1:${ports[0]}/api/listeners`).then((answer) => answer.ok, () => false);
  await until(answers, "the demo's console answers", 30_000);
}

async function stop(signal = "SIGTERM") {
  if (!demo || demo.exitCode !== null || demo.signalCode !== null) return;
  const ended = once(demo, "exit");
  demo.kill(signal);
  await ended;
}

for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`both pages survive a ${signal} and a new start`, real, async () => {
    await start();
    const overview = await browser.page();
    const display = await browser.page();
    await overview.goto(`http://127.0.0.1:${ports[0]}/`);
    await display.goto(`http://127.0.0.1:${ports[0]}/display`);
    await overview.getByText("12 on the plan").waitFor({ timeout: 30_000 });
    await display.locator(".patient-name").waitFor({ timeout: EXAM_MS });
    await stop(signal);
    await overview.getByText("Reconnecting").waitFor();
    await display.getByText("Not up to date").waitFor();
    await start();
    await overview.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
    await until(async () => (await display.locator(".band-stale").count()) === 0, "the display is sure again", 30_000);
    await display.locator(".patient-name").waitFor({ timeout: EXAM_MS });
    const drawn = () => overview.locator("canvas.plan").evaluate((canvas) => canvas.toDataURL());
    const before = await drawn();
    await until(async () => (await drawn()) !== before, "vehicles move again");
    for (const page of [overview, display]) {
      assertClean(page, { expected: AWAY });
      await page.close();
    }
    await stop();
  });
}
