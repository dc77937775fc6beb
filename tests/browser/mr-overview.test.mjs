// The overview's panel of MR scanners: verdicts from the tail, whose events hold nothing of a person.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { assertClean, assertNoSidewaysScroll, Browser, until } from "./browser.mjs";
import { FakeGateway } from "./fake-gateway.mjs";
import { conforms, differs, noTemplate } from "./mr-fake.mjs";

const HIDDEN = "[patient data]";
const INPUT = { SubID: HIDDEN, Operator: HIDDEN, Comments: HIDDEN, Project: HIDDEN, dcm_path: HIDDEN };
let browser, gateway;

before(async () => {
  browser = await Browser.open();
  gateway = new FakeGateway({ dialects: ["vxvue", "fme", "mr"] });
  gateway.counters.mr = { sessions: 1, heard: 0, delivered: 0, lost: 0, refused: 0 };
  await gateway.start();
});
after(async () => {
  await browser.close();
  await gateway.stop();
});

const tell = (station, type, content) => gateway.publish("mr", station === null ? "mr.unreadable" : `mr.${station}.${type}`, { station, type, content });

for (const [colorScheme, width] of [["light", 1440], ["dark", 360]]) {
  test(`each scanner's last verdict, ${colorScheme}, ${width} px`, async () => {
    const page = await browser.page({ colorScheme, viewport: { width, height: 900 } });
    await page.goto(gateway.url);
    await until(() => gateway.tails.size > 0, "the page listens to the tail");
    const panel = page.getByRole("region", { name: "MR scans" });
    await panel.getByText("The next series of a scanner appears here.").waitFor();
    tell("AWP1", "new", conforms({ ...INPUT, SeriesNumber: 1 }));
    tell("AWP1", "new", differs({ TE: 4.9 }, INPUT));
    tell("AWP2", "new", noTemplate({ ...INPUT, SequenceName: "<b>scout</b>" }));
    tell("AWP3", "new", conforms(INPUT));
    tell(null, "unreadable", { path: HIDDEN, reason: "empty" });
    await panel.getByText("Echo time (TE) is 4.9 ms, the template says 30 ms.").waitFor();
    await panel.getByText("<b>scout</b>: no template").waitFor();
    await panel.getByText("HabitTask_704x752: conforms").waitFor();
    await panel.getByText("1 file could not be read.").waitFor();
    assert.equal(await panel.getByRole("listitem").count(), 3);
    await page.locator(".panel-tail").getByText("AWP1, HabitTask_704x752: differs (Echo time (TE))").waitFor();
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target)}`), []);
    await assertNoSidewaysScroll(page);
    assertClean(page);
    await page.close();
    await until(() => gateway.tails.size === 0, "the page is gone");
  });
}
