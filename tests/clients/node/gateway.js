// A running `tieline run` for one test, and a `ws` client that can be asked for its next message.
//
// Used by the `*.test.js` files beside this one. The program is named by the environment variable TIELINE_BIN.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import WebSocket from "ws";

/** Long enough for a busy machine: reached only when something is wrong. */
const PATIENCE = 20_000;

/**
 * Starts a gateway with two dialects and those that `sections` names; it ends with the test. `sections` holds further lines
 * of TOML for a section.
 */
export async function startGateway(test, sections = {}) {
  const folder = await mkdtemp(join(tmpdir(), "tieline-"));
  const names = new Set(["vxvue", "fme", ...Object.keys(sections)]);
  const dialects = [...names].map((name) => `[${name}]\nlisten = "127.0.0.1:0"\n${sections[name] ?? ""}\n`);
  const store = `[store]\npath = ${JSON.stringify(join(folder, "data"))}\n`;
  const config = join(folder, "tieline.toml");
  await writeFile(config, `${store}[console]\nlisten = "127.0.0.1:0"\n${dialects.join("")}`);
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("TIELINE_")));
  const child = spawn(process.env.TIELINE_BIN, ["run", "--config", config], { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const said = [];
  const consoleUrl = new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const found = /console\s+(http:\/\/\S+)/.exec(line);
      if (found) resolve(found[1].replace(/\/$/, ""));
    });
    ended.then(([code]) => reject(new Error(`the gateway ended with ${code}:\n${said.join("\n")}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const [code] = await within(ended, "the gateway did not end");
    return code;
  };
  test.after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      await stop().catch(() => child.kill("SIGKILL"));
    }
    await rm(folder, { recursive: true, force: true });
  });
  const url = await within(consoleUrl, "the gateway has no first screen");
  const { listeners } = await (await fetch(`${url}/api/listeners`)).json();
  const addresses = Object.fromEntries(listeners.map((listener) => [listener.dialect, listener.address]));
  return { addresses, stop, client: (dialect, options) => Client.open(test, addresses[dialect], options) };
}

/** A `ws` connection whose messages wait until they are asked for. */
class Client {
  #waiting = [];
  #arrived = [];

  static async open(test, address, { path = "/", ...options } = {}) {
    const client = new Client();
    client.socket = new WebSocket(`ws://${address}${path}`, { perMessageDeflate: false, ...options });
    client.socket.on("message", (data, isBinary) => {
      assert.equal(isBinary, false);
      const text = data.toString();
      const waiting = client.#waiting.shift();
      if (waiting) waiting(text);
      else client.#arrived.push(text);
    });
    client.ended = once(client.socket, "close").then(([code, reason]) => ({ code, reason: reason.toString() }));
    test.after(() => client.socket.terminate());
    await within(once(client.socket, "open"), "the handshake is not done");
    return client;
  }

  send(message) {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The next message's text. */
  next() {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
    return within(new Promise((resolve) => this.#waiting.push(resolve)), "nothing was heard");
  }

  async nextJson() {
    return JSON.parse(await this.next());
  }

  /** The code and reason the connection ends with. */
  closed() {
    return within(this.ended, "the connection stays open");
  }
}

/** What the promise gives, or an error when it takes too long. */
export async function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} after ${PATIENCE} ms`)), PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
