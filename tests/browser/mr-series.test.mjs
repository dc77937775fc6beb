// The page for MR scans: series judged as one thing, the day after a reload, sessions, what is not compared and why, and
// the choice of what is right from now on. TIELINE_SCREENSHOTS: a folder that gets a picture of every state and size.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import axe from "axe-core";
import { assertClean, assertNoSidewaysScroll, AWAY, Browser, until } from "./browser.mjs";
import { built, conforms, differs, FakeScanners, noTemplate, remembered, series } from "./mr-fake.mjs";

const SHOTS = process.env.TIELINE_SCREENSHOTS;
const LONG = `MR of a long name ${"x".repeat(70)}`;
const LACKING = { missing: ["T2w_SPACE", "fmap_PA"], incomplete: [{ sequence: "rest_AP", expected: 220, got: 180 }], repeated: ["T1w_MPRAGE"], differing: ["HabitTask_704x752"] };
const NOT_COMPARED = { Comments: "free: within a series it differs from session to session", FoV: "ignored by [[mr.rule]] 2", BWPPE: "absent on one side, as in real-time export" };
const WHOLE = { missing: [], incomplete: [], repeated: [], differing: [] };
let browser, site;

before(async () => {
  browser = await Browser.open();
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
});
after(() => browser.close());
beforeEach(async () => (site = await new FakeScanners({ history: [], choose: true }).start()));
afterEach(() => site.stop().catch(() => undefined));

async function open(path = "/", options = {}) {
  const page = await browser.page(options);
  await page.goto(site.url + path);
  await until(() => site.sockets.clients.size > 0 && site.states > 0, "the page listens and knows the state");
  await page.locator(".not-connected").waitFor({ state: "detached" });
  return page;
}

const card = (page, station) => page.getByRole("article", { name: station });
/** A series of which some images differ, as the gateway tells it when the first of them came. */
const red = (uid, images, differing, first) => ({ ...differs({ TE: 4.9 }), series: series(uid, images, differing, first), not_compared: NOT_COMPARED });
const today = (minutes) => new Date(new Date().setHours(0, 0, 0, 0) + minutes * 60_000).toISOString();
/** A day of one scanner, newest first. */
const day = (station, many) => Array.from({ length: many }, (_, place) => {
  const input = { SeriesNumber: many - place, SequenceName: `seq_${many - place}` };
  return remembered(station, `${station}-${place}`, today(many - place), place === 2 ? differs({ FA: 52 }, input) : conforms(input));
});

test("a series with wrong images stays red while right ones come, and after a reload", built, async () => {
  const page = await open();
  site.new("A", { ...conforms(), series: series("a") });
  await card(page, "A").getByText("Conforms", { exact: true }).waitFor();
  for (let images = 2; images <= 16; images += 1) site.series("A", series("a", images));
  await card(page, "A").getByText(/16 images/).waitFor();
  site.new("A", red("a", 17, 1, 17));
  for (let images = 18; images <= 220; images += 1) {
    site.update("A", images - 1);
    site.series("A", series("a", images, images < 100 ? 1 : 3, 17));
  }
  const extent = card(page, "A").getByText("3 of 220 images differ, first image 17", { exact: true });
  await extent.waitFor();
  assert.equal(await card(page, "A").locator(".verdict").textContent(), "Differs");
  assert.equal(await card(page, "A").locator(".past").count(), 0, "one series");
  await page.reload();
  await extent.waitFor();
  assert.equal(await card(page, "A").locator(".verdict").textContent(), "Differs");
  assertClean(page);
  await page.close();
});

test("the day of each scanner is there after a reload, with times, and is asked for page by page", built, async () => {
  site.history = [...day("A", 130), ...day("B", 3)].sort((one, other) => other.began.localeCompare(one.began));
  site.new("A", { ...conforms({ SeriesNumber: 130, SequenceName: "seq_130" }), series: series("A-0") });
  const page = await open();
  await card(page, "A").getByText("Before, today: 129 series, 1 differs").waitFor();
  await card(page, "A").locator(".current").getByText(/ago|just now/).waitFor();
  await card(page, "B").getByText("Before, today: 2 series, 1 differs").waitFor();
  assert.deepEqual(site.asked.map(({ before, limit }) => [before, limit]), [[undefined, "100"], ["100", "100"]]);
  assert.ok(site.asked.every(({ since }) => new Date(since).getTime() === new Date().setHours(0, 0, 0, 0)));
  const past = card(page, "A").locator(".past");
  assert.deepEqual(await past.first().locator(".past-name, .past-word, .past-time").allTextContents(), ["seq_129", "Conforms", "02:09:00"]);
  await past.nth(1).locator("summary").click();
  await past.nth(1).getByText("Flip angle is 52°, the template says 60°.").waitFor();
  assertClean(page);
  await page.close();
  const screen = await open("/scanner/B", { viewport: { width: 1920, height: 1080 } });
  await until(async () => (await screen.locator(".strip li").count()) === 2, "the screen has its scanner's day");
  assert.equal(site.asked.at(-1).station, "B");
  await screen.close();
});

