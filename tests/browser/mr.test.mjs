// The page for MR scans against a site that misbehaves on demand.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import axe from "axe-core";
import { assertClean, assertNoSidewaysScroll, AWAY, Browser, until } from "./browser.mjs";
import { built, conforms, differs, FakeScanners, HEADER, noTemplate } from "./mr-fake.mjs";

const EVIL = `<img src=x onerror="window.pwned = 1"> & 'quoted' &amp; "more"`;
let browser, site;

before(async () => (browser = await Browser.open()));
after(() => browser.close());
beforeEach(async () => (site = await new FakeScanners().start()));
afterEach(() => site.stop().catch(() => undefined));

/** Counts the tones a page plays, without a loudspeaker. */
function countTones() {
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.tones += 1;
    return start.apply(this, when);
  };
}

async function open(path = "/", options = {}) {
  const page = await browser.page(options);
  await page.addInitScript(countTones);
  await page.goto(site.url + path);
  await until(() => site.sockets.clients.size > 0 && site.states > 0, "the page listens and knows the state");
  if (path === "/") await page.getByText("Live", { exact: true }).waitFor();
  else await page.locator(".not-connected").waitFor({ state: "detached" });
  return page;
}

const card = (page, station) => page.getByRole("article", { name: station });
const tones = (page) => page.evaluate(() => window.tones);

