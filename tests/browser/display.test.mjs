// The room display against a gateway that misbehaves on demand.
import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, test } from "node:test";
import { assertClean, assertNoSidewaysScroll, AWAY, Browser, until } from "./browser.mjs";
import { FakeGateway } from "./fake-gateway.mjs";

const PATIENT = { patientId: "MARKER-4711", patientName: "MARKER^NAME", patientBirth: "1962-03-14" };
const STEP = { bodypartAlias: "CHEST", projectionAlias: "PA" };
let browser, gateway;

before(async () => (browser = await Browser.open()));
after(() => browser.close());
beforeEach(async () => (gateway = await new FakeGateway().start()));
afterEach(() => gateway.stop().catch(() => undefined));

async function open(options = {}, path = "/display") {
  const page = await browser.page(options);
  await page.goto(gateway.url + path);
  return page;
}

const ready = (page) => page.getByText("Ready for the next patient").waitFor();
const startExam = () => [gateway.room(101, PATIENT), gateway.room(1001), gateway.room(601, STEP)];
const patientShown = (page) => page.getByText("MARKER, NAME").waitFor();

/** Nothing of the patient is left anywhere that a page can look. */
async function assertForgotten(page) {
  const kept = await page.evaluate(() => [document.documentElement.outerHTML, document.title, JSON.stringify({ ...localStorage, ...sessionStorage }), location.href].join("\n"));
  assert.doesNotMatch(kept, /MARKER|1962/);
}

test("shows patient, step and state very large, and forgets at once when the exam completes", async () => {
  const page = await open({ viewport: { width: 1920, height: 1080 } });
  await ready(page);
  gateway.room(101, PATIENT);
  await patientShown(page);
  await page.getByText("Exam not started").waitFor();
  gateway.room(1001);
  await page.getByText("Exam in progress").waitFor();
  gateway.room(601, STEP);
  await page.getByText("CHEST").waitFor();
  for (const text of ["MARKER-4711", "1962-03-14", "PA"]) await page.getByText(text, { exact: true }).waitFor();
  // 4 m need about 20 mm: 72 px of capital height on a 24 inch monitor of this size, which is a size of 100 px.
  for (const text of ["CHEST", "PA", "MARKER, NAME"]) {
    const size = await page.getByText(text, { exact: true }).evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    assert.ok(size >= 100, `${text} is ${size} px`);
  }
  gateway.room(1002);
  await ready(page);
  await assertForgotten(page);
  assertClean(page);
  await page.close();
});

test("a patient announced in loosely written words takes the former one's place", async () => {
  const page = await open();
  await ready(page);
  startExam();
  await patientShown(page);
  gateway.words("{\n  sender: 2, // VXvue\n  \"receiver\": 106, \"command\": 101, /* next */\n  'data': { \"patientId\": \"NEXT-1\", \"patientName\": \"Roe^Jo\", },\n}");
  await page.getByText("Roe, Jo").waitFor();
  await assertForgotten(page);
  gateway.room(101, PATIENT);
  await patientShown(page);
  // Nobody can say whether it named a patient.
  gateway.words("{ \"sender\": 2, \"command\": 101, \"data\": <patient> }");
  await page.getByText("Patient cannot be read").waitFor();
  await assertForgotten(page);
  assertClean(page);
  await page.close();
});

test("a display that is opened late shows the exam that is under way", async () => {
  startExam();
  const page = await open();
  await patientShown(page);
  await page.getByText("Exam in progress").waitFor();
  await page.getByText("CHEST").waitFor();
  await page.close();
});

test("a new patient takes the place of the one before, step and state included", async () => {
  startExam();
  const page = await open();
  await patientShown(page);
  gateway.room(101, { patientId: "OTHER-1", patientName: "Other^Person" });
  await page.getByText("Other, Person").waitFor();
  await page.getByText("No step chosen yet").waitFor();
  await page.getByText("Exam not started").waitFor();
  await assertForgotten(page);
  await page.close();
});

test("a restart is survived: said at once, and afterwards the room is what the hub says it is", async () => {
  startExam();
  const page = await open();
  await patientShown(page);
  await gateway.stop();
  await page.getByText("Not up to date").waitFor();
  await page.getByText(/Reconnecting/).waitFor();
  await patientShown(page);
  // Whether the exam ended meanwhile nobody told this display: the hub, new and empty, has nothing to show.
  gateway.kept.clear();
  gateway.presence = { ...gateway.presence, state: "waiting", nobody: false, revision: 0 };
  await gateway.start();
  await page.getByText("Waiting for the console").waitFor();
  await assertForgotten(page);
  startExam();
  await patientShown(page);
  assertClean(page, { expected: AWAY });
  await page.close();
});

