// The page of the measuring project against a real gateway and the demo's measuring script: TIELINE_CONSOLE is the address
// of the console of a running `tieline demo`; TIELINE_BIN the program to start as one, end and start again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, assertNoSidewaysScroll, AWAY, Browser, until } from "./browser.mjs";
import { Demo } from "./demo.mjs";

const CONSOLE = process.env.TIELINE_CONSOLE;
const PROGRAM = process.env.TIELINE_BIN;
const real = { skip: CONSOLE ? false : "TIELINE_CONSOLE is not set: start `tieline demo` and give its console's address" };
const restarts = { skip: PROGRAM ? false : "TIELINE_BIN is not set: give the program to start as `tieline demo`" };
/** The demo's script asks for something every few seconds. */
const SCRIPT_MS = 60_000;
/** The answer to an upload that is refused, as a browser's console tells it. */
const REFUSED = /status of 422/;
// A number's unit stands at the number: that of a whole file is not passed down, since it would be an angle's too.
const GXML = '<?xml version="1.0"?><elements><point id="1" name="By hand" x="1.5" y="-2" z="3"/><circle id="2" name="Bore" x="0" y="0" z="0"><diameter unit="mm">12.0</diameter></circle></elements>';
let browser, demo;

before(async () => {
  browser = await Browser.open();
  demo = await Demo.prepare(PROGRAM);
});
after(async () => {
  await demo.remove();
  await browser.close();
});

async function open(options = {}, root = CONSOLE) {
  const page = await browser.page(options);
  await page.goto(new URL("/project", root).href);
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
  return page;
}

const contents = (page) => page.getByRole("navigation", { name: "The project" });
const jobs = (page) => page.getByRole("region", { name: "Jobs" });
const newest = (page) => jobs(page).getByRole("listitem").first();
const form = (page) => page.getByRole("form", { name: "Import" });
const sent = (page) => page.locator(".sent");
const isDrawn = (page, selector) => page.locator(selector).first().evaluate((image) => image.naturalWidth > 0);

async function importFile(page, name, body) {
  await page.getByLabel("Files: choose them").setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(body) });
}

test("the script's imports come by themselves, with pictures", real, async () => {
  const page = await open();
  await contents(page).getByRole("link", { name: /\d+ images?$/ }).first().waitFor({ timeout: SCRIPT_MS });
  await contents(page).getByRole("link", { name: /\d+ images?$/ }).first().click();
  await page.locator(".thumb img").first().waitFor();
  await until(() => isDrawn(page, ".thumb img"), "the first picture is there");
  await jobs(page).getByText(/^Done in /).first().waitFor();
  const before = await newest(page).textContent();
  await until(async () => (await newest(page).textContent()) !== before, "the next job comes", SCRIPT_MS);
  await page.locator(".thumb").first().click();
  await page.getByRole("dialog").getByText(/^\d+ × \d+ pixels$/).waitFor();
  await page.getByRole("dialog").getByText(/^[0-9a-f]{64}$/).waitFor();
  await until(() => isDrawn(page, ".picture img"), "the picture is there");
  await page.keyboard.press("Escape");
  assertClean(page);
  await page.close();
});

test("elements that are imported by hand are in space and in a table", real, async () => {
  const page = await open();
  await importFile(page, "by-hand.gxml", GXML);
  assert.equal(await page.getByLabel("Import as").inputValue(), "elements");
  await page.getByLabel("Into").selectOption("new_stage");
  const stages = contents(page).getByRole("link", { name: /^Stage \d+ 2 elements$/ });
  const before = await stages.count();
  await form(page).getByRole("button", { name: "Import" }).click();
  await sent(page).getByText("Done.").waitFor();
  await until(async () => (await stages.count()) === before + 1, "a new stage is there");
  await stages.last().click();
  await page.getByText("2 elements · from by-hand.gxml").waitFor();
  await page.locator(".scene-canvas[aria-label^='1 point, 1 circle; x 0.000 to 1.500, y -2.000 to 0.000, z 0.000 to 3.000']").waitFor();
  const row = page.getByRole("row").filter({ has: page.getByRole("button", { name: "Bore" }) });
  await row.getByText("diameter 12 mm").waitFor();
  await page.getByLabel("Filter").fill("by hand");
  await page.getByText("1 of 2 elements").waitFor();
  assertClean(page);
  await page.close();
});

test("what is no image is refused in words, and changes nothing", real, async () => {
  const page = await open();
  await importFile(page, "not-an-image.jpg", "this is text");
  await page.getByLabel("Series", { exact: true }).fill("Never made");
  await page.getByLabel("Focal length in mm").fill("50.0");
  await form(page).getByRole("button", { name: "Import" }).click();
  await sent(page).getByText(/^✕ Error: Image could not be imported from file .*not-an-image\.jpg\.$/).waitFor();
  await jobs(page).getByRole("listitem").filter({ hasText: "not-an-image.jpg" }).getByText(/^Failed/).first().waitFor();
  assert.equal(await contents(page).getByText("Never made").count(), 0);
  assertClean(page, { expected: REFUSED });
  await page.close();
});

test("an image that is imported by hand", real, async () => {
  const page = await open({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  const picture = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 48, height: 32 });
    canvas.getContext("2d").fillRect(8, 8, 16, 16);
    return canvas.toDataURL("image/png").split(",")[1];
  });
  const series = `By hand ${Date.now()}`;
  await importFile(page, "by-hand.png", Buffer.from(picture, "base64"));
  await page.getByLabel("Series", { exact: true }).fill(series);
  await page.getByLabel("Focal length in mm").fill("35");
  await form(page).getByRole("button", { name: "Import" }).click();
  await sent(page).getByText("Done.").waitFor();
  await contents(page).getByRole("link", { name: `${series} 1 image` }).click();
  await page.getByText(/1 image · focal length 35 mm/).waitFor();
  await page.getByRole("button", { name: /by-hand\.png 48 × 32 PNG/ }).waitFor();
  await until(() => isDrawn(page, ".thumb img"), "the picture is there");
  await assertNoSidewaysScroll(page);
  assertClean(page);
  await page.close();
});

for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`the page survives a ${signal} and a new start`, restarts, async () => {
    const root = demo.at("console.listen");
    await demo.start();
    const page = await open({}, root);
    const lives = async () => {
      await newest(page).waitFor({ timeout: SCRIPT_MS });
      const before = await newest(page).textContent();
      await until(async () => (await newest(page).textContent()) !== before, "the next job comes", SCRIPT_MS);
    };
    await lives();
    await demo.stop(signal);
    await page.getByText(/Not connected since .*, last known state/).waitFor();
    await demo.start();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
    await lives();
    assertClean(page, { expected: AWAY });
    await page.close();
    await demo.stop();
  });
}
