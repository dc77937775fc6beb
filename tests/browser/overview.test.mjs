// The overview against a gateway that misbehaves on demand.
import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, test } from "node:test";
import { assertClean, assertNoSidewaysScroll, AWAY, Browser, until } from "./browser.mjs";
import { FakeGateway } from "./fake-gateway.mjs";

let browser, gateway, busy;

before(async () => (browser = await Browser.open()));
after(() => browser.close());
beforeEach(async () => (gateway = await new FakeGateway().start()));
afterEach(async () => {
  clearInterval(busy);
  await gateway.stop().catch(() => undefined);
});

async function open(options = {}) {
  const page = await browser.page(options);
  await page.goto(gateway.url);
  await page.getByText("Live", { exact: true }).waitFor();
  await until(() => gateway.tails.size > 0, "the page listens to the tail");
  return page;
}

/** Vehicles that go round, twenty messages a second. */
function drive() {
  let turn = 0;
  busy = setInterval(() => {
    turn += 1;
    const [id, angle] = [`bus-${(turn % 4) + 1}`, turn / 40 + (turn % 4)];
    gateway.stream("vehicles", { id, lon: 0.02 + 0.01 * Math.cos(angle), lat: 0.01 + 0.01 * Math.sin(angle), heading_deg: 90, speed_kmh: 30 });
  }, 50);
}

const options = (page, list) => page.getByRole("listbox", { name: list }).getByRole("option");
const pixels = (page) => page.locator("canvas.plan").evaluate((canvas) => canvas.toDataURL());

test("tells which gateway this is and what each listener carries", async () => {
  gateway.counters.fme.lost = 37;
  drive();
  const page = await open();
  await page.getByRole("heading", { name: "Tieline", level: 1 }).waitFor();
  await page.getByText("Demo: all instruments are simulated").waitFor();
  const card = page.getByRole("article", { name: "Stream server (FME)" });
  await card.getByText("ws://127.0.0.1:7078").waitFor();
  await card.getByText("tieline send fme.vehicles").waitFor();
  const heard = card.locator(".figure-heard dd");
  await until(async () => Math.abs(Number(await heard.textContent()) - 20) < 6, "about twenty messages a second are heard");
  const [lost, refused] = await card.locator(".figure dd").evaluateAll((all) => [all.at(-1), all.at(-2)].map((one) => getComputedStyle(one).color));
  assert.notEqual(lost, refused, "losses have a colour of their own");
  assert.equal(await page.getByRole("article", { name: "X-ray console hub (VXvue)" }).locator(".figure-lost").count(), 0);
  await until(() => card.locator("canvas").evaluate((canvas) => {
    const blank = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    return canvas.width > 0 && canvas.toDataURL() !== blank.toDataURL();
  }), "the rates are drawn");
  assertClean(page);
  await page.close();
});

test("follows the X-ray room without any patient data", async () => {
  const page = await open();
  const room = page.getByRole("region", { name: "X-ray room" });
  await room.getByText("Waiting for the first event").waitFor();
  gateway.room(101, { patientId: "MARKER-1", patientName: "MARKER^NAME" });
  await room.locator(".room-phase", { hasText: "Patient announced" }).waitFor();
  gateway.room(1001);
  gateway.room(601, { bodypartAlias: "HAND", projectionAlias: "PA" });
  await room.getByText("Exam in progress").waitFor();
  await room.locator(".room-step", { hasText: "HAND · PA" }).waitFor();
  gateway.room(1002);
  await room.getByText("Room is free").waitFor();
  assert.equal(await room.locator(".event").count(), 4);
  assert.doesNotMatch(await page.content(), /MARKER/);
  assertClean(page);
  await page.close();
});

