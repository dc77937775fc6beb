// What a machine can say of accessibility: names, roles, contrast, in light and dark, on a desktop and on a phone.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import axe from "axe-core";
import { Browser, until } from "./browser.mjs";
import { FakeGateway } from "./fake-gateway.mjs";

let browser, gateway;

before(async () => (browser = await Browser.open()));
after(() => browser.close());
// Each test has a gateway and pages of its own, so that one that fails leaves nothing behind for the next.
beforeEach(async () => {
  gateway = await new FakeGateway().start();
  gateway.counters.fme.lost = 4;
});
afterEach(async () => {
  await Promise.all(browser.context.pages().map((page) => page.goto("about:blank")));
  await Promise.all(browser.context.pages().slice(1).map((page) => page.close()));
  await gateway.stop();
});

async function assertAccessible(page, what) {
  // Colours are those of the page at rest: what still moves is brought to its end.
  await page.evaluate(() => document.getAnimations().forEach((one) => one.effect?.getComputedTiming().endTime < Infinity && one.finish()));
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join("; ")}`);
  assert.deepEqual(told, [], what);
}

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 360, height: 740 }]) {
    const name = `${colorScheme}, ${viewport.width} px`;

    test(`overview, ${name}`, async () => {
      const page = await browser.page({ colorScheme, viewport, reducedMotion: "reduce" });
      await page.goto(gateway.url);
      await until(() => gateway.tails.size > 0, "the page listens to the tail");
      gateway.room(101, { patientId: "a" });
      gateway.room(1001);
      gateway.stream("vehicles", { id: "bus-1", lon: 0, lat: 0, speed_kmh: 30 });
      await page.getByRole("option", { name: "bus-1" }).first().click();
      await page.getByRole("option", { name: /eventStartExam/ }).click();
      await page.getByText("Exam in progress").waitFor();
      await assertAccessible(page, name);
      await page.close();
      await until(() => gateway.tails.size === 0, "the page is gone");
    });

    test(`display, ${name}`, async () => {
      gateway.room(1002);
      const page = await browser.page({ colorScheme, viewport, reducedMotion: "reduce", clock: true });
      await page.goto(`${gateway.url}/display`);
      await page.getByText("Ready for the next patient").waitFor();
      await assertAccessible(page, `${name}, idle`);
      gateway.room(101, { patientId: "P1", patientName: "Doe^Jane" });
      gateway.room(601, { bodypartAlias: "CHEST", projectionAlias: "PA" });
      gateway.room(1001);
      await page.getByText("Exam in progress").waitFor();
      await assertAccessible(page, `${name}, exam`);
      await gateway.stop();
      await page.getByText("Not up to date").waitFor();
      await page.clock.fastForward(61_000);
      await page.getByText("Patient hidden").waitFor();
      await assertAccessible(page, `${name}, stale`);
      await gateway.start();
      await page.close();
    });
  }
}