test("a gateway that remembers nothing is asked nothing, and one whose memory fails shows what there is", built, async () => {
  site.history = null;
  site.new("A", { ...conforms(), series: series("a") });
  const page = await open();
  await card(page, "A").waitFor();
  assert.deepEqual(site.asked, []);
  assertClean(page);
  await page.close();
  site.history = [];
  const failing = await browser.page();
  await failing.route("**/history?*", (route) => route.fulfill({ status: 503, body: "Tieline: not now" }));
  await failing.goto(site.url);
  await failing.getByText("Live", { exact: true }).waitFor();
  await card(failing, "A").getByText("Conforms", { exact: true }).waitFor();
  assertClean(failing, { expected: /503/ });
  await failing.close();
});

test("a session that lacks something says what, and a whole one is one quiet line", built, async () => {
  const page = await open();
  site.new("A", { ...conforms(), series: series("a") });
  site.session("A", LACKING);
  const strip = card(page, "A").getByRole("region", { name: "Last session, A" });
  await strip.waitFor();
  const lines = await strip.locator(".session-line").evaluateAll((all) => all.map((line) => [line.querySelector("dt").textContent, [...line.querySelectorAll("li")].map((one) => one.textContent)]));
  assert.deepEqual(lines, [["Missing", ["T2w_SPACE", "fmap_PA"]], ["Incomplete", ["rest_AP 180 of 220 images"]], ["Repeated", ["T1w_MPRAGE"]], ["Differing", ["HabitTask_704x752"]]]);
  await page.reload();
  await strip.getByText("180 of 220 images").waitFor();
  site.session("A", WHOLE);
  await card(page, "A").getByText(/^Last session .*: complete, as always\.$/).waitFor();
  assert.equal(await strip.count(), 0);
  assertClean(page);
  await page.close();
});

test("what is not compared says why, and counts as no agreement", built, async () => {
  const page = await open();
  site.new("A", { ...conforms(), series: series("a"), not_compared: NOT_COMPARED, rules: [2, 3] });
  await card(page, "A").getByText("14 parameters agree with the template of 23 acquisitions.").waitFor();
  await card(page, "A").getByText("All compared parameters").click();
  const why = async (name) => (await card(page, "A").getByRole("row", { name }).locator(".row-why").textContent()).trim();
  assert.equal(await why(/^Comments/), "not compared: within a series it differs from session to session");
  assert.equal(await why(/^Field of view/), "not compared: ignored by [[mr.rule]] 2");
  assert.equal(await why(/^Bandwidth per pixel, phase/), "not compared: absent on one side, as in real-time export");
  assert.equal(await card(page, "A").locator(".row-why").count(), 3);
  await card(page, "A").getByText("Rules of this site in force: [[mr.rule]] 2, [[mr.rule]] 3.").waitFor();
  site.new("B", { ...noTemplate({ Project: "null" }), series: series("b"), reason: "no_study_name" });
  await card(page, "B").getByText("Set project in [mr] to a field that does.").waitFor();
  assert.equal(await card(page, "B").getByRole("button", { name: "This is right from now on" }).count(), 0, "no study, no template");
  assertClean(page);
  await page.close();
});

