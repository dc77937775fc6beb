// What all pages rely on: bounded memory, waiting, trust, topics, words.
import { describe, expect, test } from "vitest";
import { readGateway, readOverview, socketAddress } from "../src/shared/api.ts";
import { Backoff } from "../src/shared/backoff.ts";
import { elapsedClock } from "../src/shared/elapsed.ts";
import { duration, rate, shellArgument } from "../src/shared/format.ts";
import { Freshness } from "../src/shared/freshness.ts";
import { parseLoosely } from "../src/shared/json.ts";
import { Ring } from "../src/shared/ring.ts";
import { escapeToken, filterCovers, filterProblem, narrowest } from "../src/shared/topics.ts";

describe("ring", () => {
  test("keeps the newest, in order, at every length", () => {
    const ring = new Ring<number>(4);
    const all: number[] = [];
    for (let item = 0; item < 11; item += 1) {
      ring.push(item);
      all.push(item);
      expect(ring.oldestFirst()).toEqual(all.slice(-4));
      expect(ring.newestFirst()).toEqual(all.slice(-4).reverse());
      expect(ring.newest()).toBe(item);
    }
    expect(ring.newestFirst(2)).toEqual([10, 9]);
    expect(ring.newest(4)).toBeUndefined();
    ring.clear();
    expect([ring.length, ring.newest(), ring.oldestFirst()]).toEqual([0, undefined, []]);
  });

  test("refuses to hold nothing", () => {
    expect(() => new Ring(0)).toThrow(RangeError);
  });
});

describe("backoff", () => {
  test("doubles to its limit, with chance below each step, and starts over", () => {
    const longest = new Backoff(500, 10_000, () => 1);
    expect(Array.from({ length: 7 }, () => longest.next())).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    const shortest = new Backoff(500, 10_000, () => 0);
    expect([shortest.next(), shortest.next()]).toEqual([375, 750]);
    longest.reset();
    expect([longest.attempts, longest.next()]).toEqual([0, 500]);
  });

  test("stays at its limit however long it lasts", () => {
    const backoff = new Backoff(1, 10_000, () => 1);
    let last = 0;
    for (let attempt = 0; attempt < 5000; attempt += 1) last = backoff.next();
    expect(last).toBe(10_000);
  });
});

describe("freshness", () => {
  const limits = { staleAfterMs: 10_000, hideAfterMs: 60_000 };

  test("is sure while heard from, unsure from the tenth second of silence on", () => {
    const freshness = new Freshness(limits, 0);
    expect(freshness.read(0)).toEqual({ sure: false, unsureForMs: 0, hide: false });
    freshness.heard(1000);
    expect(freshness.read(10_999).sure).toBe(true);
    expect(freshness.read(11_000)).toEqual({ sure: false, unsureForMs: 0, hide: false });
    expect(freshness.read(12_500).unsureForMs).toBe(1500);
    freshness.heard(13_000);
    expect(freshness.read(13_000).sure).toBe(true);
  });

  test("is unsure from the moment of a close, and hides after sixty seconds of it", () => {
    const freshness = new Freshness(limits, 0);
    freshness.heard(1000);
    freshness.closed(2000);
    expect(freshness.read(2000)).toEqual({ sure: false, unsureForMs: 0, hide: false });
    expect(freshness.read(61_999).hide).toBe(false);
    expect(freshness.read(62_000).hide).toBe(true);
  });

  test("counts from the silence when the close comes later, and failed attempts do not start it over", () => {
    const freshness = new Freshness(limits, 0);
    freshness.heard(1000);
    freshness.closed(30_000);
    freshness.closed(50_000);
    expect(freshness.read(50_000).unsureForMs).toBe(39_000);
    expect(freshness.read(71_000).hide).toBe(true);
  });
});

test("elapsed time counts a sleep of either clock and never goes back", () => {
  let [wall, steady] = [1000, 0];
  const now = elapsedClock(() => wall, () => steady);
  [wall, steady] = [2000, 1000];
  expect(now()).toBe(1000);
  [wall, steady] = [92_000, 1000];
  expect(now()).toBe(91_000);
  [wall, steady] = [500, 1500];
  expect(now()).toBe(91_500);
});

