// A real gateway goes away and comes back under open pages: TIELINE_BIN is the program to start as `tieline demo`.
import { after, before, test } from "node:test";
import { assertClean, AWAY, Browser, until } from "./browser.mjs";
import { Demo } from "./demo.mjs";

const PROGRAM = process.env.TIELINE_BIN;
const real = { skip: PROGRAM ? false : "TIELINE_BIN is not set: give the program to start as `tieline demo`" };
const EXAM_MS = 120_000;
let browser, demo;

before(async () => {
  browser = await Browser.open();
  demo = await Demo.prepare(PROGRAM);
});
after(async () => {
  await demo.remove();
  await browser.close();
});

for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`both pages survive a ${signal} and a new start`, real, async () => {
    await demo.start();
    const overview = await browser.page();
    const display = await browser.page();
    await overview.goto(`${demo.at("console.listen")}/`);
    await display.goto(`${demo.at("console.listen")}/display`);
    await overview.getByText("12 on the plan").waitFor({ timeout: 30_000 });
    await display.locator(".patient-name").waitFor({ timeout: EXAM_MS });
    await demo.stop(signal);
    await overview.getByText("Reconnecting").waitFor();
    await display.getByText("Not up to date").waitFor();
    await demo.start();
    await overview.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
    await until(async () => (await display.locator(".band-stale").count()) === 0, "the display is sure again", 30_000);
    await display.locator(".patient-name").waitFor({ timeout: EXAM_MS });
    const drawn = () => overview.locator("canvas.plan").evaluate((canvas) => canvas.toDataURL());
    const before = await drawn();
    await until(async () => (await drawn()) !== before, "vehicles move again");
    for (const page of [overview, display]) {
      assertClean(page, { expected: AWAY });
      await page.close();
    }
    await demo.stop();
  });
}
