// The page for MR scans against a real gateway: TIELINE_MR is the page's address, TIELINE_CONSOLE that of the same gateway's
// console, by which verdicts are sent; TIELINE_BIN is a program to start, end and start again as `tieline demo`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, assertNoSidewaysScroll, AWAY, Browser, until } from "./browser.mjs";
import { Demo } from "./demo.mjs";
import { conforms, differs, noTemplate } from "./mr-fake.mjs";

const { TIELINE_MR: PAGE, TIELINE_CONSOLE: CONSOLE, TIELINE_BIN: PROGRAM } = process.env;
const real = { skip: PAGE && CONSOLE ? false : "TIELINE_MR and TIELINE_CONSOLE are not set: start `tieline demo` and give the addresses of its MR page and of its console" };
const restarts = { skip: PAGE && PROGRAM ? false : "TIELINE_MR and TIELINE_BIN are not set: give the program to start as `tieline demo`" };
const EVIL = `<img src=x onerror="window.pwned = 1"> & 'quoted' &amp; "more"`;
/** A simulated scanner takes its time between two series. */
const SERIES_MS = 120_000;
/** Of this run: what earlier ones have sent is still in the state. */
const RUN = `T${Date.now()}`;
let browser, demo;

before(async () => {
  browser = await Browser.open();
  demo = await Demo.prepare(PROGRAM);
});
after(async () => {
  await demo.remove();
  await browser.close();
});

async function open(path = "", options = {}, root = PAGE) {
  const page = await browser.page(options);
  await page.goto(new URL(path, root).href);
  await page.locator(".not-connected").waitFor({ state: "detached" });
  return page;
}

/** Has the gateway publish a message, as the command line does. */
async function send(topic, content, console = CONSOLE) {
  const url = new URL(`/api/send?${new URLSearchParams({ topic })}`, console);
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(content) });
  assert.equal(answer.status, 200, await answer.text());
}

const card = (page, station) => page.getByRole("article", { name: station });
const verdict = (page, station, word) => card(page, station).locator(".verdict", { hasText: word });

test("the demo's scanner shows verdicts by itself", real, async () => {
  const page = await open();
  const simulated = page.getByRole("article").filter({ hasNotText: RUN });
  await simulated.first().waitFor({ timeout: SERIES_MS });
  await simulated.locator(".sentences").getByText(/the template (says|has none)/).first().waitFor({ timeout: SERIES_MS });
  assertClean(page);
  await page.close();
});

test("verdicts are told apart, and what differs is a sentence", real, async () => {
  const page = await open();
  await send(`mr.${RUN}a.new`, differs({ TE: 4.9 }));
  await send(`mr.${RUN}b.new`, conforms());
  await send(`mr.${RUN}c.new`, noTemplate());
  await card(page, `${RUN}a`).getByText("Echo time (TE) is 4.9 ms, the template says 30 ms.").waitFor();
  await verdict(page, `${RUN}b`, "Conforms").waitFor();
  await verdict(page, `${RUN}c`, "No template").waitFor();
  await send(`mr.${RUN}a.update`, 7);
  await card(page, `${RUN}a`).getByText(/8 images/).waitFor();
  await page.reload();
  await verdict(page, `${RUN}a`, "Differs").waitFor();
  await send("mr.unreadable", { path: "/data/MR1", reason: "the file is empty" });
  await page.getByText("could not be read since this page was opened").waitFor();
  assertClean(page);
  await page.close();
});

test("HTML in a header is text, live and in the state", real, async () => {
  const page = await open();
  await send(`mr.${RUN}html.new`, noTemplate({ SequenceName: EVIL, SubID: EVIL }));
  for (const again of [false, true]) {
    if (again) await page.reload();
    await card(page, `${RUN}html`).getByRole("heading", { name: EVIL }).waitFor();
    assert.equal(await page.locator("img").count(), 1, "the page's own mark and no other picture");
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  }
  assertClean(page);
  await page.close();
});

test("one scanner's screen hears that scanner alone", real, async () => {
  const page = await open(`scanner/${RUN}%20x.y`, { viewport: { width: 1920, height: 1080 } });
  await page.getByText("Waiting for the first series").waitFor();
  await send(`mr.${RUN}other.new`, differs({ TE: 99 }));
  await send(`mr.${RUN}%20x%2Ey.new`, differs({ FA: 52 }));
  await page.getByRole("listitem").getByText("Flip angle is 52°, the template says 60°.").waitFor();
  await page.getByRole("heading", { name: `${RUN} x.y`, level: 1 }).waitFor();
  assert.doesNotMatch(await page.content(), new RegExp(`${RUN}other`));
  await page.getByRole("button", { name: "Full screen" }).click();
  await page.getByRole("button", { name: "Leave full screen" }).waitFor();
  assertClean(page);
  await page.close();
});

test("it fits a phone, and the keyboard reaches it", real, async () => {
  const page = await open("", { viewport: { width: 360, height: 740 } });
  await send(`mr.${RUN}k1.new`, conforms());
  await send(`mr.${RUN}k2.new`, conforms());
  await card(page, `${RUN}k2`).waitFor();
  await assertNoSidewaysScroll(page);
  const sound = page.getByRole("switch", { name: "Sound when a series differs" });
  assert.equal(await sound.getAttribute("aria-checked"), "false");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  assert.equal(await sound.getAttribute("aria-checked"), "true");
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await until(async () => (await page.getByRole("article").count()) === 1, "one scanner is chosen");
  await page.keyboard.press("Escape");
  await until(async () => (await page.getByRole("article").count()) > 1, "all are shown");
  assertClean(page);
  await page.close();
});

for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`the page survives a ${signal} and a new start`, restarts, async () => {
    const [console, root] = [demo.at("console.listen"), demo.at("mr.http")];
    await demo.start();
    const page = await open("", {}, root);
    await send(`mr.${RUN}.new`, conforms(), console);
    await verdict(page, RUN, "Conforms").waitFor();
    await demo.stop(signal);
    await page.getByText(/Not connected since .*, last known state/).waitFor();
    await verdict(page, RUN, "Conforms").waitFor();
    await demo.start();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
    await send(`mr.${RUN}.new`, differs({ TE: 1 }, { SeriesNumber: 18 }), console);
    await verdict(page, RUN, "Differs").waitFor();
    assertClean(page, { expected: AWAY });
    await page.close();
    await demo.stop();
  });
}