async function assertAccessible(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join("; ")}`);
  assert.deepEqual(told, [], what);
}

test("waits, then shows each verdict in its own word, and says what differs", built, async () => {
  const page = await open();
  await page.getByText("Waiting for the first series").waitFor();
  site.new("AWP1", differs({ TE: 4.9 }));
  site.new("AWP2", conforms());
  site.new("AWP3", noTemplate());
  await card(page, "AWP1").getByText("Echo time (TE) is 4.9 ms, the template says 30 ms.").waitFor();
  await card(page, "AWP2").getByText("17 parameters agree with the template of 23 acquisitions.").waitFor();
  await card(page, "AWP3").getByText("Nothing was compared: there is no template for this series.").waitFor();
  const words = await Promise.all(["AWP1", "AWP2", "AWP3"].map((name) => card(page, name).locator(".verdict").textContent()));
  assert.deepEqual(words, ["Differs", "Conforms", "No template"]);
  const looks = await page.locator(".current .verdict").evaluateAll((all) => all.map((one) => [getComputedStyle(one).color, one.querySelector("svg").innerHTML]));
  assert.equal(new Set(looks.map(([colour]) => colour)).size, 3, "three colours");
  assert.equal(new Set(looks.map(([, shape]) => shape)).size, 3, "three shapes");
  assert.equal(await page.title(), "Differs: AWP1 · MR scans");
  assertClean(page);
  await page.close();
});

test("counts images, keeps the series before, and shows all parameters on demand", built, async () => {
  const page = await open();
  site.new("A", differs({ FA: 52 }, { SeriesNumber: 1, SequenceName: "first" }));
  for (let further = 1; further <= 11; further += 1) site.update("A", further);
  await card(page, "A").getByText(/12 images/).waitFor();
  site.new("A", conforms({ SeriesNumber: 2, SequenceName: "second" }));
  await card(page, "A").getByRole("heading", { name: "second" }).waitFor();
  const before = card(page, "A").locator(".past");
  await before.getByText("Differs: Flip angle").waitFor();
  await before.locator("summary").click();
  await before.getByText("Flip angle is 52°, the template says 60°.").waitFor();
  await card(page, "A").getByText("All compared parameters").click();
  const row = card(page, "A").locator(".fold").first().getByRole("row", { name: /Repetition time/ });
  assert.deepEqual(await row.getByRole("cell").allTextContents(), ["1300 ms", "1300 ms"]);
  await card(page, "A").getByText("The rest of the header").click();
  await card(page, "A").locator(".fold").last().getByRole("cell", { name: HEADER.dcm_path }).waitFor();
  for (let number = 3; number < 70; number += 1) site.new("A", conforms({ SeriesNumber: number }));
  await card(page, "A").getByRole("button", { name: "Show all 68" }).click();
  assert.equal(await before.count(), 68);
  assertClean(page);
  await page.close();
});

for (const escapeHtml of [true, false]) {
  test(`HTML in a header is text${escapeHtml ? "" : ", also when the gateway does not escape it"}`, built, async () => {
    site.escapeHtml = escapeHtml;
    const page = await open();
    site.new(EVIL, differs({ Comments: EVIL }, { SequenceName: EVIL, SubID: EVIL, [EVIL]: EVIL }));
    site.unreadable(EVIL, EVIL);
    await page.getByRole("heading", { name: EVIL, level: 2 }).waitFor();
    await page.getByRole("heading", { name: EVIL, level: 3 }).waitFor();
    await page.getByText("The rest of the header").click();
    await page.getByRole("row", { name: "Subject" }).getByText(EVIL, { exact: true }).waitFor();
    await page.getByText("1 file could not be read").click();
    assert.equal(await page.locator(".unreadable .code").textContent(), EVIL);
    assert.equal(await page.locator("img").count(), 1, "the page's own mark and no other picture");
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assertClean(page);
    await page.close();
  });
}

test("files that cannot be read are a calm notice, and no verdict", built, async () => {
  const page = await open();
  for (let number = 1; number <= 30; number += 1) site.unreadable(`/data/MR${number}`, "empty");
  await page.getByText("30 files could not be read since this page was opened").click();
  assert.equal(await page.locator(".unreadable li").count(), 20);
  assert.match(await page.locator(".unreadable li").first().textContent(), /\/data\/MR30$/);
  await page.getByText("Waiting for the first series").waitFor();
  assertClean(page);
  await page.close();
});

test("the keyboard reaches all of it", built, async () => {
  for (const name of ["MR 1", "MR 2", "MR 3"]) site.new(name, conforms());
  const page = await open();
  await card(page, "MR 3").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "switch");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await card(page, "MR 1").waitFor({ state: "detached" });
  assert.equal(await page.getByRole("article").count(), 1);
  assert.equal(await page.getByRole("option", { name: "MR 2" }).getAttribute("aria-selected"), "true");
  await page.keyboard.press("Escape");
  await card(page, "MR 1").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), "scanner/MR%201");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await card(page, "MR 1").getByRole("row", { name: /Flip angle/ }).waitFor();
  assertClean(page);
  await page.close();
});

test("a new verdict is announced to those who hear the page, what was there before is not", built, async () => {
  site.new("A", differs({ TE: 1 }));
  const page = await open();
  await card(page, "A").waitFor();
  const told = page.locator("[aria-live=polite]");
  assert.equal(await told.textContent(), "");
  site.new("B", differs({ FA: 52 }));
  await until(async () => (await told.textContent()) === "B, HabitTask_704x752: Differs. Flip angle is 52°, the template says 60°.", "B is announced");
  await page.close();
});

test("sounds only when switched on, when something differs, and remembers it", built, async () => {
  const page = await open();
  site.new("A", differs({ TE: 1 }));
  await card(page, "A").waitFor();
  assert.equal(await tones(page), 0, "silent until somebody switches it on");
  const sound = page.getByRole("switch", { name: "Sound when a series differs" });
  await sound.focus();
  await page.keyboard.press("Space");
  assert.equal(await sound.getAttribute("aria-checked"), "true");
  await until(async () => (await tones(page)) === 2, "what it sounds like");
  site.new("B", conforms());
  site.new("C", noTemplate());
  await card(page, "C").waitFor();
  assert.equal(await tones(page), 2, "only what differs sounds");
  site.new("B", differs({ TE: 2 }, { SeriesNumber: 18 }));
  await until(async () => (await tones(page)) === 4, "two tones");
  await page.reload();
  assert.equal(await sound.getAttribute("aria-checked"), "true", "remembered");
  await card(page, "B").getByText("Differs", { exact: true }).waitFor();
  await sound.click();
  assert.equal(await sound.getAttribute("aria-checked"), "false");
  await page.reload();
  assert.equal(await sound.getAttribute("aria-checked"), "false");
  assertClean(page);
  await page.close();
});

test("a gateway that goes away leaves the last known state, grey and dated, and what was missed is told", built, async () => {
  const page = await open();
  site.new("A", conforms());
  await card(page, "A").waitFor();
  await site.stop();
  const alert = page.getByRole("alert");
  await alert.getByText(/Not connected since \d\d:\d\d:\d\d, last known state/).waitFor();
  assert.match(await page.locator("main").evaluate((main) => getComputedStyle(main).filter), /grayscale\(1\)/);
  assert.equal(await page.title(), "Not connected · MR scans");
  await card(page, "A").getByText("Conforms", { exact: true }).waitFor();
  site.state = { A: { station: "A", content: differs({ TE: 1 }, { SeriesNumber: 18 }) } };
  await site.start();
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
  await card(page, "A").locator(".verdict", { hasText: "Differs" }).waitFor();
  await card(page, "A").getByText("before this page was connected").waitFor();
  await card(page, "A").locator(".past", { hasText: "Conforms" }).waitFor();
  assert.match(await page.locator("[aria-live=polite]").textContent(), /^A, .*: Differs\./);
  assert.equal(await alert.count(), 0);
  assertClean(page, { expected: AWAY });
  await page.close();
});

test("a gateway that answers nothing any more is noticed, and so is a socket that only looks open", built, async () => {
  const page = await open("/", { clock: true });
  site.new("A", conforms());
  await card(page, "A").waitFor();
  const asked = site.states;
  await page.clock.runFor(11_000);
  await until(() => site.states > asked, "silence makes the page ask");
  await page.getByText("Live", { exact: true }).waitFor();

  site.deaf = true;
  site.new("A", differs({ TE: 1 }, { SeriesNumber: 18 }));
  await until(async () => {
    await page.clock.runFor(1000);
    return (await card(page, "A").locator(".verdict", { hasText: "Differs" }).count()) > 0;
  }, "the state tells what the socket kept back");
  const [deaf] = site.sockets.clients;
  await until(async () => {
    await page.clock.runFor(1000);
    return ![...site.sockets.clients].includes(deaf) && site.sockets.clients.size === 1;
  }, "a new connection takes its place");
  site.deaf = false;

  site.frozen = true;
  await until(async () => {
    await page.clock.runFor(1000);
    return (await page.getByText(/Not connected since/).count()) > 0;
  }, "a frozen gateway is noticed");
  site.frozen = false;
  await until(async () => {
    await page.clock.runFor(1000);
    return (await page.getByText("Live", { exact: true }).count()) > 0;
  }, "it is live again", 30_000);
  assertClean(page, { expected: AWAY });
  await page.close();
});

test("what comes while the state is on its way is neither lost nor told twice", built, async () => {
  const page = await browser.page();
  site.new("A", conforms());
  let release;
  const held = new Promise((done) => (release = done));
  await page.route("**/state", async (route) => {
    const answer = await route.fetch();
    await held;
    await route.fulfill({ response: answer });
  });
  await page.goto(site.url);
  await until(() => site.states > 0, "the state is asked for");
  site.new("A", conforms({ SeriesNumber: 18, SequenceName: "next" }));
  site.update("A", 1);
  release();
  await card(page, "A").getByRole("heading", { name: "next" }).waitFor();
  await card(page, "A").getByText(/2 images/).waitFor();
  assert.equal(await card(page, "A").locator(".past").count(), 1);
  assertClean(page);
  await page.close();
});

test("a scanner's screen is about that scanner alone, and can be read from three metres", built, async () => {
  const name = "MR 1.5T/<b>";
  const page = await open(`/scanner/${encodeURIComponent(name)}`, { viewport: { width: 1920, height: 1080 } });
  await page.getByText("Waiting for the first series").waitFor();
  site.new("OTHER", differs({ TE: 99 }));
  site.unreadable("/x", "empty");
  site.new(name, differs({ TE: 4.9, FA: 52 }));
  await page.getByRole("listitem").getByText("Echo time (TE) is 4.9 ms, the template says 30 ms.").waitFor();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  assert.deepEqual([...site.sockets.clients].map((socket) => socket.path), [`/station/${encodeURIComponent(name)}?series=1&sessions=1`]);
  // Three metres need about 15 mm: 54 px of capital height on a 24 inch monitor of this size, which is a size of 75 px; what
  // explains the verdict may be smaller, as what is read after one has come nearer.
  for (const [where, least] of [[".verdict", 150], [".series-name", 75], [".sentences", 60]]) {
    const size = await page.locator(where).first().evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    assert.ok(size >= least, `${where} is ${size} px`);
  }
  assert.equal(await page.getByText("OTHER").count(), 0);
  assert.equal(await page.title(), `Differs: ${name} · ${name}`);
  site.new(name, conforms({ SeriesNumber: 18 }));
  await page.locator(".verdict", { hasText: "Conforms" }).waitFor();
  assert.equal(await page.locator(".strip li").count(), 1);
  await page.getByRole("button", { name: "Full screen" }).click();
  await page.getByRole("button", { name: "Leave full screen" }).waitFor();
  await page.getByRole("button", { name: "Leave full screen" }).click();
  await site.stop();
  await page.getByRole("alert").getByText(/Not connected since .*, last known state/).waitFor();
  assertClean(page, { expected: AWAY });
  await page.close();
});

test("the link of a scanner leads to its screen, and back", built, async () => {
  site.new("A B", conforms());
  const page = await open();
  await card(page, "A B").getByRole("link", { name: "Console room screen" }).click();
  await page.getByRole("heading", { name: "A B", level: 1 }).waitFor();
  await page.getByRole("link", { name: "All scanners" }).click();
  await card(page, "A B").waitFor();
  assertClean(page);
  await page.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 360, height: 740 }]) {
    test(`accessible and no wider than the window, ${colorScheme}, ${viewport.width} px`, built, async () => {
      const options = { colorScheme, viewport, reducedMotion: "reduce" };
      const page = await open("/", options);
      await assertAccessible(page, "waiting");
      site.new("A", conforms({ SeriesNumber: 1 }));
      site.new("A", differs({ TE: 4.9, SequenceName: "x".repeat(300) }));
      site.new("x".repeat(100), noTemplate());
      site.unreadable(`/data/${"y".repeat(200)}`, "the file ends inside the header");
      await card(page, "A").locator(".past summary").click();
      for (const summary of await page.locator(".fold summary, .unreadable summary").all()) await summary.click();
      await assertAccessible(page, "all open");
      await assertNoSidewaysScroll(page);
      const screen = await open("/scanner/A", options);
      await screen.getByText("Echo time (TE) is 4.9 ms").waitFor();
      await assertAccessible(screen, "a scanner's screen");
      await assertNoSidewaysScroll(screen);
      await site.stop();
      for (const one of [page, screen]) {
        await one.getByText(/Not connected since/).waitFor();
        await assertAccessible(one, "not connected");
        await assertNoSidewaysScroll(one);
        await one.close();
      }
    });
  }
}