test("vehicles move on the plan, and any stream with places can be chosen", async () => {
  drive();
  const page = await open();
  await until(async () => (await options(page, "On the plan").count()) === 4, "four vehicles");
  const before = await pixels(page);
  await until(async () => (await pixels(page)) !== before, "the plan moves");
  const field = page.getByRole("combobox", { name: "Stream" });
  await field.fill("cranes");
  await field.press("Enter");
  await page.getByText("Nothing heard on stream “cranes” yet.").waitFor();
  await until(() => [...gateway.tails].some((tail) => tail.filters.length > 0), "listening again");
  const crane = () => gateway.stream("cranes", '{"name":"<b>crane</b>","x":1200,"y":-300}');
  await until(async () => {
    crane();
    return (await options(page, "On the plan").count()) === 1;
  }, "one crane");
  await page.getByRole("option", { name: "<b>crane</b>" }).click();
  await page.locator(".thing-details").getByText("1200").waitFor();
  assertClean(page);
  await page.close();
});

test("the tail filters, pauses and shows a message whole", async () => {
  drive();
  const page = await open();
  const rows = options(page, "Messages, newest first");
  await rows.filter({ hasText: "fme.vehicles" }).first().waitFor();
  await page.getByLabel("Topics").fill("vxvue..601");
  await page.getByText("A topic has no empty part").waitFor();
  await page.getByLabel("Topics").fill("a ".repeat(21));
  await page.getByText("At most 20 topics at a time.").waitFor();
  await page.getByLabel("Topics").fill("vxvue.*.601 other.>");
  await until(async () => (await rows.count()) === 0, "other messages are gone");
  await until(() => [...gateway.tails].some((tail) => tail.filters.includes("vxvue.>") && tail.filters.includes("other.>")), "the gateway is asked for no more than needed");
  gateway.room(1001);
  gateway.room(601, { bodypartAlias: "FOOT", projectionAlias: null });
  await rows.filter({ hasText: "FOOT" }).waitFor();
  assert.equal(await rows.count(), 1);
  await rows.first().click();
  await page.getByRole("region", { name: "Chosen message" }).getByText('"bodypartAlias": "FOOT"').waitFor();
  await page.getByRole("button", { name: /Resume/ }).waitFor();
  gateway.room(601, { bodypartAlias: "KNEE", projectionAlias: null });
  await page.getByRole("button", { name: "Resume (1 new)" }).click();
  await rows.filter({ hasText: "KNEE" }).waitFor();
  gateway.lose(12);
  await page.getByText("12 messages were too many for this page").waitFor();
  assertClean(page);
  await page.close();
});

test("nothing is missed or doubled while the filter changes", async () => {
  const page = await open();
  const room = page.getByRole("region", { name: "X-ray room" });
  const numbers = [];
  busy = setInterval(() => {
    numbers.push(numbers.length);
    gateway.room(601, { bodypartAlias: `N${numbers.length}`, projectionAlias: null });
  }, 20);
  for (const filter of ["a.b", "fme.>", "vxvue.106.*", "c"]) {
    await page.getByLabel("Topics").fill(filter);
    await until(() => [...gateway.tails].length === 1 && [...gateway.tails][0].filters.some((one) => one === filter || one === "vxvue.>"), "the filter is in force");
  }
  clearInterval(busy);
  await room.locator(".stage", { hasText: `Step ${numbers.length}` }).waitFor();
  await page.close();
});

test("a restart is survived: said, dimmed, and then live again with new figures", async () => {
  drive();
  const page = await open();
  await until(async () => (await options(page, "On the plan").count()) === 4, "four vehicles");
  await gateway.stop();
  await page.getByText("Reconnecting").waitFor();
  await page.getByText(/Figures are from \d\d:\d\d:\d\d/).waitFor();
  for (const counters of Object.values(gateway.counters)) counters.heard = counters.delivered = 0;
  gateway.version = "0.2.0";
  await gateway.start();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByText("This page is older than the gateway").waitFor();
  await until(() => gateway.tails.size > 0, "the tail is back");
  const rate = page.getByRole("article", { name: "Stream server (FME)" }).locator(".figure-heard dd");
  await until(async () => Number(await rate.textContent()) > 5, "rates are counted again");
  const before = await pixels(page);
  await until(async () => (await pixels(page)) !== before, "vehicles move again");
  assertClean(page, { expected: AWAY });
  await page.close();
});

test("a gateway that hangs is stale within seconds", async () => {
  const page = await open();
  gateway.frozen = true;
  await page.locator(".pill-bad").waitFor();
  gateway.frozen = false;
  await page.getByText("Live", { exact: true }).waitFor();
  await page.close();
});

