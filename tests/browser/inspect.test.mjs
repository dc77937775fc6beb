// The page of the measuring project against a gateway that misbehaves on demand.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import axe from "axe-core";
import { assertClean, assertNoSidewaysScroll, AWAY, Browser, until } from "./browser.mjs";
import { built, FakeProject, point } from "./inspect-fake.mjs";

const EVIL = `<img src=x onerror="window.pwned = 1"> & 'quoted'`;
let browser, site;

before(async () => (browser = await Browser.open()));
after(() => browser.close());
beforeEach(async () => (site = await new FakeProject().start()));
afterEach(() => site.stop().catch(() => undefined));

async function open(options = {}, hash = "") {
  const page = await browser.page(options);
  await page.goto(`${site.url}/project${hash}`);
  await page.getByText("Live", { exact: true }).waitFor();
  await until(() => site.tails.size > 0 || !site.hasTail, "the page listens to the tail");
  return page;
}

async function close(page, options) {
  assertClean(page, options);
  await page.close();
}

const PART = () => [
  ...Array.from({ length: 12 }, (_, at) => point(`Point ${at + 1}`, (at % 4) * 25, Math.floor(at / 4) * 25, at, { id: `p-${at + 1}` })),
  { kind: "circle", type: "Circle", name: "Hole", id: "c-1", points: [[37.5, 25, 0]], numbers: [{ name: "@diameter", value: 12.5, unit: "mm" }], more: { tag: "circle", attributes: { note: EVIL } } },
  { kind: "line", type: "Line", name: EVIL, id: null, points: [[0, 0, 0], [75, 0, 0]], numbers: [] },
  { kind: "distance", type: "Distance", name: null, id: null, points: [], numbers: [{ name: "length", value: 75.25, unit: "mm" }] },
];

const contents = (page) => page.getByRole("navigation", { name: "The project" });
const jobs = (page) => page.getByRole("region", { name: "Jobs" });
const form = (page) => page.getByRole("form", { name: "Import" });
const canvas = (page) => page.locator(".scene-canvas");
const names = (page) => page.locator(".element-name").allTextContents();
const file = (name, size = 100) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.alloc(size, 7) });

