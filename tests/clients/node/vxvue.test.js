// The X-ray console hub, spoken to by displays made with `ws` (contract `vxvue`).

import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "./gateway.js";

const PATIENT =
  '{"sender":2,"receiver":0,"command":101,"data":{"patientId":"MARKER-7","patientName":"MARKER^NAME","patientBirth":null}}';
const STEP = '{"sender":2,"receiver":106,"command":601,"data":{"bodypartAlias":"HAND","projectionAlias":"PA"}}';
const COMPLETE = '{"sender":2,"receiver":106,"command":1002}';

async function participant(gateway, kind, options) {
  const client = await gateway.client("vxvue", options);
  client.send({ sender: kind, command: 11 });
  assert.deepEqual(await client.nextJson(), { sender: 1, command: 11, data: { status: 1, error: null } });
  return client;
}

/** What was said on this connection before has been heard, and nothing unexpected came back. */
async function pong(client) {
  client.send({ command: 1 });
  assert.deepEqual(await client.nextJson(), { sender: 1, command: 1, data: { status: 1, error: null } });
}

test("a display follows an exam", async (t) => {
  const gateway = await startGateway(t);
  const display = await participant(gateway, 106);
  const console = await participant(gateway, 2);
  for (const message of [PATIENT, STEP, COMPLETE]) {
    console.send(message);
    assert.equal(await display.next(), message);
  }
  await pong(console);
});

test("a display that arrives late is told, and after the exam it is not", async (t) => {
  const gateway = await startGateway(t);
  const console = await participant(gateway, 2);
  console.send(PATIENT);
  console.send(STEP);
  await pong(console);
  const late = await participant(gateway, 106);
  assert.deepEqual([await late.next(), await late.next()], [PATIENT, STEP]);
  console.send(COMPLETE);
  assert.equal(await late.next(), COMPLETE);
  const later = await participant(gateway, 106);
  await pong(later);
});

test("refusals name their code and no patient", async (t) => {
  const gateway = await startGateway(t);
  const stranger = await gateway.client("vxvue");
  const device = await participant(gateway, 102);
  const cases = [
    [stranger, "{", 0, 1],
    [stranger, '{"sender":0}', 0, 2],
    [stranger, PATIENT, 101, 4],
    [device, PATIENT, 101, 5],
    [device, PATIENT.replace('"sender":2', '"sender":102'), 101, 5],
  ];
  for (const [client, message, command, error] of cases) {
    client.send(message);
    const reply = await client.nextJson();
    const { message: what, ...data } = reply.data;
    assert.deepEqual({ ...reply, data }, { sender: 1, command, res: 0, data: { status: 0, error } }, message);
    assert.match(what, /^[^\n]+$/);
    assert.doesNotMatch(what, /MARKER/);
  }
  await pong(device);
});