test("a dialect that is off is explained", async () => {
  gateway.dialects = ["fme"];
  const page = await open();
  await page.getByText("The X-ray console hub is not listening here").waitFor();
  assert.equal(await page.getByRole("article").count(), 1);
  await page.close();
});

test("everything can be done from the keyboard, and focus is always seen", async () => {
  drive();
  const page = await open();
  await until(async () => (await options(page, "On the plan").count()) === 4, "four vehicles");
  const reached = [];
  for (let stop = 0; stop < 40; stop += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const focus = document.activeElement;
      if (!focus || focus === document.body) return null;
      const style = getComputedStyle(focus);
      return { name: focus.getAttribute("aria-label") ?? focus.id ?? "", text: focus.textContent.slice(0, 20), outline: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2 };
    });
    if (at === null) break;
    assert.ok(at.outline, `focus on ${JSON.stringify(at)} is not visible`);
    reached.push(at.name || at.text);
    if (at.name === "On the plan") {
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await page.locator(".thing-details").getByText("bus-2").waitFor();
    }
    if (at.name === "Messages, newest first") {
      await page.keyboard.press("ArrowDown");
      await page.getByRole("region", { name: "Chosen message" }).getByText('"stream": "vehicles"').waitFor();
    }
  }
  for (const stop of ["stream-name", "Zoom in", "Fit", "On the plan", "Room display", "tail-filter", "Messages, newest first", "Chosen message"]) assert.ok(reached.includes(stop), `${stop} among ${reached.join(", ")}`);
  assertClean(page);
  await page.close();
});

test("nothing moves when data come, on a desktop and on a phone of 360 px", async () => {
  for (const viewport of [{ width: 1440, height: 2000 }, { width: 360, height: 3000 }]) {
    const page = await browser.page({ viewport });
    await page.addInitScript(() => {
      window.shifts = 0;
      window.moved = [];
      const take = (entry) => {
        // New messages push older ones down: that is what a list of the newest is.
        const moved = entry.sources.map(({ node }) => node).filter((node) => !node?.closest?.(".messages"));
        if (moved.length > 0) window.shifts += entry.value;
        window.moved.push(...moved.map((node) => node?.className ?? node?.nodeName));
      };
      new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(gateway.url);
    await page.getByText("Live", { exact: true }).waitFor();
    drive();
    await until(async () => (await options(page, "On the plan").count()) === 4, "four vehicles");
    gateway.room(101, { patientId: "a" });
    gateway.room(1001);
    await page.getByText("Exam in progress").waitFor();
    clearInterval(busy);
    await assertNoSidewaysScroll(page);
    const [shifts, moved] = await page.evaluate(() => [window.shifts, window.moved.join(", ")]);
    assert.ok(shifts < 0.005, `${moved} moved by ${shifts} at ${viewport.width} px`);
    await page.close();
  }
});

test("memory stays bounded under a flood", async () => {
  const page = await open();
  for (let message = 0; message < 6000; message += 1) gateway.stream("vehicles", { id: `v${message}`, lon: message / 1e5, lat: 0.5 });
  gateway.room(1001);
  await page.getByText("Exam in progress").waitFor();
  await page.getByText("500 on the plan").waitFor();
  assert.ok((await options(page, "On the plan").count()) <= 100);
  assert.ok((await options(page, "Messages, newest first").count()) <= 120);
  assertClean(page);
  await page.close();
});

test("reduced motion is respected: vehicles do not glide", async () => {
  const page = await open({ reducedMotion: "reduce" });
  gateway.stream("vehicles", { id: "a", lon: 0, lat: 0 });
  gateway.stream("vehicles", { id: "b", lon: 0.02, lat: 0.02 });
  await page.getByText("2 on the plan").waitFor();
  gateway.stream("vehicles", { id: "a", lon: 0.01, lat: 0.01 });
  const settled = async () => {
    const one = await pixels(page);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    return one === (await pixels(page));
  };
  await until(settled, "the plan stands still after one drawing", 1000);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".button")).transitionDuration), "0s");
  await page.close();
});
