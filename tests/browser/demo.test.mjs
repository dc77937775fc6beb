// The pages against a real gateway: TIELINE_CONSOLE is the address of the console of a running `tieline demo`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, assertNoSidewaysScroll, Browser, until } from "./browser.mjs";

const CONSOLE = process.env.TIELINE_CONSOLE;
const real = { skip: CONSOLE ? false : "TIELINE_CONSOLE is not set: start `tieline demo` and give its console's address" };
// The simulated X-ray console takes its time between two steps, and a whole exam some of them.
const EXAM_MS = 120_000;
let browser;

before(async () => (browser = await Browser.open()));
after(() => browser.close());

async function open(path, options = {}) {
  const page = await browser.page(options);
  await page.goto(new URL(path, CONSOLE).href);
  return page;
}

test("the overview shows moving vehicles and an exam", real, async () => {
  const page = await open("/");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByText("Demo: all instruments are simulated").waitFor();
  const things = page.getByRole("listbox", { name: "On the plan" }).getByRole("option");
  await until(async () => (await things.count()) >= 12, "twelve vehicles", 30_000);
  const drawn = () => page.locator("canvas.plan").evaluate((canvas) => canvas.toDataURL());
  const before = await drawn();
  await until(async () => (await drawn()) !== before, "vehicles move");
  const heard = page.getByRole("article").filter({ hasText: "fme" }).locator(".figure-heard dd").first();
  await until(async () => Number(await heard.textContent()) > 1, "messages are counted");
  const room = page.getByRole("region", { name: "X-ray room" });
  await room.getByText("Exam in progress").waitFor({ timeout: EXAM_MS });
  await until(async () => (await room.locator(".event-step").count()) > 0, "a step is told", EXAM_MS);
  assert.doesNotMatch(await page.content(), /DEMO\^|DEMO, /, "a patient's name on the overview");
  assertClean(page);
  await page.close();
});

test("the display shows a patient, then idles and has forgotten the patient", real, async () => {
  const page = await open("/display");
  await page.locator(".patient-name", { hasText: "DEMO" }).waitFor({ timeout: EXAM_MS });
  await page.locator(".step-part:not(.quiet)").waitFor({ timeout: EXAM_MS });
  await page.getByText("Exam in progress").waitFor({ timeout: EXAM_MS });
  await page.getByText("Ready for the next patient").waitFor({ timeout: EXAM_MS });
  assert.doesNotMatch(await page.content(), /DEMO/);
  assertClean(page);
  await page.close();
});

test("both pages fit a phone of 360 px", real, async () => {
  for (const path of ["/", "/display"]) {
    const page = await open(path, { viewport: { width: 360, height: 740 } });
    await page.getByText(path === "/" ? "Live" : /Ready for the next patient|ID/, { exact: path === "/" }).first().waitFor();
    await assertNoSidewaysScroll(page);
    assertClean(page);
    await page.close();
  }
});