describe("topics", () => {
  test.each([
    ["mr.*.new", "mr.AWP1.new", true],
    ["mr.*.new", "mr.AWP1.update", false],
    ["mr.*", "mr.AWP1.new", false],
    ["mr.>", "mr.AWP1.new", true],
    ["mr.>", "mr", false],
    [">", "mr", true],
    ["fme.a", "fme.a.b", false],
    ["fme.>", "fme.*", true],
    ["fme.*", "fme.>", false],
  ])("%s covers %s: %s", (filter, topic, covers) => {
    expect(filterCovers(filter, topic)).toBe(covers);
  });

  test("the narrowest set drops what another covers", () => {
    expect(narrowest(["vxvue.>", "fme.a", ">", "fme.a"])).toEqual([">"]);
    expect(narrowest(["vxvue.>", "fme.b", "vxvue.106.*", "fme.a", "fme.b"])).toEqual(["fme.a", "fme.b", "vxvue.>"]);
  });

  test.each(["a..b", "", "a b", "a.%4", ">.a"])("says what is wrong with %j", (text) => {
    expect(filterProblem(text)).toMatch(/\.$|itself\.$/);
  });

  test.each([">", "fme.*", "fme.a%20b.>", "fme.%"])("takes %j", (text) => {
    expect(filterProblem(text)).toBeNull();
  });

  test("escapes what has a meaning", () => {
    expect(escapeToken("maps.north *")).toBe("maps%2Enorth%20%2A");
    expect(escapeToken("")).toBe("%");
    expect(escapeToken("straße")).toBe("straße");
    expect(escapeToken("a\u00a0b")).toBe("a%C2%A0b");
  });
});

test("durations, rates and shell arguments read as people write them", () => {
  expect([9, 309, 14_700, 273_600].map((seconds) => duration(seconds * 1000))).toEqual(["9 s", "5 min 09 s", "4 h 05 min", "3 d 4 h"]);
  expect([rate(null), rate(0), rate(7.25), rate(1234.4)]).toEqual(["–", "0.0", "7.3", "1,234"]);
  expect([shellArgument("vxvue.106.601"), shellArgument("it's {}")]).toEqual(["vxvue.106.601", "'it'\\''s {}'"]);
});

test("the API is read with care: what is missing has a plain value, what is no answer is an error", () => {
  const gateway = readGateway({ listeners: [{ dialect: "vxvue", address: "[::1]:55111", tls: true, site: "[::1]:8080" }, { dialect: "fme", address: "127.0.0.1:1" }, 7] });
  expect(gateway.listeners).toEqual([
    { dialect: "vxvue", title: "vxvue", address: "[::1]:55111", tls: true, sitePort: 8080, sample: null },
    { dialect: "fme", title: "fme", address: "127.0.0.1:1", tls: false, sitePort: null, sample: null },
  ]);
  expect(gateway.demo).toBe(false);
  expect(socketAddress(gateway.listeners[0]!, "console.local")).toBe("wss://console.local:55111/");
  expect(readOverview({ now: "2026-01-01T00:00:00Z", dialects: [{ dialect: "fme", heard: 3, lost: -1 }] }).dialects).toEqual([
    { dialect: "fme", sessions: 0, heard: 3, delivered: 0, lost: 0, refused: 0 },
  ]);
  for (const wrong of [null, [], { listeners: 1 }]) expect(() => readGateway(wrong)).toThrow("could not be read");
  expect(() => readOverview({ dialects: [] })).toThrow("could not be read");
});

describe("JSON as people write it", () => {
  test("comments, last commas and bare keys are read over", () => {
    const meant = { sender: 2, command: 101, data: { patientId: "// no comment,}" } };
    for (const text of [
      '{"sender":2,"command":101,"data":{"patientId":"// no comment,}"}}',
      "{\n  \"sender\": 2, // VXvue\n  \"command\": 101, /* patient */\n  \"data\": { \"patientId\": \"// no comment,}\", },\n}",
      "{sender: 2, 'command': 101, data: {patientId: '// no comment,}'}}",
    ]) expect(parseLoosely(text)).toEqual(meant);
  });

  test("what is neither is nothing", () => {
    for (const text of ["", "{", "{,}", "{} /* no end", '{"a":1,,}', "<patient>"]) expect(parseLoosely(text)).toBeUndefined();
  });
});
