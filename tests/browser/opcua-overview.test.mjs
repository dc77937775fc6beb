// The overview's panel of a plant's variables: what somebody watches, from the tail, and the way to all of them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { assertClean, assertNoSidewaysScroll, Browser, until } from "./browser.mjs";
import { FakeGateway } from "./fake-gateway.mjs";

const EVIL = "<b>bold</b>";
let browser, gateway;

before(async () => {
  browser = await Browser.open();
  gateway = new FakeGateway({ dialects: ["vxvue", "fme", "opcua"] });
  gateway.counters.opcua = { sessions: 1, heard: 0, delivered: 0, lost: 0, refused: 0 };
  await gateway.start();
});
after(async () => {
  await browser.close();
  await gateway.stop();
});

const tell = (topic, event) => gateway.publish("opcua", `opcua.${topic}`, event);
const value = (Type, Body, Status) => ({ Value: { Type, Body }, ...(Status ? { Status } : {}) });

for (const [colorScheme, width] of [["light", 1440], ["dark", 360]]) {
  test(`the newest value of each variable, ${colorScheme}, ${width} px`, async () => {
    const page = await browser.page({ colorScheme, viewport: { width, height: 900 } });
    await page.goto(gateway.url);
    await until(() => gateway.tails.size > 0, "the page listens to the tail");
    const panel = page.getByRole("region", { name: "Plant" });
    await panel.getByText("A variable appears here when it changes while a client watches it.").waitFor();
    tell("plant.Oven%2ETemperature", value(11, 203.4));
    tell("plant.Oven%2ETemperature", value(11, 204.5));
    tell("plant.Pump%2EPressure", value(11, 3, 0x40930000));
    tell("plant.Alarm", value(12, EVIL));
    tell("other.Door", { StatusCode: "BadNotConnected" });
    const line = (name) => panel.getByRole("listitem").filter({ hasText: name });
    await line("Oven.Temperature").getByText("204.5").waitFor();
    await line("Pump.Pressure").getByText("the sensor is not accurate now").waitFor();
    await line("Alarm").getByText(EVIL).waitFor();
    await line("Door").getByText("the OPC UA server is not connected").waitFor();
    assert.equal(await panel.getByRole("listitem").count(), 4);
    assert.equal(await panel.getByRole("link", { name: "All variables" }).getAttribute("href"), "plant");
    await page.getByRole("option", { name: /3, uncertain: the sensor is not accurate now/ }).first().waitFor();
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target)}`), []);
    await assertNoSidewaysScroll(page);
    assertClean(page);
    await page.close();
    await until(() => gateway.tails.size === 0, "the page is gone");
  });
}

test("says when the dialect is off", async () => {
  const other = await new FakeGateway({ dialects: ["fme"] }).start();
  const page = await browser.page();
  await page.goto(other.url);
  const panel = page.getByRole("region", { name: "Plant" });
  await panel.getByText(/is not listening here: add a \[opcua\] section/).waitFor();
  assert.equal(await panel.getByRole("link").count(), 0);
  await page.close();
  await other.stop();
});
