// The tail's one connection: opened anew without a gap, given back, taken up again after silence.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Tail, type Listening, type TailMessage } from "../src/shared/tail.ts";

class Source extends EventTarget {
  static readonly OPEN = 1;
  static all: Source[] = [];
  readyState = 0;
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = decodeURIComponent(url);
    Source.all.push(this);
  }

  opens(): this {
    this.readyState = Source.OPEN;
    this.dispatchEvent(new Event("open"));
    return this;
  }

  says(topic: string, event: unknown = null, at = topic): void {
    const data = JSON.stringify({ sequence: Math.random(), at, topic, dialect: topic.split(".")[0], session: "0-1", event });
    if (this.readyState === Source.OPEN) this.dispatchEvent(new MessageEvent("message", { data }));
  }

  tells(name: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  }

  close(): void {
    this.readyState = 2;
  }
}

class Heard implements Listening {
  topics: string[] = [];
  missed: (number | null)[] = [];
  hear(message: TailMessage): void {
    this.topics.push(message.topics[0] as string);
  }
  miss(count: number | null): void {
    this.missed.push(count);
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const open = () => Source.all.filter((source) => source.readyState < 2);
let tail: Tail;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Source);
  Source.all = [];
  tail = new Tail((_dialect, topic, event) => [topic, ...(Array.isArray(event) ? (event as string[]) : [])]);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("one connection carries what all panels want, and each hears its own", async () => {
  const [room, plan, log] = [new Heard(), new Heard(), new Heard()];
  tail.want(room, ["vxvue.>"]);
  tail.want(plan, ["fme.b"]);
  tail.want(log, ["vxvue.106.*"]);
  await settle();
  expect(Source.all.map((source) => source.url)).toEqual(["api/tail?topic=fme.b&topic=vxvue.>"]);
  const source = Source.all[0]!.opens();
  source.says("vxvue.106.101");
  source.says("vxvue.0.1002");
  source.says("fme.a", ["fme.b"]);
  expect([room.topics, plan.topics, log.topics]).toEqual([["vxvue.106.101", "vxvue.0.1002"], ["fme.a"], ["vxvue.106.101"]]);
  source.tells("lost", { count: 3 });
  expect([room.missed, log.missed]).toEqual([[3], [3]]);
  expect(tail.state.value).toBe("live");
});

test("a change of filters has no gap and tells nothing twice", async () => {
  const [room, log] = [new Heard(), new Heard()];
  tail.want(room, ["vxvue.>"]);
  await settle();
  const former = Source.all[0]!.opens();
  tail.want(log, [">"]);
  await settle();
  const source = Source.all[1]!;
  former.says("vxvue.1");
  source.opens();
  expect(former.readyState).toBe(2);
  source.says("vxvue.1");
  source.says("vxvue.2");
  former.says("vxvue.3");
  expect(room.topics).toEqual(["vxvue.1", "vxvue.2"]);
  await vi.advanceTimersByTimeAsync(2000);
  source.says("vxvue.2");
  expect(room.topics).toHaveLength(3);
});

test("filters that ask for nothing new leave the connection alone, changes in a row leave one", async () => {
  const [room, log] = [new Heard(), new Heard()];
  tail.want(room, ["vxvue.>"]);
  await settle();
  Source.all[0]!.opens();
  tail.want(log, ["vxvue.106.601"]);
  await settle();
  expect(Source.all).toHaveLength(1);
  for (const filter of ["a", "b", "c"]) {
    tail.want(log, [filter]);
    await settle();
  }
  expect(open()).toHaveLength(2);
  Source.all.at(-1)!.opens();
  expect(open().map((source) => source.url)).toEqual(["api/tail?topic=c&topic=vxvue.>"]);
  tail.want(room, []);
  tail.want(log, []);
  await settle();
  expect(open()).toEqual([]);
});

test("an error and a silence are said, and it comes back by itself", async () => {
  const room = new Heard();
  tail.want(room, ["vxvue.>"]);
  await settle();
  Source.all[0]!.opens().dispatchEvent(new Event("error"));
  expect([tail.state.value, room.missed, open().length]).toEqual(["away", [null], 0]);
  await vi.advanceTimersByTimeAsync(500);
  const second = Source.all[1]!.opens();
  expect(tail.state.value).toBe("live");
  for (let beat = 0; beat < 4; beat += 1) {
    await vi.advanceTimersByTimeAsync(5000);
    second.tells("beat", {});
  }
  expect(tail.state.value).toBe("live");
  await vi.advanceTimersByTimeAsync(12_000);
  expect([tail.state.value, second.readyState]).toEqual(["away", 2]);
  await vi.advanceTimersByTimeAsync(500);
  expect(open()).toHaveLength(1);
});

test("while nobody looks it holds no connection, and says afterwards that messages are missing", async () => {
  const room = new Heard();
  tail.want(room, ["vxvue.>"]);
  await settle();
  Source.all[0]!.opens();
  tail.rest(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([open().length, room.missed]).toEqual([0, [null]]);
  tail.rest(false);
  Source.all.at(-1)!.opens().says("vxvue.9");
  expect([open().length, room.topics, tail.state.value]).toEqual([1, ["vxvue.9"], "live"]);
});