test("a restart that keeps the exam brings it back without showing an empty room between", async () => {
  startExam();
  const page = await open();
  await patientShown(page);
  await page.evaluate(() => {
    window.sawIdle = false;
    new MutationObserver(() => (window.sawIdle ||= document.body.textContent.includes("next patient"))).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await gateway.stop();
  await page.getByText("Not up to date").waitFor();
  await gateway.start();
  await page.getByText("Exam in progress", { exact: true }).waitFor();
  await patientShown(page);
  assert.equal(await page.evaluate(() => window.sawIdle), false);
  await page.close();
});

test("silence is stale after ten seconds even while the socket stays open, and pings go out", async () => {
  startExam();
  const page = await open({ clock: true });
  await patientShown(page);
  const pings = gateway.pings;
  for (let turn = 0; turn < 3; turn += 1) {
    await page.clock.runFor(4000);
    await until(() => gateway.pings > pings + turn, "a ping every four seconds");
  }
  await patientShown(page);
  assert.equal(await page.getByText("Not up to date").count(), 0);
  gateway.frozen = true;
  await page.clock.runFor(9000);
  assert.equal(await page.getByText("Not up to date").count(), 0, "nine seconds are not yet ten");
  await page.clock.runFor(1500);
  await page.getByText("Not up to date").waitFor();
  await page.getByText("Last known: exam in progress.").waitFor();
  await page.close();
});

test("after sixty seconds of being stale the patient is gone, and comes back only from the hub", async () => {
  startExam();
  const page = await open({ clock: true });
  await patientShown(page);
  await gateway.stop();
  await page.getByText("Not up to date").waitFor();
  await page.clock.fastForward(50_000);
  await patientShown(page);
  await page.clock.fastForward(11_000);
  await page.getByText("Patient hidden").waitFor();
  await assertForgotten(page);
  await gateway.start();
  await until(async () => {
    await page.clock.runFor(1000);
    return (await page.getByText("MARKER, NAME").count()) === 1;
  }, "the patient is shown again");
  await page.close();
});

test("a refused registration and a hub that is off are said in a sentence", async () => {
  gateway.refuseRegister = true;
  let page = await open();
  await page.getByText("The hub refuses this display: not permitted here").waitFor();
  await page.close();
  gateway.dialects = ["fme"];
  page = await open();
  await page.getByText("its configuration has no [vxvue] section").waitFor();
  assertClean(page);
  await page.close();
});

test("a console that is away is said at once, hidden when the gateway says so, and back as if nothing had been", async () => {
  startExam();
  const page = await open({ clock: true });
  await patientShown(page);
  const since = new Date(2026, 0, 2, 3, 4).toISOString();
  gateway.console({ state: "away", since, consoles: 0, addresses: [] });
  await page.getByText("Console away since 03:04").waitFor();
  await page.getByText("Last known: exam in progress.").waitFor();
  await patientShown(page);
  gateway.console({ hidden: true });
  await page.getByText("Patient hidden").waitFor();
  await page.getByText("Console away since 03:04").waitFor();
  await assertForgotten(page);
  gateway.console({ state: "here", since: null, hidden: false, consoles: 1 });
  await patientShown(page);
  await page.getByText("Exam in progress", { exact: true }).waitFor();
  await page.getByText("CHEST").waitFor();
  assertClean(page);
  await page.close();
});

test("what the gateway ends is not the console's word: nobody knows who is next", async () => {
  startExam();
  const page = await open();
  await patientShown(page);
  gateway.end();
  await page.getByText("Waiting for the console").waitFor();
  assert.equal(await page.getByText("Nobody is announced").count(), 0);
  await assertForgotten(page);
  gateway.room(1002);
  await ready(page);
  await page.close();
});

test("after a restart the page waits for the console, whatever a display that asks less would show", async () => {
  gateway.presence = { ...gateway.presence, state: "waiting", nobody: false, consoles: 0, addresses: [] };
  const page = await open();
  await page.getByText("Waiting for the console").waitFor();
  assert.equal(await page.getByText("Nobody is announced").count(), 0);
  await page.close();
});

test("two consoles are both named", async () => {
  const page = await open();
  await ready(page);
  gateway.console({ consoles: 2, addresses: ["10.0.0.7:50001", "10.0.0.8:50002"] });
  await page.getByText("2 X-ray consoles are connected: 10.0.0.7:50001, 10.0.0.8:50002").waitFor();
  await page.close();
});

test("odd fields of a patient are not known, and the patient is shown all the same", async () => {
  gateway.room(101, { patientId: 4711, patientName: 7, patientBirth: "" });
  const page = await open();
  await page.getByText("Name not known").waitFor();
  for (const text of ["4711", "not known"]) await page.getByText(text, { exact: true }).waitFor();
  await page.close();
});

test("the receiver option decides whose messages are shown", async () => {
  const page = await open({}, "/display?receiver=107");
  await ready(page);
  gateway.room(101, { patientId: "X", patientName: "Not^Mine" }, 106);
  gateway.room(101, { patientId: "Y", patientName: "Quite^Mine" }, 107);
  await page.getByText("Quite, Mine").waitFor();
  await page.close();
  const wrong = await open({}, "/display?receiver=2");
  await wrong.getByText("receiver= takes the number").waitFor();
  await wrong.close();
});

test("long names, markup in names and a phone of 360 px", async () => {
  gateway.room(101, { patientId: "9".repeat(64), patientName: `${"Wolfeschlegelstein".repeat(4)}^<b>Bold</b>` });
  gateway.room(601, { bodypartAlias: "THORACOLUMBAR <img src=x onerror=alert(1)>", projectionAlias: "LATERAL OBLIQUE WEIGHT BEARING" });
  for (const viewport of [{ width: 360, height: 740 }, { width: 740, height: 360 }, { width: 1280, height: 720 }]) {
    const page = await open({ viewport });
    await page.getByText("THORACOLUMBAR").waitFor();
    await page.getByText("<b>Bold</b>").waitFor();
    await assertNoSidewaysScroll(page);
    assert.equal(await page.locator("main img, main b").count(), 0);
    assertClean(page);
    await page.close();
  }
});

test("leaving the page forgets, and coming back to it connects anew", async () => {
  startExam();
  const page = await open();
  await patientShown(page);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  await page.getByText("No connection to the X-ray room").waitFor();
  await patientShown(page);
  await page.close();
});
