// What holds for a connection in any dialect, as the library `ws` shows it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { startGateway, within } from "./gateway.js";

async function pair(gateway, options) {
  const clients = [await gateway.client("fme", options), await gateway.client("fme", options)];
  for (const client of clients) {
    client.send({ ws_op: "open", ws_stream_ids: ["a"] });
    client.send({ ws_op: "admin", ws_msg: "getnumchannels()" });
    await client.next();
  }
  return clients;
}

for (const perMessageDeflate of [false, true]) {
  const how = perMessageDeflate ? "compressed" : "plain";

  test(`${how}: texts short and long arrive whole`, async (t) => {
    const gateway = await startGateway(t);
    const [sender, reader] = await pair(gateway, { perMessageDeflate });
    assert.equal(reader.socket.extensions.startsWith("permessage-deflate"), perMessageDeflate);
    for (const text of ["", "ä€😀", "x".repeat(70_000), "0123456789abcdef".repeat(3 * 65_536)]) {
      sender.send({ ws_op: "send", ws_msg: text });
      assert.equal(await reader.next(), text);
    }
  });

  test(`${how}: a message in fragments is one message`, async (t) => {
    const gateway = await startGateway(t);
    const [sender, reader] = await pair(gateway, { perMessageDeflate });
    const whole = Buffer.from('{"ws_op":"send","ws_msg":"ä€😀"}');
    // One byte a frame, so that every character is cut; a ping may stand between fragments.
    for (const [index, byte] of whole.entries()) {
      sender.socket.send(Buffer.of(byte), { binary: false, fin: index === whole.length - 1, compress: perMessageDeflate });
      if (index === 3) sender.socket.ping();
    }
    assert.equal(await reader.next(), "ä€😀");
  });
}

test("a binary frame is refused with 1003", async (t) => {
  const gateway = await startGateway(t);
  for (const dialect of ["vxvue", "fme"]) {
    const client = await gateway.client(dialect);
    client.socket.send(Buffer.of(0, 255));
    assert.equal((await client.closed()).code, 1003);
  }
});

test("text that is not UTF-8 is refused with 1007", async (t) => {
  const gateway = await startGateway(t);
  const client = await gateway.client("fme");
  client.socket.send(Buffer.of(0x22, 0xc3, 0x28, 0x22), { binary: false });
  assert.equal((await client.closed()).code, 1007);
});

test("a ping is answered with its own words", async (t) => {
  const gateway = await startGateway(t);
  const client = await gateway.client("vxvue");
  const pong = once(client.socket, "pong");
  client.socket.ping("still there?");
  const [words] = await within(pong, "no pong");
  assert.equal(words.toString(), "still there?");
});

test("a client that closes is answered", async (t) => {
  const gateway = await startGateway(t);
  const client = await gateway.client("fme");
  client.socket.close(1000, "done");
  assert.equal((await client.closed()).code, 1000);
});

test("a gateway that stops says 1001 to everybody and ends well", async (t) => {
  const gateway = await startGateway(t);
  const clients = [];
  for (const dialect of ["vxvue", "fme", "vxvue", "fme"]) clients.push(await gateway.client(dialect));
  const [code, ...ends] = await Promise.all([gateway.stop(), ...clients.map((client) => client.closed())]);
  assert.equal(code, 0);
  assert.deepEqual(ends.map((end) => end.code), [1001, 1001, 1001, 1001]);
});
