// The feed: one question a second, longer pauses while nobody answers, never two rows of questions at once.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Feed } from "../src/overview/feed.ts";

let asked: string[];
let answer: (path: string) => Promise<unknown>;

const well = (path: string) =>
  path === "api/overview" ? { now: new Date().toISOString(), dialects: [] } : { name: "tieline", version: "1", listeners: [], started: new Date(0).toISOString() };

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answer = (path) => Promise.resolve(well(path));
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    const json = await answer(path);
    return { ok: true, status: 200, json: () => Promise.resolve(json) };
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("asks each second, and who it is only now and then", async () => {
  const feed = new Feed();
  feed.run(true);
  await vi.advanceTimersByTimeAsync(10_500);
  expect(asked.filter((path) => path === "api/overview")).toHaveLength(11);
  expect(asked.filter((path) => path === "api/listeners")).toHaveLength(1);
  expect(feed.snapshot.value).toMatchObject({ link: "live", problem: null });
});

test("is away when nobody answers, asks ever more seldom, and learns anew who it is afterwards", async () => {
  const feed = new Feed();
  feed.run(true);
  await vi.advanceTimersByTimeAsync(100);
  answer = () => Promise.reject(new TypeError("refused"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(feed.snapshot.value).toMatchObject({ link: "away", problem: "The gateway does not answer." });
  expect(asked.length).toBeLessThan(15);
  answer = (path) => Promise.resolve({ ...well(path), version: "2" });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(feed.snapshot.value).toMatchObject({ link: "live", replaced: true });
});

test("rests while nobody looks, and a question still under way does not start a second row", async () => {
  const feed = new Feed();
  let release: () => void = () => undefined;
  answer = (path) => new Promise((done) => (release = () => done(well(path))));
  feed.run(true);
  await vi.advanceTimersByTimeAsync(10);
  feed.run(false);
  const first = release;
  answer = (path) => Promise.resolve(well(path));
  feed.run(true);
  first();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked.filter((path) => path === "api/overview").length).toBeLessThanOrEqual(12);
  feed.run(false);
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(before);
});