test("what is right from now on is asked once, from the keyboard too, and said to the gateway", built, async () => {
  site.new("A", red("a", 220, 3, 17));
  site.new("B", { ...conforms(), series: series("b") });
  const page = await open();
  const button = card(page, "A").getByRole("button", { name: "This is right from now on" });
  await button.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Is this right from now on?" });
  await dialog.waitFor();
  assert.deepEqual(await dialog.getByRole("row", { name: "Echo time" }).getByRole("cell").allTextContents(), ["30 ms", "4.9 ms"]);
  for (let press = 0; press < 6; press += 1) {
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.querySelector("dialog").contains(document.activeElement)), "the focus does not reach the page behind");
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  // The focus is back.
  await button.and(page.locator(":focus")).waitFor();
  assert.deepEqual(site.chosen, []);

  site.refusal = "only a program on this machine may choose";
  await button.click();
  // What changes nothing comes first.
  await dialog.getByRole("button", { name: "Cancel" }).and(page.locator(":focus")).waitFor();
  await dialog.getByRole("button", { name: "Yes, from now on" }).click();
  await dialog.getByRole("alert").getByText("only a program on this machine may choose", { exact: true }).waitFor();
  site.refusal = null;
  await dialog.getByRole("button", { name: "Yes, from now on" }).click();
  await card(page, "A").getByText("Chosen: the next series are compared with this one.").waitFor();
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(site.chosen, [{ station: "A", uid: "a" }, { station: "A", uid: "a" }]);
  assert.equal(await card(page, "B").getByRole("button", { name: "This is right from now on" }).count(), 0, "what conforms needs no choice");
  assertClean(page, { expected: /403/ });
  await page.close();
});

test("nothing is offered where the gateway does not let a page choose, or is away", built, async () => {
  site.new("A", red("a", 220, 3, 17));
  site.choose = false;
  const button = (page) => card(page, "A").getByRole("button", { name: "This is right from now on" });
  const page = await open();
  await card(page, "A").waitFor();
  assert.equal(await button(page).count(), 0);
  site.choose = true;
  await page.reload();
  await button(page).waitFor();
  await site.stop();
  await page.getByText(/Not connected since/).waitFor();
  assert.equal(await button(page).count(), 0);
  assertClean(page, { expected: AWAY });
  await page.close();
});

/** Texts that are wider or higher than the box that cuts them off, unless an ellipsis says so. */
function cutOff() {
  const isCut = (element) => {
    const { overflowX, overflowY, textOverflow } = getComputedStyle(element);
    const wide = overflowX === "hidden" && textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1;
    const high = overflowY === "hidden" && element.scrollHeight > element.clientHeight + 1;
    return (wide || high) && !element.classList.contains("visually-hidden") && !element.closest(".visually-hidden, .strip, svg");
  };
  return [...document.querySelectorAll("body *")].filter(isCut).map((element) => `${element.tagName}.${element.className}`);
}

async function look(page, name) {
  await page.evaluate(() => document.getAnimations().forEach((one) => one.effect?.getComputedTiming().endTime < Infinity && one.finish()));
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `mr-${name}.png`), fullPage: true });
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join("; ")}`);
  assert.deepEqual(told, [], name);
  await assertNoSidewaysScroll(page);
  assert.deepEqual(await page.evaluate(cutOff), [], `cut off: ${name}`);
}

for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [[390, 844], [1366, 768], [1920, 1080]]) {
    test(`nothing is cut off, ${colorScheme}, ${width} px`, built, async () => {
      const named = (state) => `${state}-${width}-${colorScheme}`;
      const options = { colorScheme, viewport: { width, height }, reducedMotion: "reduce" };
      const waiting = await open("/", options);
      await look(waiting, named("empty"));
      await waiting.close();
      site.history = day("A", 14);
      const page = await open("/", options);
      await look(page, named("day"));
      site.new("A", red("a", 220, 3, 17));
      site.series("A", { ...series("a", 220, 3, 17), missing_values: { TE: [30, 46] } });
      site.session("A", LACKING);
      site.new(LONG, { ...noTemplate({ Project: "null" }), series: series("l"), reason: "no_study_name" });
      site.new("G", { ...conforms(), series: series("g", 64), rules: [1] });
      site.session("G", WHOLE);
      await card(page, "G").getByText(/complete, as always/).waitFor();
      await card(page, "A").locator(".fold summary").first().click();
      await look(page, named("cards"));
      await card(page, "A").getByRole("button", { name: "This is right from now on" }).click();
      await look(page, named("question"));
      await page.close();
      for (const [state, station] of [["red", "A"], ["green", "G"], ["nameless", LONG]]) {
        const screen = await open(`/scanner/${encodeURIComponent(station)}`, options);
        await screen.locator(".verdict").waitFor();
        await look(screen, named(`screen-${state}`));
        // A screen on a wall is not scrolled: it all fits, unless it is as narrow as a phone.
        if (width > 1000) assert.ok(await screen.evaluate(() => document.documentElement.scrollHeight <= window.innerHeight), `${state} fits the screen`);
        if (state === "red") {
          await site.stop();
          await screen.getByText(/Not connected since/).waitFor();
          await look(screen, named("screen-lost"));
          await site.start();
        }
        await screen.close();
      }
    });
  }
}
