// The overview's panel of a measuring project: what was imported last, from the tail, and the way to all of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { assertClean, assertNoSidewaysScroll, Browser, until } from "./browser.mjs";
import { FakeGateway } from "./fake-gateway.mjs";

const EVIL = "<b>bold</b>";
let browser, gateway;

before(async () => {
  browser = await Browser.open();
  gateway = new FakeGateway({ dialects: ["vxvue", "fme", "inspect"] });
  gateway.counters.inspect = { sessions: 1, heard: 0, delivered: 0, lost: 0, refused: 0 };
  await gateway.start();
});
after(async () => {
  await browser.close();
  await gateway.stop();
});

const tell = (command, event) => gateway.publish("inspect", `inspect.${command}`, { command, ...event });

for (const [colorScheme, width] of [["light", 1440], ["dark", 360]]) {
  test(`the newest imports, ${colorScheme}, ${width} px`, async () => {
    const page = await browser.page({ colorScheme, viewport: { width, height: 900 } });
    await page.goto(gateway.url);
    await until(() => gateway.tails.size > 0, "the page listens to the tail");
    const panel = page.getByRole("region", { name: "Measuring project" });
    await panel.getByText("The next import appears here.").waitFor();
    tell("image", { job: 1, result: "done", file: "C:/temp/part-1.png", name: "Left", took_ms: 12 });
    tell("elements", { job: 2, result: "failed", file: "C:\\temp\\a.gxml", detail: EVIL, took_ms: 3 });
    tell("weld", { result: "done", took_ms: 2500 });
    const rows = panel.getByRole("listitem");
    await until(async () => (await rows.count()) === 3, "three imports");
    const texts = (await rows.allTextContents()).map((text) => text.replace(/\d\d:\d\d:\d\d$/, ""));
    assert.deepEqual(texts, ["✓weld done in 2.5 s", `✕elements a.gxml failed: ${EVIL}`, "✓image part-1.png into Left done in 12 ms"]);
    assert.equal(await panel.getByRole("link", { name: "The whole project" }).getAttribute("href"), "project");
    await page.getByRole("option", { name: /image part-1\.png into Left: done in 12 ms/ }).first().waitFor();
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target)}`), []);
    await assertNoSidewaysScroll(page);
    assertClean(page);
    await page.close();
    await until(() => gateway.tails.size === 0, "the page is gone");
  });
}

test("keeps the newest, however many come", async () => {
  const page = await browser.page();
  await page.goto(gateway.url);
  await until(() => gateway.tails.size > 0, "the page listens to the tail");
  const rows = page.getByRole("region", { name: "Measuring project" }).getByRole("listitem");
  for (let at = 1; at <= 120; at += 1) tell("image", { job: at, result: "done", file: `p-${at}.png`, name: "Left", took_ms: 1 });
  await until(async () => (await rows.first().textContent())?.includes("p-120.png"), "the newest comes first");
  assert.equal(await rows.count(), 50);
  await page.close();
  await until(() => gateway.tails.size === 0, "the page is gone");
});

test("says when the dialect is off", async () => {
  const other = await new FakeGateway({ dialects: ["fme"] }).start();
  const page = await browser.page();
  await page.goto(other.url);
  const panel = page.getByRole("region", { name: "Measuring project" });
  await panel.getByText(/is not listening here: add a \[inspect\] section/).waitFor();
  assert.equal(await panel.getByRole("link").count(), 0);
  await page.close();
  await other.stop();
});
