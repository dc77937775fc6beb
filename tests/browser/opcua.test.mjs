// The page of a plant's variables against a gateway that misbehaves on demand.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import axe from "axe-core";
import { assertClean, assertNoSidewaysScroll, AWAY, Browser, until } from "./browser.mjs";
import { built, FakePlant, hour, PLANT, variable } from "./opcua-fake.mjs";

const EVIL = `<img src=x onerror="window.pwned = 1"> & 'quoted'`;
const BAD_SENSOR = 0x808c0000;
const UNSURE_SENSOR = 0x40930000;
let browser, plant;

before(async () => (browser = await Browser.open()));
after(() => browser.close());
beforeEach(async () => (plant = await new FakePlant().start()));
afterEach(() => plant.stop().catch(() => undefined));

async function open(options = {}, site = plant) {
  const page = await browser.page(options);
  await page.goto(`${site.url}/plant`);
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

async function restart(options = {}) {
  await plant.stop();
  plant = await new FakePlant(options).start();
}

const row = (page, title) => page.getByRole("row").filter({ has: page.getByRole("button", { name: title, exact: true }) });
const valueOf = (page, title) => row(page, title).locator(".value");
const shows = (page, title, text) => until(async () => (await valueOf(page, title).textContent()) === text, `${title} is ${text}`);
const choose = (page, title) => page.getByRole("button", { name: title, exact: true }).click();
const detail = (page) => page.locator(".detail");

async function assertAccessible(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join("; ")}`);
  assert.deepEqual(told, [], what);
}

for (const scalars of ["string", "native"]) {
  test(`shows every variable with its unit, by the part it belongs to, and follows it (${scalars})`, built, async () => {
    await restart({ scalars });
    const page = await open();
    await page.getByText("7 variables", { exact: true }).waitFor();
    assert.deepEqual(await page.getByRole("heading", { level: 2 }).allTextContents(), ["Oven", "Pump", "Others"]);
    await shows(page, "Temperature", "203.4 °C");
    await shows(page, "Zones", "198.1, 203.4, 205 °C");
    await shows(page, "Switch", "yes");
    await shows(page, "Alarm", "empty");
    // In JSON's own numbers a browser cannot read all of this one's digits.
    await shows(page, "Parts.Count", scalars === "string" ? "9007199254740993" : "9007199254740992");
    plant.set("Oven.Temperature", 204.25);
    plant.set("Pump.Switch", false);
    plant.set("Alarm.Text", EVIL);
    await shows(page, "Temperature", "204.25 °C");
    await shows(page, "Switch", "no");
    await shows(page, "Alarm", EVIL);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    await row(page, "Temperature").locator("svg path").waitFor({ state: "attached" });
    assertClean(page);
    await page.close();
  });

  test(`writes after a question, and shows the last hour (${scalars})`, built, async () => {
    await restart({ scalars });
    plant.variables["Oven.Setpoint"].history = hour((at) => (at < 300 ? 180 : 200));
    const page = await open();
    await choose(page, "Setpoint");
    await detail(page).getByText("720 older values.").waitFor();
    await detail(page).getByText(/between 180 and 200 °C$/).waitFor();
    const [{ StartTime, EndTime, MaxValues }] = plant.requests("HISTORICALREAD_REQUEST");
    assert.match(StartTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual([EndTime, MaxValues], ["NOW", 5000]);
    const field = page.getByLabel("New value in °C");
    await field.fill("210.5");
    await field.press("Enter");
    await page.getByText("Write 210.5 °C to Setpoint?").waitFor();
    assert.deepEqual(plant.requests("WRITE_REQUEST"), [], "nothing is written before the answer");
    await page.keyboard.press("Enter");
    await detail(page).getByText("Written.", { exact: true }).waitFor();
    assert.deepEqual(plant.requests("WRITE_REQUEST"), [{ Variable: "Oven.Setpoint", Value: { Value: { Type: 11, Body: "210.5" } } }]);
    await shows(page, "Setpoint", "210.5 °C");
    assertClean(page);
    await page.close();
  });
}

test("a value that is not good says so in words, and an old one is marked", built, async () => {
  const page = await open();
  plant.set("Pump.Pressure", 3.2, { status: UNSURE_SENSOR });
  plant.set("Oven.Temperature", 0, { status: BAD_SENSOR });
  await valueOf(page, "Pressure").getByText("Uncertain: the sensor is not accurate now").waitFor();
  await valueOf(page, "Temperature").getByText("Bad: the sensor has failed").waitFor();
  assert.equal(await page.title(), "1 bad · Plant");
  plant.server(true);
  await valueOf(page, "Setpoint").getByText("Bad: the OPC UA server is not connected, last known value").waitFor();
  await valueOf(page, "Setpoint").getByText("200").waitFor();
  plant.server(false);
  await shows(page, "Setpoint", "200 °C");
  assertClean(page);
  await page.close();
});

test("what is no value of the type never leaves the page", built, async () => {
  const page = await open();
  await choose(page, "Setpoint");
  const field = page.getByLabel("New value in °C");
  for (const [text, words] of [["", "This is not a number."], ["12,5", "This is not a number."], ["NaN", "This is not a number."], ["1e3", "The most is 300 °C."], ["-5", "The least is 20 °C."]]) {
    await field.fill(text);
    await field.press("Enter");
    await detail(page).getByText(words).waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
  }
  await field.fill("100");
  await field.press("Enter");
  await page.getByRole("button", { name: "Do not" }).click();
  assert.equal(await field.inputValue(), "100");
  assert.deepEqual(plant.requests("WRITE_REQUEST"), []);
  await choose(page, "Pressure");
  await detail(page).getByText(/notes do not say Writable/).waitFor();
  assert.equal(await page.getByRole("form").count(), 0);
  assertClean(page);
  await page.close();
});

test("a refused write, and one of which nothing is heard, are told apart", built, async () => {
  const page = await open();
  await choose(page, "Switch");
  await page.getByLabel("New value").selectOption("no");
  const write = async () => {
    await page.getByRole("button", { name: "Write…" }).click();
    await page.getByRole("button", { name: "Write it" }).click();
  };
  plant.writeRefusal = "BadUserAccessDenied";
  await write();
  await detail(page).getByText("Not written: it is not permitted.").waitFor();
  plant.silentWrites = true;
  await write();
  await detail(page).getByText("Writing…").waitFor();
  await detail(page).getByText("Whether the value was written is not known.").waitFor();
  await write();
  await until(() => plant.requests("WRITE_REQUEST").length === 3, "the write is under way");
  await plant.stop();
  await detail(page).getByText("The connection was lost. Whether the value was written is not known.").waitFor();
  assertClean(page, { expected: AWAY });
  await page.close();
});

test("a variable without a history shows what came", built, async () => {
  plant.variables["Oven.Temperature"].history = null;
  const page = await open();
  await choose(page, "Temperature");
  await detail(page).getByText("No history: the server keeps none. What is shown came in the last two minutes.").waitFor();
  let turn = 0;
  await until(async () => {
    plant.set("Oven.Temperature", 250 + (turn++ % 2));
    return (await detail(page).getByText(/between 250 and 251 °C$|between 203.4 and 251 °C$/).count()) > 0;
  }, "the chart follows");
  await choose(page, "Alarm");
  await detail(page).getByText("There are no older values.").waitFor();
  assertClean(page);
  await page.close();
});

test("a chart that stays open is asked for again before anything is missing", built, async () => {
  plant.variables["Oven.Temperature"].history = hour((at) => at % 7);
  const page = await open({ clock: true });
  await choose(page, "Temperature");
  await detail(page).getByText("720 older values.").waitFor();
  for (const times of [2, 3]) {
    for (let seconds = 0; seconds < 60; seconds += 5) {
      plant.set("Oven.Temperature", seconds);
      await page.clock.runFor(5000);
    }
    await until(() => plant.requests("HISTORICALREAD_REQUEST").length === times, `it was asked for ${times} times`);
  }
  assertClean(page);
  await page.close();
});

test("many variables: the first are shown and watched, a search shows and watches others", built, async () => {
  const many = Object.fromEntries(Array.from({ length: 1234 }, (_, at) => [`Tag.${String(at).padStart(4, "0")}`, variable("UInt32", at, undefined)]));
  await restart({ variables: many });
  const page = await open();
  await page.getByText("The first 200 of 1,234 variables: search to see others.").waitFor();
  await until(() => plant.watched.length === 200, "200 are watched");
  assert.deepEqual(plant.requests("VALUEINFO_REQUEST").map(({ Variables }) => Variables.length), [500, 500, 234]);
  await page.getByLabel("Search").fill("tag 123");
  await page.getByText("6 of 1,234 variables").waitFor();
  await until(() => plant.watched.length === 6 && plant.watched.every((name) => name.includes("123")), "only those are watched");
  await shows(page, "Tag.1233", "1233");
  await page.getByLabel("Search").fill("nothing at all");
  await page.getByText("No variable is found by these words.").waitFor();
  await until(() => plant.watched.length === 0, "nothing is watched");
  assertClean(page);
  await page.close();
});

test("says when it is not connected, keeps the last state, and comes back with the present one", built, async () => {
  const page = await open();
  plant.set("Oven.Temperature", 222);
  await shows(page, "Temperature", "222 °C");
  await choose(page, "Setpoint");
  const { httpPort, port } = plant;
  await plant.stop();
  await page.getByText(/Not connected since .*, last known state/).waitFor();
  await valueOf(page, "Temperature").getByText("222").waitFor();
  await valueOf(page, "Temperature").getByText("last known value").waitFor();
  assert.equal(await page.title(), "Not connected · Plant");
  assert.ok(await page.getByRole("button", { name: "Write…" }).isDisabled());
  const variables = PLANT();
  delete variables["Oven.Zones"];
  variables["Oven.Temperature"].body = 33;
  plant = await new FakePlant({ httpPort, port, variables }).start();
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
  await shows(page, "Temperature", "33 °C");
  await page.getByText("6 variables", { exact: true }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Write…" }).isEnabled());
  await until(() => plant.requests("HISTORICALREAD_REQUEST").length === 1, "the chart is asked for again");
  assertClean(page, { expected: AWAY });
  await page.close();
});

test("a connection that has gone silent is noticed and made anew", built, async () => {
  const page = await open({ clock: true });
  await page.getByText("7 variables", { exact: true }).waitFor();
  plant.frozen = true;
  for (let seconds = 0; seconds < 24; seconds += 4) await page.clock.runFor(4000);
  await page.getByText(/Not connected since/).waitFor();
  plant.frozen = false;
  await until(async () => {
    await page.clock.runFor(1000);
    return (await page.getByText("Live", { exact: true }).count()) > 0;
  }, "the page is live again");
  await until(async () => {
    await page.clock.runFor(500);
    return (await valueOf(page, "Temperature").textContent()) === "203.4 °C";
  }, "values come again");
  assertClean(page, { expected: AWAY });
  await page.close();
});

test("a plant at rest is not taken for a dead one", built, async () => {
  const page = await open({ clock: true });
  const asked = () => plant.requests("VALUEINFO_REQUEST").filter(({ Variables }) => Variables.length === 0).length;
  for (let round = 1; round <= 3; round += 1) {
    await page.clock.runFor(10_500);
    await until(() => asked() >= round, "the page asks whether anybody is there");
  }
  await page.clock.runFor(500);
  assert.equal(await page.getByText(/Not connected/).count(), 0);
  assertClean(page);
  await page.close();
});

test("a gateway without OPC UA, or one that refuses, says so", built, async () => {
  plant.hasOpcua = false;
  const page = await browser.page();
  await page.goto(`${plant.url}/plant`);
  await page.getByText("This gateway has no OPC UA variables: its configuration has no [opcua] section.").waitFor();
  plant.hasOpcua = true;
  plant.refusals = { MONITORSTART_REQUEST: "BadTooManyMonitoredItems" };
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
  await valueOf(page, "Setpoint").getByText("Bad: too many variables are watched on this connection").waitFor();
  plant.refusals = { VALUELIST_REQUEST: "BadUserAccessDenied" };
  for (const socket of plant.sockets.clients) socket.terminate();
  await page.getByText("The gateway does not tell its variables: it is not permitted.").waitFor();
  assertClean(page, { expected: AWAY });
  await page.close();
});

test("it works from the keyboard", built, async () => {
  const page = await open();
  await page.getByText("7 variables", { exact: true }).waitFor();
  await page.getByLabel("Search").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Temperature");
  await page.keyboard.press("End");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Parts.Count");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Alarm" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Alarm", "the focus stays");
  await page.keyboard.press("Escape");
  await until(async () => (await detail(page).count()) === 0, "it is closed");
  assertClean(page);
  await page.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 360, height: 740 }]) {
    test(`everybody can use it: ${colorScheme}, ${viewport.width} px`, built, async () => {
      const page = await open({ colorScheme, viewport, reducedMotion: "reduce" });
      plant.variables["Oven.Setpoint"].history = hour((at) => 200 + 10 * Math.sin(at / 20));
      plant.set("Pump.Pressure", 1, { status: UNSURE_SENSOR });
      plant.set("Oven.Temperature", 1, { status: BAD_SENSOR });
      await page.getByText("Bad: the sensor has failed").waitFor();
      await choose(page, "Setpoint");
      await detail(page).getByText("720 older values.").waitFor();
      await page.getByLabel("New value in °C").fill("5");
      await page.getByRole("button", { name: "Write…" }).click();
      await detail(page).getByText("The least is 20 °C.").waitFor();
      await assertAccessible(page, "refused");
      await page.getByLabel("New value in °C").fill("50");
      await page.getByRole("button", { name: "Write…" }).click();
      await page.getByText("Write 50 °C to Setpoint?").waitFor();
      await assertAccessible(page, "asked");
      await assertNoSidewaysScroll(page);
      await plant.stop();
      await page.getByText(/Not connected since/).waitFor();
      await assertAccessible(page, "away");
      await assertNoSidewaysScroll(page);
      await page.close();
    });
  }
}
