// MR scans: series judged as one thing, what a gateway remembers of the day, sessions, and what was not compared.
import { describe, expect, test } from "vitest";
import { Book, HISTORY } from "../src/dialects/mr/book.ts";
import { readHistory, sinceMidnight } from "../src/dialects/mr/history.ts";
import { mrLine } from "../src/dialects/mr/overview.ts";
import { changes, comparedCount, comparedRows, missingSentences, valueText } from "../src/dialects/mr/parameters.ts";
import { differingText, isWhole, readSeriesReport, readSession } from "../src/dialects/mr/reports.ts";
import { readVerdict } from "../src/dialects/mr/verdict.ts";

const INPUT = { SeriesNumber: 7, SequenceName: "epi", Project: "P", SubID: "S", AcqDate: "20241016", TE: 30.0 };
const report = (uid: string, images = 1, differing = 0, first: number | null = null) => ({ number: 7, name: "epi", uid, images, differing, first_differing: first });
const TE = { TE: { expect: "30.0", have: 1 } };
const content = (uid: string, verdict = "conforms", errors: object = {}, series: object = report(uid)) => ({
  conforms: verdict !== "differs",
  errors,
  input: INPUT,
  template: verdict === "no_template" ? {} : { n: 3, TE: "30.0" },
  verdict,
  series,
});
const frame = (station: string, type: string, what: unknown) => ({ station, type, content: what });
const remembered = (station: string, uid: string, began: string, verdict = "conforms") => ({ station, began, content: content(uid, verdict), series: report(uid, 20) });
const page = (series: object[]) => {
  const read = readHistory({ series, next: null });
  if (!read) throw new Error("it can be read");
  return read.series;
};

test.each([
  [report("a", 220, 3, 17), "3 of 220 images differ, first image 17"],
  [report("a", 220, 1, 17), "1 of 220 images differs, first image 17"],
  [report("a", 220, 220, 1), "All 220 images differ"],
  [report("a", 220, 2), "2 of 220 images differ"],
  [report("a", 1, 1, 1), null],
  [report("a", 220), null],
  [{}, null],
])("how far a difference reaches: %j", (told, text) => {
  expect(differingText(readSeriesReport(told))).toBe(text);
});

describe("a series as one thing", () => {
  test("stays red while further images are right", () => {
    const book = new Book();
    book.hear(frame("A", "new", content("a", "differs", TE, report("a", 1, 1, 1))), 1);
    book.hear(frame("A", "update", 1), 2);
    book.hear(frame("A", "series", report("a", 2, 1, 1)), 2);
    book.hear(frame("A", "series", { ...report("a", 220, 3, 17), verdict: "differs", missing_values: { TE: [46] } }), 3);
    const series = book.known.stations[0]?.series;
    expect(series).toHaveLength(1);
    expect(series?.[0]).toMatchObject({ images: 220, verdict: { kind: "differs" }, report: { differing: 3, firstDiffering: 17, missingValues: { TE: [46] } } });
  });

  test("is found by its name, also when another one came between", () => {
    const book = new Book();
    book.hear(frame("A", "new", content("a")), 1);
    book.hear(frame("A", "new", content("b")), 2);
    book.hear(frame("A", "series", report("a", 9)), 3);
    book.hear(frame("A", "series", report("nobody", 9)), 3);
    book.hear(frame("A", "update", 40), 3);
    expect(book.known.stations[0]?.series.map(({ report: one, images }) => [one?.uid, images])).toEqual([["b", 1], ["a", 9]]);
    const news = book.hear(frame("A", "new", content("a", "differs", TE, report("a", 10, 1, 10))), 4);
    expect(news?.series).toMatchObject({ images: 10, formerly: "conforms" });
    expect(book.known.stations[0]?.series.map(({ report: one, verdict }) => [one?.uid, verdict.kind])).toEqual([["a", "differs"], ["b", "conforms"]]);
  });

  test("two of the same words and different names are two", () => {
    const book = new Book();
    book.hear(frame("A", "new", content("a")), 1);
    book.hear(frame("A", "new", content("b")), 2);
    expect(book.known.stations[0]?.series).toHaveLength(2);
  });

  test("the state brings what it counts up to date and is no news", () => {
    const book = new Book();
    book.hear(frame("A", "new", content("a", "differs", TE, report("a", 1, 1, 1))), 1);
    const state = { A: { station: "A", content: content("a", "differs", TE, report("a", 50, 2, 1)) } };
    expect(book.merge(state, 5)).toEqual([]);
    expect(book.known.stations[0]?.series[0]).toMatchObject({ images: 50, at: 1, report: { differing: 2 } });
  });
});

