// Variables of a real OPC UA server, spoken to by applications made with `ws` (contract `opcua`). TIELINE_OPCUA names the
// folder with the server's library.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { startGateway, within } from "./gateway.js";

const FOLDER = new URL("../../opcua/", import.meta.url);
const PLANT = JSON.parse(await readFile(new URL("plant.json", FOLDER), "utf8"));

/** A server of `tests/opcua`; it ends with the test. */
async function startServer(test) {
  const libraries = process.env.TIELINE_OPCUA;
  assert.ok(libraries, "TIELINE_OPCUA names no folder: `cargo xtask test opcua` makes one and prints its name");
  const pki = await mkdtemp(join(tmpdir(), "tieline-opcua-"));
  const script = new URL("node_server.mjs", FOLDER).pathname;
  const child = spawn("node", [script, "--pki", pki], { cwd: libraries, stdio: ["pipe", "pipe", "ignore"] });
  const ended = once(child, "exit");
  test.after(async () => {
    child.kill("SIGKILL");
    await ended;
    await rm(pki, { recursive: true, force: true });
  });
  const waiting = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, words] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
    if (word === "READY" || word === "ANSWER") waiting.shift()?.(JSON.parse(words));
  });
  const answer = () => within(new Promise((resolve) => waiting.push(resolve)), "the server says nothing");
  const { port } = await answer();
  const ask = (command) => {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    return answer();
  };
  return { port, ask };
}

function section(port, scalars) {
  const variable = (name, type) => `[[opcua.server.variable]]\nname = "${name}"\nnode = "ns=1;s=${name}"\ntype = "${type}"\n`;
  const head = `scalars = "${scalars}"\n[[opcua.server]]\nname = "plant"\nendpoint = "opc.tcp://127.0.0.1:${port}"\n`;
  // Every change is of interest, however fast it goes.
  const namespaces = `namespaces = ${JSON.stringify(PLANT.namespaces)}\nsampling = "0"\n`;
  const plain = PLANT.types.filter(({ name }) => name !== "Structure").map(({ name }) => variable(`Scalar.${name}`, name));
  return head + namespaces + plain.join("") + variable("Counter", "Int32") + variable("Place", "String");
}

async function ask(client, kind, body, handle = "1") {
  client.send({ Header: { MessageType: `${kind}_REQUEST`, ClientHandle: handle }, Body: body });
  const answer = await client.nextJson();
  assert.deepEqual([answer.Header.MessageType, answer.Header.ClientHandle], [`${kind}_RESPONSE`, handle]);
  return answer;
}

async function pair(t, scalars) {
  const server = await startServer(t);
  const gateway = await startGateway(t, { opcua: section(server.port, scalars) });
  const client = await gateway.client("opcua");
  const found = async () => {
    while (!(await ask(client, "READ", { Variable: "Place" })).Body.Value);
  };
  await within(found(), "the gateway does not find the server");
  return { server, gateway, client };
}

for (const scalars of ["string", "native"]) {
  test(`every type is read and written, ${scalars}`, async (t) => {
    const { server, client } = await pair(t, scalars);
    for (const { id, name, values } of PLANT.types.filter(({ name }) => name !== "Structure")) {
      const Variable = `Scalar.${name}`;
      const { Value } = (await ask(client, "READ", { Variable })).Body;
      assert.equal(String(Value.Type), String(id), name);
      if (typeof values[0] === "string" && scalars === "string") assert.equal(Value.Body, values[0]);
      // Either form is understood, whichever is written.
      const written = await ask(client, "WRITE", { Variable, Value: { Value: { Type: String(id), Body: values.at(-1) ?? "" } } });
      assert.deepEqual(written.Body, scalars === "string" ? "" : {}, name);
      const { Type } = await server.ask({ do: "get", node: Variable });
      assert.equal(Type, id, name);
    }
  });
}

test("a monitor hears every change", async (t) => {
  const { server, client } = await pair(t, "string");
  assert.equal((await ask(client, "MONITORSTART", { Variable: "Counter" }, "m")).Body, "");
  const update = async () => {
    const { Header, Body } = await client.nextJson();
    assert.deepEqual(Header, { MessageType: "MONITORUPDATE_MESSAGE", ClientHandle: "m" });
    return Body.Value.Body;
  };
  assert.equal(await update(), "0");
  await server.ask({ do: "count", to: 30, every: 100 });
  for (let number = 1; number <= 30; number++) assert.equal(await update(), String(number));
  assert.equal((await ask(client, "MONITORSTOP", { Variable: "Counter" }, "m")).Body, "");
});