async function assertAccessible(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join("; ")}`);
  assert.deepEqual(told, [], what);
}

test("an empty project says how to begin, and the first import appears by itself", built, async () => {
  const page = await open();
  await page.getByRole("heading", { name: "Nothing has been imported yet" }).waitFor();
  await page.getByText("ws://127.0.0.1:40010/").waitFor();
  await jobs(page).getByText("Nobody has asked for anything yet.").waitFor();
  site.image("Left", "part-1.jpg");
  await contents(page).getByRole("link", { name: "Left 1 image" }).waitFor();
  await page.getByRole("button", { name: /part-1\.jpg/ }).waitFor();
  await jobs(page).getByText("image part-1.jpg into Left").waitFor();
  assert.equal(new URL(page.url()).hash, "#series-1");
  await close(page);
});

test("a series grows while it is looked at; another one does not take its place", built, async () => {
  site.image("Left", "part-1.jpg");
  const page = await open();
  const thumbs = page.locator(".thumb");
  await until(async () => (await thumbs.count()) === 1, "one picture");
  site.image("Left", "part-2.jpg", { format: "TIFF", width: 10, height: 20 });
  await page.getByRole("button", { name: "part-2.jpg 10 × 20 TIFF" }).waitFor();
  site.image("", "x.png");
  site.image(EVIL, "y.png");
  await contents(page).getByRole("link", { name: "(no name) 1 image" }).waitFor();
  await contents(page).getByText(EVIL).waitFor();
  assert.equal(await page.getByRole("heading", { level: 2 }).nth(2).textContent(), "Left");
  const loaded = () => page.evaluate(() => [...document.querySelectorAll(".thumb img")].filter((image) => image.naturalWidth > 0).length);
  await until(async () => (await loaded()) === 2, "both pictures are there");
  await contents(page).getByRole("link", { name: "(no name) 1 image" }).click();
  await page.getByRole("button", { name: /x\.png/ }).waitFor();
  await page.goBack();
  await page.getByRole("button", { name: /part-2\.jpg/ }).waitFor();
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await close(page);
});

test("a picture in full: its facts, the next one, and back to where it was", built, async () => {
  site.image("Left", "part-1.jpg", { camera: "Zeiss Camera", exif_focal_length: 49.5 });
  site.image("Left", "part-2.jpg");
  const page = await open();
  await page.getByRole("button", { name: /part-1\.jpg/ }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "part-1.jpg" });
  await dialog.getByText("4000 × 3000 pixels").waitFor();
  await dialog.getByText("JPEG, 5 MiB").waitFor();
  await dialog.getByText("Zeiss Camera").waitFor();
  await dialog.getByText("50 mm for the series; 49.5 mm in the file").waitFor();
  await dialog.getByText(/, job 1$/).waitFor();
  await dialog.getByText(site.series[0].images[0].hash).waitFor();
  await until(() => dialog.locator("img").evaluate((image) => image.naturalWidth > 0), "the picture is there");
  await page.keyboard.press("ArrowRight");
  const next = page.getByRole("dialog", { name: "part-2.jpg" });
  await next.getByText("2 of 2").waitFor();
  await page.keyboard.press("ArrowRight");
  await next.getByText("not in the file").waitFor();
  await assertAccessible(page, "dialog");
  await page.keyboard.press("Escape");
  await until(async () => (await page.getByRole("dialog").count()) === 0, "the picture is closed");
  const focused = (name) => until(() => page.evaluate((text) => document.activeElement.textContent.includes(text), name), `${name} has the focus`);
  await focused("part-2.jpg");
  await page.keyboard.press("ArrowLeft");
  await focused("part-1.jpg");
  await close(page);
});

test("a picture that is not to be had says so", built, async () => {
  site.image("Left", "part-1.jpg");
  site.pictures.clear();
  const page = await open();
  await page.getByText("No picture is to be had.").waitFor();
  await close(page, { expected: /404/ });
});

test("a large series comes in parts", built, async () => {
  for (let at = 1; at <= 230; at += 1) site.image("Many", `m-${at}.jpg`, { quietly: true });
  const page = await open();
  await page.getByText("1 to 100 of 230").waitFor();
  assert.equal(await page.locator(".thumb").count(), 100);
  const pager = page.getByRole("navigation", { name: "Parts of the images" });
  await pager.getByRole("button", { name: "Next" }).click();
  await pager.getByRole("button", { name: "Next" }).click();
  await page.getByText("201 to 230 of 230").waitFor();
  await page.getByRole("button", { name: /m-230\.jpg/ }).waitFor();
  assert.equal(await page.locator(".thumb").count(), 30);
  assert.equal(await pager.getByRole("button", { name: "Next" }).isDisabled(), true);
  await close(page);
});

test("elements as a table: sorted, found, in full", built, async () => {
  site.elements("part.gxml", PART(), { stage: true });
  const page = await open();
  await page.getByText("15 elements · from part.gxml").waitFor();
  assert.deepEqual((await names(page)).slice(0, 3), ["Point 1", "Point 2", "Point 3"]);
  await page.getByRole("button", { name: "Name", exact: true }).click();
  const sorts = page.getByRole("columnheader", { name: "Name" });
  assert.equal(await sorts.getAttribute("aria-sort"), "ascending");
  assert.deepEqual((await names(page)).slice(1, 4), ["Hole", "Point 1", "Point 2"]);
  await page.getByRole("button", { name: "X", exact: true }).click();
  await page.getByRole("button", { name: "X", exact: true }).click();
  assert.match((await names(page))[0], /^Point (4|8|12)$/);
  assert.equal((await names(page)).at(-1), "distance 15");
  await page.getByLabel("Filter").fill("circle diam");
  await page.getByText("1 of 15 elements").waitFor();
  assert.deepEqual(await names(page), ["Hole"]);
  assert.deepEqual(await page.locator(".elements tbody td").allTextContents(), ["13", "circle", "c-1", "37.500", "25.000", "0.000", "diameter 12.5 mm"]);
  await page.getByRole("button", { name: "Hole" }).click();
  await page.getByText("(37.5, 25, 0)").waitFor();
  await page.getByText("All that the file says of it").click();
  await page.getByText(/window\.pwned/).waitFor();
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await page.keyboard.press("Escape");
  await page.getByLabel("Filter").fill("nowhere");
  await page.getByText("No element is found by these words.").waitFor();
  await close(page);
});

test("elements in space: from all sides, with the pointer, with keys, and picked", built, async () => {
  site.elements("part.gxml", PART());
  const page = await open();
  await page.getByRole("button", { name: "Top" }).click();
  const label = () => canvas(page).getAttribute("aria-label");
  assert.equal(await label(), "12 points, 1 circle, 1 line; x 0.000 to 75.000, y 0.000 to 50.000, z 0.000 to 11.000, seen from the top");
  const picture = () => canvas(page).evaluate((element) => element.toDataURL());
  const changed = async (act, what) => {
    const before = await picture();
    await act();
    await until(async () => (await picture()) !== before, what);
  };
  await changed(() => page.getByRole("button", { name: "Names" }).click(), "names are drawn");
  await changed(() => page.getByRole("button", { name: "Larger" }).click(), "it is larger");
  await changed(() => page.getByRole("button", { name: "Fit" }).click(), "it fits");
  await canvas(page).focus();
  await changed(() => page.keyboard.press("ArrowRight"), "it turns");
  await page.keyboard.press("ArrowUp");
  assert.match(await label(), /seen from 350° around and 80° up$/);
  await changed(() => page.keyboard.press("+"), "a key makes it larger");
  await changed(() => page.keyboard.press("Shift+ArrowRight"), "it moves");
  await changed(() => page.keyboard.press("Home"), "it fits again");
  const box = await canvas(page).boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const scrolled = () => page.evaluate(() => scrollY);
  const was = await scrolled();
  await page.mouse.move(x, y);
  await changed(() => page.mouse.wheel(0, -200), "the wheel zooms while it is in use");
  assert.equal(await scrolled(), was);
  await changed(async () => {
    await page.mouse.down();
    await page.mouse.move(x + 60, y + 10, { steps: 4 });
    await page.mouse.up();
  }, "the pointer turns it");
  await page.getByRole("button", { name: "Top" }).click();
  // The hole lies in the middle of what there is, seen from the top.
  await page.mouse.click(x, y);
  await page.locator("tr.chosen").getByRole("button", { name: "Hole" }).waitFor();
  await page.getByText("Hole, circle: x 37.5, y 25, z 0").waitFor();
  await page.getByText(/A dashed circle's direction is not known here/).waitFor();
  await close(page);
});

test("the wheel scrolls the page past a picture that nobody uses", built, async () => {
  site.elements("part.gxml", PART());
  const page = await open({ viewport: { width: 1000, height: 500 } });
  await page.locator(".element-name").first().waitFor();
  const box = await canvas(page).boundingBox();
  await page.mouse.move(box.x + 50, box.y + 50);
  await page.mouse.wheel(0, 150);
  await until(() => page.evaluate(() => scrollY > 0), "the page scrolls");
  await close(page);
});

test("many elements: in parts, and bounded", built, async () => {
  site.elements("many.gxml", Array.from({ length: 6200 }, (_, at) => point(`P${at + 1}`, at % 80, at / 80, 0)), { stage: true });
  const page = await open();
  await page.getByText("5,000 elements Only the first 5,000 of 6,200 elements are here.").waitFor();
  assert.equal(site.count("stages/1"), 5);
  assert.equal((await names(page)).length, 200);
  await page.getByLabel("Filter").fill("P4999");
  await page.getByText(/^1 of 5,000 elements/).waitFor();
  assert.deepEqual(await names(page), ["P4999"]);
  await close(page);
});

test("jobs: who asked, how it went and how long it took, as it goes on", built, async () => {
  for (let at = 0; at < 60; at += 1) site.job({ command: "weld", quietly: true });
  const page = await open();
  await jobs(page).getByText("the newest 50 of 60").waitFor();
  await jobs(page).getByRole("button", { name: "Older jobs" }).click();
  await until(async () => (await jobs(page).getByRole("listitem").count()) === 60, "all jobs are there");
  site.job({ state: "failed", file: "C:/temp/b.jpg", name: "Left", reply: "Error: Image could not be imported from file C:/temp/b.jpg.", detail: EVIL, took_ms: 1400 });
  const failed = jobs(page).getByRole("listitem").filter({ hasText: "image b.jpg into Left" });
  await failed.getByText("Failed in 1.4 s").waitFor();
  await failed.getByText("Error: Image could not be imported from file C:/temp/b.jpg.").waitFor();
  await failed.getByText(EVIL).waitFor();
  const running = site.job({ command: "scan", state: "running", took_ms: null, reply: null, by: "127.0.0.1:50123" });
  // Nothing tells of a job that begins: the next look does, and from then on the page looks often.
  const row = jobs(page).getByRole("listitem").filter({ hasText: "job 62" });
  await row.getByText("Running", { exact: true }).waitFor();
  await row.getByText(/by 127\.0\.0\.1:50123/).waitFor();
  assert.equal(await page.title(), "1 running · Measuring project");
  Object.assign(running, { state: "timeout", took_ms: 65_000, reply: "Error: too late" });
  await row.getByText("Took too long in 1 min 05 s").waitFor({ timeout: 9000 });
  assert.equal(await page.title(), "Measuring project");
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await close(page);
});

test("imports images: one after the other, each with its answer", built, async () => {
  site.image("Left", "part-1.jpg", { focalLength: 35 });
  const page = await open();
  await form(page).getByRole("button", { name: "Import" }).click();
  await form(page).getByText("No file is chosen.", { exact: true }).waitFor();
  await page.getByLabel("Files: choose them").setInputFiles([file("a.jpg", 5000), file("broken.jpg"), file("large.jpg", (1 << 20) + 1)]);
  await form(page).getByText("3 files, 1 MiB").waitFor();
  // The series that is looked at is the one that is most likely meant.
  assert.equal(await page.getByLabel("Series", { exact: true }).inputValue(), "Left");
  assert.equal(await page.getByLabel("Focal length in mm").inputValue(), "35");
  await page.getByLabel("Series", { exact: true }).fill("Right & rear");
  await page.getByLabel("Focal length in mm").fill("50,0");
  await form(page).getByRole("button", { name: "Import" }).click();
  await form(page).getByText("The focal length is no number of millimetres: write it as 50.0.").waitFor();
  assert.deepEqual(site.uploads, [], "nothing leaves before it will do");
  await page.getByLabel("Focal length in mm").fill("50.0");
  await page.getByLabel("Focal length in mm").press("Enter");
  await page.getByText("1 of 3 files imported.").waitFor();
  const sent = (name) => page.locator(".sent").filter({ hasText: name });
  await sent("a.jpg").getByText("Done.").waitFor();
  await sent("broken.jpg").getByText("Error: Image could not be imported from file broken.jpg.").waitFor();
  await sent("large.jpg").getByText("It has 1 MiB; the gateway takes 1 MiB at most.").waitFor();
  assert.deepEqual(site.uploads, [
    { command: "image", file: "a.jpg", name: "Right & rear", focal_length: "50.0", size: 5000 },
    { command: "image", file: "broken.jpg", name: "Right & rear", focal_length: "50.0", size: 100 },
  ]);
  await contents(page).getByRole("link", { name: "Right & rear 1 image" }).waitFor();
  await jobs(page).getByText(/by upload 127\.0\.0\.1:50001/).first().waitFor();
  await close(page, { expected: /422/ });
});

test("imports elements, which the file's name tells", built, async () => {
  const page = await open();
  await page.getByLabel("Files: choose them").setInputFiles(file("part.gxml"));
  await page.getByLabel("Into").selectOption("new_stage");
  await form(page).getByRole("button", { name: "Import" }).click();
  await page.getByText("1 of 1 file imported.").waitFor();
  assert.deepEqual(site.uploads, [{ command: "elements", file: "part.gxml", import_mode: "new_stage", size: 100 }]);
  await contents(page).getByRole("link", { name: "Stage 1 1 element" }).waitFor();
  await page.getByRole("button", { name: "Uploaded" }).waitFor();
  await close(page);
});

test("files may be dropped anywhere", built, async () => {
  const page = await open();
  await page.getByRole("heading", { name: "Nothing has been imported yet" }).waitFor();
  const drop = async (type) => {
    const data = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(2048)], "dropped.gxml"));
      return transfer;
    });
    await page.getByRole("heading", { name: "Nothing has been imported yet" }).dispatchEvent(type, { dataTransfer: data });
  };
  await drop("dragover");
  await page.locator(".import-over").waitFor();
  await drop("drop");
  await form(page).getByText("dropped.gxml, 2 KiB").waitFor();
  assert.equal(await page.locator(".import-over").count(), 0);
  assert.equal(await page.getByLabel("Import as").inputValue(), "elements");
  assert.deepEqual(site.uploads, [], "what is dropped waits for its button");
  await form(page).getByRole("button", { name: "Import" }).click();
  await page.getByText("1 of 1 file imported.").waitFor();
  assert.equal(site.uploads[0].size, 2048);
  await close(page);
});

test("an upload is followed, and can be stopped", built, async () => {
  site.keepsUploads = true;
  const page = await open();
  await page.getByLabel("Files: choose them").setInputFiles([file("a.gxml"), file("b.gxml")]);
  await form(page).getByRole("button", { name: "Import" }).click();
  await page.getByText("Sent; the gateway works on it…").waitFor();
  await page.getByText("0 of 2 files ended.").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped: whether it was imported is not known, the jobs tell.").waitFor();
  await page.getByText("Not sent: stopped before.").waitFor();
  assert.equal(await form(page).getByRole("button", { name: "Import" }).isEnabled(), true);
  assert.equal(site.uploads.length, 1);
  site.release();
  await close(page);
});

for (const [status, line, words] of [
  [429, "too many jobs wait", "The gateway is busy: too many jobs wait. Try again in a moment."],
  [400, "name is missing", "Not imported: name is missing."],
  [403, "this origin may not send", "The gateway does not let this page import: this origin may not send."],
]) {
  test(`an upload that is refused says why (${status})`, built, async () => {
    site.refusal = [status, line];
    const page = await open();
    await page.getByLabel("Files: choose them").setInputFiles(file("a.gxml"));
    await form(page).getByRole("button", { name: "Import" }).click();
    await page.locator(".sent").getByText(words).waitFor();
    await close(page, { expected: new RegExp(status) });
  });
}

test("custom commands are there to be chosen", built, async () => {
  await site.stop();
  site = await new FakeProject({ commands: ["image", "elements", "weld"] }).start();
  const page = await open();
  assert.deepEqual(await page.getByLabel("Import as").locator("option").allTextContents(), ["image", "elements", "weld"]);
  await page.getByLabel("Import as").selectOption("weld");
  assert.equal(await page.getByLabel("Focal length in mm").count(), 0);
  await close(page);
});

test("a gateway that vanishes and comes back: what is shown is marked as old, then is new", built, async () => {
  site.image("Left", "part-1.jpg");
  const page = await open();
  await page.getByRole("button", { name: /part-1\.jpg/ }).waitFor();
  await site.stop();
  await page.getByText(/Not connected since \d\d:\d\d:\d\d, last known state/).waitFor();
  assert.equal(await page.title(), "Not connected · Measuring project");
  await page.getByRole("button", { name: /part-1\.jpg/ }).waitFor();
  assert.equal(await form(page).getByRole("button", { name: "Import" }).isDisabled(), true);
  site.image("Left", "part-2.jpg", { quietly: true });
  await site.start();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: /part-2\.jpg/ }).waitFor();
  assert.equal(await page.locator(".stale").count(), 0);
  const loaded = () => page.evaluate(() => [...document.querySelectorAll(".thumb img")].filter((image) => image.naturalWidth > 0).length);
  await until(async () => (await loaded()) === 2, "both pictures are there");
  await close(page, { expected: AWAY });
});

test("silence is noticed", built, async () => {
  const page = await open({ clock: true });
  await page.getByRole("heading", { name: "Nothing has been imported yet" }).waitFor();
  site.frozen = true;
  await page.clock.runFor(30_000);
  await page.getByText(/Not connected since/).waitFor();
  site.frozen = false;
  // An answer that was kept back is waited for in real time; the clock only moves the page's own patience.
  await until(async () => {
    await page.clock.runFor(1000);
    return page.getByText("Live", { exact: true }).isVisible();
  }, "it is live again");
  await close(page, { expected: AWAY });
});

test("without the live messages it looks by itself", built, async () => {
  site.hasTail = false;
  const page = await open();
  site.image("Left", "part-1.jpg");
  await page.getByRole("button", { name: /part-1\.jpg/ }).waitFor({ timeout: 9000 });
  await close(page, { expected: /503/ });
});

test("a gateway without a project says so", built, async () => {
  site.hasInspect = false;
  const page = await browser.page();
  await page.goto(`${site.url}/project`);
  await page.getByText("This gateway has no measuring project: its configuration has no [inspect] section.").waitFor();
  await close(page, { expected: /404/ });
});

test("what was cleared is gone from the page, and an address of nothing says so", built, async () => {
  site.image("Left", "part-1.jpg");
  const page = await open({}, "#stage-7");
  await page.getByText("What this address names is not in the project: choose something else.").waitFor();
  await contents(page).getByRole("link", { name: "Left 1 image" }).click();
  await page.getByRole("button", { name: /part-1\.jpg/ }).waitFor();
  site.series = [];
  site.job({ command: "weld" });
  await page.getByRole("heading", { name: "Nothing has been imported yet" }).waitFor();
  await close(page);
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 900, height: 800 }, { width: 360, height: 740 }]) {
    test(`accessible and no wider than the page, ${colorScheme}, ${viewport.width} px`, built, async () => {
      const page = await open({ colorScheme, viewport, reducedMotion: "reduce" });
      await page.getByRole("heading", { name: "Nothing has been imported yet" }).waitFor();
      await assertAccessible(page, "empty");
      await assertNoSidewaysScroll(page);
      for (let at = 0; at < 5; at += 1) site.image(`A series with a name ${"that-goes-on-".repeat(9)}`, `${"long-".repeat(30)}${at}.jpg`);
      site.elements("part.gxml", PART(), { stage: true });
      site.job({ state: "failed", reply: `Error: ${"C:/temp/".repeat(40)}` });
      site.job({ state: "running", took_ms: null, reply: null });
      await contents(page).getByRole("link", { name: /that-goes-on/ }).click();
      await page.locator(".thumb").nth(4).waitFor();
      await assertAccessible(page, "series");
      await assertNoSidewaysScroll(page);
      await contents(page).getByRole("link", { name: "Stage 1" }).click();
      await page.getByRole("button", { name: "Hole" }).click();
      await page.getByText("All that the file says of it").click();
      await assertAccessible(page, "stage");
      await assertNoSidewaysScroll(page);
      await page.getByLabel("Files: choose them").setInputFiles([file("a.gxml"), file(`broken-${"x".repeat(80)}.gxml`)]);
      await form(page).getByRole("button", { name: "Import" }).click();
      await page.getByText("1 of 2 files imported.").waitFor();
      await site.stop();
      await page.getByText(/Not connected since/).waitFor();
      await assertAccessible(page, "away");
      await assertNoSidewaysScroll(page);
      await close(page, { expected: new RegExp(`${AWAY.source}|422`) });
    });
  }
}