describe("the day", () => {
  const at = (time: string) => Date.parse(`2026-01-05T${time}Z`);

  test("gives what the state told its time, and the rest their places", () => {
    const book = new Book();
    book.merge({ A: { station: "A", content: content("c") } }, null);
    book.hear(frame("A", "new", content("d")), at("12:00:00"));
    const day = [remembered("A", "c", "2026-01-05T11:00:00Z"), remembered("A", "b", "2026-01-05T10:00:00Z", "no_template"), remembered("A", "a", "2026-01-05T09:00:00Z")];
    book.remember(page(day));
    book.remember(page(day));
    const series = book.known.stations[0]?.series;
    expect(series?.map(({ report: one, at: time }) => [one?.uid, time])).toEqual([
      ["d", at("12:00:00")], ["c", at("11:00:00")], ["b", at("10:00:00")], ["a", at("09:00:00")],
    ]);
    expect(new Set(series?.map(({ key }) => key)).size).toBe(4);
  });

  test("leaves what was told last on top, though another began later", () => {
    const book = new Book();
    book.merge({ A: { station: "A", content: content("old", "differs", TE) } }, null);
    book.remember(page([remembered("A", "later", "2026-01-05T10:10:00Z"), remembered("A", "old", "2026-01-05T10:00:00Z")]));
    expect(book.known.stations[0]?.series.map(({ report: one }) => one?.uid)).toEqual(["old", "later"]);
  });

  test("is bounded, and shows stations that the state has forgotten", () => {
    const book = new Book();
    const many = Array.from({ length: HISTORY + 50 }, (_, place) => remembered("B", `s${place}`, new Date(at("12:00:00") - place * 1000).toISOString()));
    book.remember(page(many));
    expect(book.known.stations.map(({ name, series }) => [name, series.length, series[0].report?.uid])).toEqual([["B", HISTORY + 1, "s0"]]);
  });

  test.each([[null], [[]], [{}], [{ series: 7 }]])("cannot be read from %j", (json) => {
    expect(readHistory(json)).toBeNull();
  });

  test("leaves out what it cannot read and tells how to go on", () => {
    const read = readHistory({ series: [7, {}, { station: "A", began: "soon", content: content("a") }, remembered("A", "a", "2026-01-05T09:00:00Z")], next: 12 });
    expect([read?.series.length, read?.next]).toEqual([1, 12]);
  });

  test("begins at this place's midnight", () => {
    const now = new Date(2026, 0, 5, 14, 30).getTime();
    expect(Date.parse(sinceMidnight(now))).toBe(new Date(2026, 0, 5).getTime());
  });
});

describe("a session", () => {
  const lacking = { missing: ["T2w"], incomplete: [{ sequence: "rest_AP", expected: 220, got: 180 }], repeated: ["T1w"], differing: [] };

  test("is read with care", () => {
    expect(readSession(lacking)).toEqual(lacking);
    expect(readSession({ missing: ["", 7, "a"], incomplete: [{}, { sequence: "b" }], repeated: "x" })).toEqual({ missing: ["a"], incomplete: [{ sequence: "b", expected: 0, got: 0 }], repeated: [], differing: [] });
    expect([readSession(null), readSession({}), readSession([])]).toEqual([null, null, null]);
  });

  test("belongs to its scanner, live and from the state, and is kept until the next", () => {
    const book = new Book();
    book.hear(frame("A", "session", lacking), 1);
    expect(book.known.stations).toEqual([]);
    book.merge({ A: { station: "A", content: { ...content("a"), session: lacking } } }, null);
    expect(book.known.stations[0]?.session).toEqual({ report: lacking, at: null });
    const whole = { missing: [], incomplete: [], repeated: [], differing: [] };
    book.hear(frame("A", "session", whole), 9);
    book.hear(frame("A", "new", content("b")), 10);
    const session = book.known.stations[0]?.session;
    expect([session?.at, session && isWhole(session.report)]).toEqual([9, true]);
  });
});

describe("not compared", () => {
  test("is said with its reason, and is no agreement", () => {
    const [input, template] = [{ TE: 30, Comments: "a", FA: 60 }, { TE: "30.0", Comments: "b", FA: "60.0" }];
    const why = { Comments: "free: within a series it differs from session to session", FA: "ignored by [[mr.rule]] 2", TE: 7 };
    const rows = comparedRows(input, template, [], why);
    const reason = (name: string) => rows.find((row) => row.name === name)?.notCompared;
    expect([reason("Comments"), reason("FA"), reason("BWPPE"), reason("TE")]).toEqual(["within a series it differs from session to session", "ignored by [[mr.rule]] 2", "absent on both sides", null]);
    expect(comparedCount(input, template, why)).toBe(1);
  });

  test("is not said of single parameters where there is no template", () => {
    expect(comparedRows({ TE: 1 }, {}, []).every((row) => row.notCompared === null)).toBe(true);
  });

  test("comes with a verdict", () => {
    const verdict = readVerdict({ ...content("a", "no_template"), not_compared: { TE: "why" }, rules: [2, "x"], reason: "no_study_name" });
    expect([verdict?.notCompared, verdict?.rules, verdict?.reason, verdict?.report?.uid]).toEqual([{ TE: "why" }, [2], "no_study_name", "a"]);
  });
});

test("values that never came are sentences", () => {
  expect(missingSentences({ TE: [30, 46], SequenceType: ["b1000"], FA: [] })).toEqual([
    "Echo time (TE): no image with 30 ms or 46 ms came.",
    "Sequence type: no image with b1000 came.",
  ]);
});

test("a choice says what it changes", () => {
  expect(changes([{ name: "TE", expect: "4.92", have: 4.9 }, { name: "iPAT", expect: "p2", have: "null" }])).toEqual([
    { label: "Echo time (TE)", before: "4.92 ms", after: "4.9 ms" },
    { label: "Parallel imaging (iPAT)", before: "p2", after: "absent" },
  ]);
});

test("a set of values is written as such", () => {
  expect(valueText("SequenceType", ["ep_b0", "ep_b1000"])).toBe("ep_b0 or ep_b1000");
});

test.each([
  [frame("A", "series", report("a", 220, 3, 17)), "A, 3 of 220 images differ, first image 17"],
  [frame("A", "series", report("a", 12)), "A, 12 images"],
  [frame("A", "session", { missing: ["a"], incomplete: [], repeated: ["b", "c"], differing: [] }), "A, session ended: 1 missing, 2 repeated"],
  [frame("A", "session", { missing: [] }), "A, session ended: complete"],
  [frame("A", "series", 7), null],
])("an event in a line: %#", (event, line) => {
  expect(mrLine(event)).toBe(line);
});
