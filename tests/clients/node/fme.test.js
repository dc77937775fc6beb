// The stream server, spoken to by applications made with `ws` (contract `fme`).

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket from "ws";
import { startGateway } from "./gateway.js";

async function reader(gateway, open, options) {
  const client = await gateway.client("fme", options);
  client.send({ ws_op: "open", ...open });
  await channels(client);
  return client;
}

/** What was said on this connection before has been heard; gives the number of channels. */
async function channels(client) {
  client.send({ ws_op: "admin", ws_msg: "getnumchannels()" });
  return (await client.nextJson()).numchannels;
}

test("both spellings of open, and the payload alone", async (t) => {
  const gateway = await startGateway(t);
  const sender = await reader(gateway, { ws_stream_ids: ["a"] });
  const old = await reader(gateway, { ws_stream_id: "a" }, { path: "/websocket" });
  sender.send({ ws_op: "send", ws_msg: "a text" });
  sender.send('{"ws_op":"send","ws_msg":{"x": 1.0,"y":[ ]}}');
  assert.deepEqual([await old.next(), await old.next()], ["a text", '{"x": 1.0,"y":[ ]}']);
  assert.equal(await channels(sender), "2");
});

test("close leaves the streams, open comes back", async (t) => {
  const gateway = await startGateway(t);
  const sender = await reader(gateway, { ws_stream_ids: ["a"] });
  const other = await reader(gateway, { ws_stream_ids: ["a", "b"] });
  other.send({ ws_op: "close" });
  assert.equal(await channels(other), "1");
  sender.send({ ws_op: "send", ws_msg: "missed" });
  await channels(sender);
  other.send({ ws_op: "open", ws_stream_ids: "a" });
  assert.equal(await channels(other), "2");
  sender.send({ ws_op: "send", ws_msg: "heard" });
  assert.equal(await other.next(), "heard");
});

test("channel info says where a client comes from", async (t) => {
  const gateway = await startGateway(t);
  const client = await reader(gateway, { ws_stream_ids: ["a"] });
  client.send({ ws_op: "admin", ws_msg: "getchannelinfo()" });
  const port = String(client.socket._socket.localPort);
  assert.deepEqual(await client.nextJson(), {
    numchannels: "1",
    channels: [{ port, stream: "a", host: "127.0.0.1", writable: "true" }],
  });
});

test("what is wrong is told, and the connection stays", async (t) => {
  const gateway = await startGateway(t);
  const client = await gateway.client("fme");
  for (const message of ["{", '{"ws_op":"send","ws_msg":1}', '{"ws_op":"open"}', '{"ws_op":"admin","ws_msg":"x"}']) {
    client.send(message);
    const reply = await client.nextJson();
    assert.deepEqual([reply.ws_op, typeof reply.ws_msg], ["error", "string"], message);
  }
  assert.equal(await channels(client), "0");
});

test("another path is HTTP 404", async (t) => {
  const gateway = await startGateway(t);
  const socket = new WebSocket(`ws://${gateway.addresses.fme}/other`);
  const [error] = await once(socket, "error");
  assert.equal(error.message, "Unexpected server response: 404");
});
