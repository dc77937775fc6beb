// The overview's figures: rates from counters, and a tail that can be held.
import { expect, test, vi } from "vitest";
import { HISTORY_SECONDS, RateBook } from "../src/overview/rates.ts";
import { MOST_SHOWN, TailLog } from "../src/overview/tail-log.ts";

const counted = (seconds: number, heard: number, delivered = heard) => ({
  nowMs: seconds * 1000,
  dialects: [{ dialect: "fme", sessions: 1, heard, delivered, lost: 0, refused: 0 }],
});

test("rates are what was counted by the gateway's own clock", () => {
  const book = new RateBook();
  book.take(counted(100, 1000));
  expect(book.of("fme")).toMatchObject({ heard: null, delivered: null });
  expect(book.take(counted(102, 1030, 1100))).toBe(false);
  expect(book.of("fme")).toMatchObject({ heard: 15, delivered: 50 });
});

test("a restart and a long silence are gaps, never rates", () => {
  const book = new RateBook();
  book.take(counted(100, 1000));
  expect(book.take(counted(101, 3))).toBe(true);
  expect(book.of("fme")?.heard).toBeNull();
  book.take(counted(102, 8));
  expect(book.of("fme")?.heard).toBe(5);
  book.take(counted(160, 900));
  expect(book.of("fme")?.heard).toBeNull();
});

test("history is two minutes long, and a dialect that is gone is forgotten", () => {
  const book = new RateBook();
  for (let second = 0; second < 1000; second += 1) book.take(counted(second, second));
  expect(book.of("fme")?.history.length).toBe(HISTORY_SECONDS + 1);
  book.take({ nowMs: 1_000_000, dialects: [] });
  expect(book.of("fme")).toBeUndefined();
});

test("a paused tail stands still, counts what it holds back, and shows the newest when it goes on", () => {
  vi.useFakeTimers();
  const log = new TailLog();
  let key = 0;
  const hear = () => log.hear({ key: (key += 1), at: "", topics: ["a"], dialect: "fme", session: "", event: null, size: 10 });
  hear();
  expect(log.view.value.rows).toEqual([]);
  vi.advanceTimersByTime(250);
  expect(log.view.value.rows.map((row) => row.key)).toEqual([1]);
  log.pause(true);
  for (let more = 0; more < 1000; more += 1) hear();
  log.miss(4);
  log.miss(null);
  vi.advanceTimersByTime(250);
  expect(log.view.value).toMatchObject({ paused: true, held: 1000, lost: 4 });
  expect(log.view.value.rows.map((row) => row.key)).toEqual([1]);
  log.pause(false);
  expect([log.view.value.rows.length, log.view.value.rows[0]?.key, log.view.value.held]).toEqual([MOST_SHOWN, 1001, 0]);
  log.hear({ key: 0, at: "", topics: ["a"], dialect: "fme", session: "", event: { message: "x".repeat(1e6) }, size: 1e6 });
  vi.advanceTimersByTime(250);
  expect(JSON.stringify(log.view.value.rows[0]).length).toBeLessThan(3000);
  log.clear();
  expect(log.view.value.rows).toEqual([]);
  vi.useRealTimers();
});
