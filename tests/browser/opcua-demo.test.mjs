// The page of a plant's variables against a real gateway and the demo's plant: TIELINE_CONSOLE is the address of the console
// of a running `tieline demo`; TIELINE_BIN the program to start as one, end and start again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, assertNoSidewaysScroll, AWAY, Browser, until } from "./browser.mjs";
import { Demo } from "./demo.mjs";

const CONSOLE = process.env.TIELINE_CONSOLE;
const PROGRAM = process.env.TIELINE_BIN;
const real = { skip: CONSOLE ? false : "TIELINE_CONSOLE is not set: start `tieline demo` and give its console's address" };
const restarts = { skip: PROGRAM ? false : "TIELINE_BIN is not set: give the program to start as `tieline demo`" };
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
  await page.goto(new URL("/plant", root).href);
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
  return page;
}

const group = (page, name) => page.getByRole("region", { name, exact: true });
const row = (page, part, title) => group(page, part).getByRole("row").filter({ has: page.getByRole("button", { name: title, exact: true }) });
const valueOf = (page, part, title) => row(page, part, title).locator(".value");
const number = async (page, part, title) => Number.parseFloat(await valueOf(page, part, title).textContent());
const detail = (page) => page.locator(".detail");

test("the plant lives: values change, and all of them have names and units", real, async () => {
  const page = await open();
  for (const part of ["Oven", "Pump", "Tank", "Line"]) await group(page, part).waitFor();
  await until(async () => (await number(page, "Oven", "Temperature")) > 20, "the oven has a temperature", 30_000);
  const before = await valueOf(page, "Oven", "Temperature").textContent();
  assert.match(before, /^[\d.]+ °C/);
  await until(async () => (await valueOf(page, "Oven", "Temperature").textContent()) !== before, "the temperature changes");
  assert.match(await valueOf(page, "Oven", "Zones front to back").textContent(), /^[\d.]+, [\d.]+, [\d.]+ °C/);
  assert.match(await valueOf(page, "Pump", "Running").textContent(), /^(yes|no)/);
  await row(page, "Oven", "Temperature").locator("svg path").waitFor({ state: "attached" });
  assertClean(page);
  await page.close();
});

test("the last hour is there, from the server's own history", real, async () => {
  const page = await open();
  await page.getByRole("button", { name: "Temperature", exact: true }).click();
  await detail(page).getByText(/^[1-9][\d,]* older values/).waitFor();
  await detail(page).getByText(/between [\d.]+ and [\d.]+ °C$/).waitFor();
  assertClean(page);
  await page.close();
});

test("what is written has an effect and stays", real, async () => {
  const page = await open();
  await page.getByRole("button", { name: "Valve", exact: true }).click();
  const field = page.getByLabel("New value in %");
  const write = async (value) => {
    await field.fill(value);
    await field.press("Enter");
    await page.getByRole("button", { name: "Write it" }).click();
  };
  await write("61.5");
  await detail(page).getByText("Written.", { exact: true }).waitFor();
  await until(async () => (await number(page, "Tank", "Valve")) === 61.5, "the valve is where it was put");
  await write("47");
  await until(async () => (await number(page, "Tank", "Valve")) === 47, "the valve is where it was put");
  assertClean(page);
  await page.close();
});

test("a search, the keyboard and a phone", real, async () => {
  const page = await open({ viewport: { width: 360, height: 740 } });
  await page.getByRole("searchbox", { name: "Search" }).fill("pump speed");
  await page.getByText(/^1 of \d+ variables$/).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Speed" }).waitFor();
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
      await until(async () => (await number(page, "Oven", "Temperature")) > 20, "there is a value", 30_000);
      const before = await valueOf(page, "Oven", "Temperature").textContent();
      await until(async () => (await valueOf(page, "Oven", "Temperature").textContent()) !== before, "it changes");
    };
    await lives();
    await demo.stop(signal);
    await page.getByText(/Not connected since .*, last known state/).waitFor();
    await valueOf(page, "Oven", "Temperature").getByText("last known value").waitFor();
    await demo.start();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
    await lives();
    assertClean(page, { expected: AWAY });
    await page.close();
    await demo.stop();
  });
}
