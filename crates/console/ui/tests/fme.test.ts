// The plan: what has a place, where it is drawn, how much of it is kept.
import { describe, expect, test } from "vitest";
import { Fleet, GONE_AFTER_MS, MOST_THINGS, readPosition, shownAt, TRAIL_POINTS } from "../src/dialects/fme/positions.ts";
import { fmeLine, fmeTopics } from "../src/dialects/fme/topics.ts";
import { boundsOf, fit, fromPixel, needsFit, panned, scaleBar, seen, ticks, tickText, toPixel, zoomed } from "../src/dialects/fme/view.ts";
import { roundStep } from "../src/shared/steps.ts";

describe("positions", () => {
  test.each([
    [{ id: "bus", lon: 1, lat: 2, heading_deg: 90 }, { id: "bus", space: "geo", x: 1, y: 2, heading: 90 }],
    ['{"id":7,"longitude":1,"latitude":2}', { id: "7", space: "geo", x: 1, y: 2, heading: null }],
    [{ name: "crane", x: -500, y: 900 }, { id: "crane", space: "plane", x: -500, y: 900 }],
    [{ lon: 500, lat: 2, x: 1, y: 2 }, { id: "unnamed", space: "plane", x: 1, y: 2 }],
    [{ type: "Feature", id: "f", geometry: { type: "Point", coordinates: [3, 4] }, properties: { course: 10 } }, { id: "f", space: "geo", x: 3, y: 4, heading: 10 }],
  ])("reads %j", (message, expected) => {
    expect(readPosition(message)).toMatchObject(expected);
  });

  test.each([["text"], ["{"], [null], [5], [[]], [{}], [{ lon: "1", lat: "2" }], [{ lon: 1 }], [{ x: Number.NaN, y: 1 }]])("finds no place in %j", (message) => {
    expect(readPosition(message)).toBeNull();
  });
});

test("keeps little of a large message", () => {
  const position = readPosition({ lon: 1, lat: 2, text: "x".repeat(1e6), inner: { deep: true }, ...Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`f${at}`, at])) });
  expect(JSON.stringify(position?.fields).length).toBeLessThan(400);
});

describe("fleet", () => {
  const at = (id: string, x: number, y = 0) => ({ id, space: "plane" as const, x, y, heading: null, fields: {} });

  test("never holds more things or points than it may, and lets the longest silent go", () => {
    const fleet = new Fleet();
    for (let thing = 0; thing < MOST_THINGS + 50; thing += 1) fleet.hear(at(`t${thing}`, thing), thing);
    expect([fleet.size, fleet.get("t49"), fleet.get("t50")?.position.x]).toEqual([MOST_THINGS, undefined, 50]);
    for (let step = 0; step < TRAIL_POINTS * 3; step += 1) fleet.hear(at("t100", step), 1000 + step);
    expect(fleet.get("t100")?.trail.length).toBe(TRAIL_POINTS);
    fleet.sweep(GONE_AFTER_MS + 1100);
    expect(fleet.all().map((thing) => thing.position.id)).toEqual(["t100"]);
  });

  test("glides from where it was drawn, over the time between the last two messages", () => {
    const fleet = new Fleet();
    fleet.hear(at("a", 0), 0);
    fleet.hear(at("a", 10), 1000);
    const first = fleet.get("a")!;
    expect([1000, 1500, 2000, 9000].map((now) => shownAt(first, now).x)).toEqual([0, 5, 10, 10]);
    fleet.hear(at("a", 20), 1500);
    expect(shownAt(fleet.get("a")!, 1500).x).toBe(5);
  });

  test("keeps to one space until it is empty", () => {
    const fleet = new Fleet();
    fleet.hear(at("a", 0), 0);
    expect(fleet.hear({ ...at("b", 1), space: "geo" }, 0)).toBe(false);
    fleet.clear();
    expect([fleet.hear({ ...at("b", 1), space: "geo" }, 0), fleet.space]).toEqual([true, "geo"]);
  });
});

describe("view", () => {
  const bounds = { left: 0, right: 10, bottom: 50, top: 54 };
  const view = fit(bounds, "geo", 600, 400);

  test("shows all, upright, and comes back from pixels", () => {
    const shown = seen(view);
    expect(shown.left < 0 && shown.right > 10 && shown.bottom < 50 && shown.top > 54).toBe(true);
    expect(toPixel(view, { x: 5, y: 54 }).y).toBeLessThan(toPixel(view, { x: 5, y: 50 }).y);
    const back = fromPixel(view, toPixel(view, { x: 7.5, y: 51 }));
    expect(back.x).toBeCloseTo(7.5);
    expect(back.y).toBeCloseTo(51);
  });

  test("fits anew when something leaves or huddles, not while things only move about", () => {
    expect(needsFit(view, bounds, "geo")).toBe(false);
    expect(needsFit(view, { ...bounds, left: 2, top: 53 }, "geo")).toBe(false);
    expect(needsFit(view, { ...bounds, right: 60 }, "geo")).toBe(true);
    expect(needsFit(view, { left: 5, right: 5.1, bottom: 52, top: 52.1 }, "geo")).toBe(true);
    const one = boundsOf([{ x: 1, y: 1 }])!;
    expect(needsFit(fit(one, "geo", 300, 300), one, "geo")).toBe(false);
  });

  test("zooms about the middle and pans by pixels", () => {
    expect(toPixel(zoomed(view, 3), view.middle)).toEqual({ x: 300, y: 200 });
    const moved = toPixel(panned(view, { x: 30, y: -20 }), view.middle);
    expect(moved.x).toBeCloseTo(330);
    expect(moved.y).toBeCloseTo(180);
  });

  test("has round steps, labels and a scale bar", () => {
    expect([0.7, 1, 1.9, 2, 49, 50, 0.00034].map(roundStep)).toEqual([0.5, 1, 1, 2, 20, 50, 0.0002]);
    expect(ticks(-1, 1, 0.5)).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect([tickText(0.02, 0.01, "x", "geo"), tickText(-0.5, 0.5, "y", "geo"), tickText(0, 0.5, "x", "geo"), tickText(20, 10, "x", "plane")]).toEqual(["0.02° E", "0.5° S", "0.0°", "20"]);
    const bar = scaleBar({ ...view, scale: 111_320 / 10 }, "geo", 100);
    expect(bar).toEqual({ pixels: 100, text: "1 km" });
  });
});

test("a message on several streams is on all their topics, and its line is the message alone", () => {
  const event = { stream: "a", streams: ["a", "b.c"], message: { x: 1 } };
  expect(fmeTopics("fme.a", event)).toEqual(["fme.a", "fme.b%2Ec"]);
  expect([fmeLine(event), fmeLine({ message: "hi" }), fmeLine(null)]).toEqual(['{"x":1}', "hi", null]);
});
