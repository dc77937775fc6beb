// Every state of the room display at every size it is likely to have, light and dark: nothing is cut off, nothing lies outside
// the window. TIELINE_SCREENSHOTS names a folder for the pictures.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Browser, resize } from "./browser.mjs";
import { FakeGateway } from "./fake-gateway.mjs";

const SIZES = [[390, 844], [800, 600], [1024, 768], [1366, 768], [1920, 1080], [1080, 1920]];
const PATIENT = { patientId: "4711-2026-08", patientName: "Sample^Person^Middle", patientBirth: "1962-03-14" };
const LONG = {
  patientId: "9".repeat(64),
  patientName: `${"Wolfeschlegelstein".repeat(3)}^Hubert Blaine Maximilian=${"洪".repeat(12)}^${"吉洞".repeat(6)}=${"홍길동".repeat(6)}`,
  patientBirth: "1914-08-04",
};
const AWAY = { state: "away", since: new Date(2026, 0, 2, 3, 4).toISOString(), consoles: 0, addresses: [] };
const exam = (gateway, patient = PATIENT, step = { bodypartAlias: "CHEST", projectionAlias: "PA" }) => {
  gateway.room(101, patient);
  gateway.room(1001);
  gateway.room(601, step);
};

/** Name, what happens before the page is opened, and after; what it then says. */
const STATES = [
  ["live", exam, null, "Exam in progress"],
  ["no-step", (gateway) => gateway.room(101, PATIENT), null, "No step chosen yet"],
  ["nobody", null, null, "Nobody is announced"],
  ["waiting", (gateway) => gateway.console({ state: "waiting", nobody: false, consoles: 0 }), null, "Waiting for the console"],
  ["away", exam, (gateway) => gateway.console(AWAY), "Console away since 03:04"],
  ["away-hidden", exam, (gateway) => gateway.console({ ...AWAY, hidden: true }), "Patient hidden"],
  ["away-nobody", null, (gateway) => gateway.console(AWAY), "Console away since 03:04"],
  ["lost", exam, (gateway) => gateway.stop(), "Not up to date"],
  ["lost-long-names", (gateway) => exam(gateway, LONG, { bodypartAlias: "THORACOLUMBAR JUNCTION", projectionAlias: "LATERAL OBLIQUE WEIGHT BEARING" }), (gateway) => gateway.stop(), "Not up to date"],
  ["lost-hidden", exam, async (gateway, page) => {
    await gateway.stop();
    await page.getByText("Not up to date").waitFor();
    await page.clock.fastForward(61_000);
  }, "Patient hidden"],
  ["long-names", (gateway) => exam(gateway, LONG, { bodypartAlias: "THORACOLUMBAR JUNCTION", projectionAlias: "LATERAL OBLIQUE WEIGHT BEARING" }), null, "Exam in progress"],
  ["two-consoles", exam, (gateway) => gateway.console({ consoles: 2, addresses: ["192.168.100.107:50001", "192.168.100.108:50002"] }), "2 X-ray consoles are connected"],
  ["odd-patient", (gateway) => gateway.room(101, { patientId: 7, patientName: {}, patientBirth: "1971" }), null, "Name not known"],
  ["never-connected", (gateway) => (gateway.refuseRegister = true), null, "The hub refuses this display"],
];

let browser;
before(async () => (browser = await Browser.open()));
after(() => browser.close());

/** Texts that are cut off, or lie outside the window. */
function faults() {
  const found = [];
  const cut = (element) => {
    const style = getComputedStyle(element);
    // A line box may be lower than the letters' own box; what counts is what the element does not show.
    const hides = [style.overflowX, style.overflowY].map((overflow) => overflow !== "visible");
    return (hides[0] && element.scrollWidth > element.clientWidth + 1) || (hides[1] && element.scrollHeight > element.clientHeight + 1);
  };
  const sizes = (element) => `${element.scrollWidth}/${element.clientWidth} ${element.scrollHeight}/${element.clientHeight}`;
  for (const element of document.querySelectorAll("#page *")) {
    if (element.closest(".visually-hidden") || element.textContent.trim() === "") continue;
    const what = `${element.tagName}.${element.className} "${element.textContent.trim().slice(0, 40)}"`;
    if (cut(element)) found.push(`cut off: ${what} ${sizes(element)}`);
    const box = element.getBoundingClientRect();
    if (box.left < -0.5 || box.right > innerWidth + 0.5 || box.top < -0.5 || box.bottom > innerHeight + 0.5) found.push(`outside: ${what} ${Math.round(box.top)}..${Math.round(box.bottom)} of ${innerHeight}`);
    for (const parent of [element.parentElement]) {
      const outer = parent.getBoundingClientRect();
      if (box.right > outer.right + 1 || box.bottom > outer.bottom + 1) found.push(`beyond its parent: ${what} ${Math.round(box.bottom)} > ${Math.round(outer.bottom)}`);
    }
  }
  // The letters themselves, of every line, stay within the part of the page they belong to.
  const walker = document.createTreeWalker(document.getElementById("page"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const part = node.parentElement.closest(".band, .stage-area, .foot");
    if (!part || node.parentElement.closest(".visually-hidden") || node.data.trim() === "") continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const outer = part.getBoundingClientRect();
    for (const box of range.getClientRects()) {
      if (box.right > outer.right + 1 || box.bottom > outer.bottom + 1 || box.top < outer.top - 1) found.push(`letters outside: "${node.data.slice(0, 40)}" ${Math.round(box.top)}..${Math.round(box.bottom)} of ${Math.round(outer.top)}..${Math.round(outer.bottom)}`);
    }
  }
  return found;
}

for (const [name, before, after, text] of STATES) {
  test(`${name}: nothing is cut off at any size`, async () => {
    const found = [];
    for (const colorScheme of ["light", "dark"]) {
      const gateway = await new FakeGateway().start();
      await before?.(gateway);
      const page = await browser.page({ clock: true, colorScheme, viewport: { width: 1366, height: 768 } });
      await page.goto(`${gateway.url}/display`);
      if (after) {
        await page.getByText(/Exam in progress|Nobody is announced/).first().waitFor();
        await after(gateway, page);
      }
      await page.getByText(text).first().waitFor();
      for (const [width, height] of SIZES) {
        await resize(page, width, height);
        if (process.env.TIELINE_SCREENSHOTS) {
          await mkdir(process.env.TIELINE_SCREENSHOTS, { recursive: true });
          await page.screenshot({ path: join(process.env.TIELINE_SCREENSHOTS, `${name}-${width}x${height}-${colorScheme}.png`) });
        }
        found.push(...(await page.evaluate(faults)).map((fault) => `${width}x${height} ${colorScheme} ${fault}`));
      }
      await page.close();
      await gateway.stop().catch(() => undefined);
    }
    assert.deepEqual(found, []);
  });
}
