// MR scans: texts as they were, values as people write them, verdicts told apart, what a page remembers and what it does not.
import { describe, expect, test } from "vitest";
import { Book, HISTORY, MOST_STATIONS, MOST_UNREADABLE } from "../src/dialects/mr/book.ts";
import { decoded, decodedAll } from "../src/dialects/mr/entities.ts";
import { mrLine } from "../src/dialects/mr/overview.ts";
import { comparedCount, comparedRows, otherRows, sentence, valueText } from "../src/dialects/mr/parameters.ts";
import { readPlace, socketAddress } from "../src/dialects/mr/page/place.ts";
import { acquiredAt, readVerdict, sentences, seriesName, seriesNumber } from "../src/dialects/mr/verdict.ts";

const INPUT = { SeriesNumber: 7, SequenceName: "epi", Project: "P", SubID: "S", AcqDate: "20241016", TE: 30.0, dcm_path: "/1" };
const content = (verdict: string, input: object = {}, errors: object = {}) => ({ conforms: verdict !== "differs", errors, input: { ...INPUT, ...input }, template: verdict === "no_template" ? {} : { n: 3, TE: "30.0" }, verdict });
const frame = (station: string, type: string, what: unknown) => ({ station, type, content: what });

test.each([
  ["plain", "plain"],
  ["&lt;b&gt; &amp; &quot;it&#39;s&quot;", "<b> & \"it's\""],
  ["&amp;lt;", "&lt;"],
  ["&copy; &#38; & &lt", "&copy; &#38; & &lt"],
])("decodes the five entities once: %s", (escaped, text) => {
  expect(decoded(escaped)).toBe(text);
});

test("decodes every text of a document, keys too, and nothing else", () => {
  const escaped = { "&lt;a&gt;": ["&amp;", { x: "&quot;" }], n: 1, none: null, yes: true };
  expect(decodedAll(escaped)).toEqual({ "<a>": ["&", { x: '"' }], n: 1, none: null, yes: true });
});

test.each([
  ["TE", 4.9, "4.9 ms"],
  ["TE", "4.92", "4.92 ms"],
  ["TE", "4.92,7.380", "4.92 or 7.38 ms"],
  ["TR", 1300.0, "1300 ms"],
  ["TR", "1300.0", "1300 ms"],
  ["FA", "60.0", "60°"],
  ["Matrix", [88, 0, 0, 88], "88 × 0 × 0 × 88"],
  ["Matrix", "[88, 0, 0, 88]", "88 × 0 × 0 × 88"],
  ["PixelResol", [2.3, 2.3], "2.3 × 2.3 mm"],
  ["FoV", "FoV 220*220", "FoV 220*220"],
  ["Comments", "", "empty"],
  ["BWPPE", null, "empty"],
  ["TA", "null", null],
  ["TA", undefined, null],
  ["Shims", "-1,12345678901234567890", "-1, 12345678901234567890"],
  ["Unknown", { a: 1 }, '{"a":1}'],
])("writes %s %j as %s", (name, value, text) => {
  expect(valueText(name, value)).toBe(text);
});

describe("sentences", () => {
  test("name parameter, unit, found and expected", () => {
    expect(sentence({ name: "TE", expect: "4.92", have: 4.9 })).toBe("Echo time (TE) is 4.9 ms, the template says 4.92 ms.");
    expect(sentence({ name: "PED_major", expect: "COL", have: "null" })).toBe("Phase-encoding axis is missing, the template says COL.");
    expect(sentence({ name: "New", expect: "null", have: "x" })).toBe("New is x, the template has none.");
  });

  test("stay short whatever a header holds", () => {
    expect(sentence({ name: "Comments", expect: "y".repeat(5000), have: "x".repeat(5000) }).length).toBeLessThan(220);
  });
});

test("the table has every compared parameter in order and marks what differs, also what nobody knows", () => {
  const rows = comparedRows({ TE: 4.9, iPAT: "p2" }, { TE: "4.92", iPAT: "p2" }, [{ name: "TE", expect: "4.92", have: 4.9 }, { name: "New", expect: "1", have: "2" }]);
  expect(rows).toHaveLength(18);
  expect(rows[0]).toEqual({ name: "Project", label: "Study", found: "–", expected: "–", differs: false, notCompared: "absent on both sides" });
  expect(rows.filter((row) => row.differs).map((row) => row.name)).toEqual(["TE", "New"]);
  expect(rows[2]).toMatchObject({ name: "iPAT", found: "p2", expected: "p2" });
  expect(comparedCount({ TE: 1, iPAT: "p2", TA: "null" }, { TE: "1", TA: "x" })).toBe(1);
});

test("the rest of the header is what was not compared, each once", () => {
  const rows = otherRows({ SubID: "Doe", TE: 1, Odd: "<b>" });
  expect(rows).toContainEqual(["Subject", "Doe"]);
  expect(rows).toContainEqual(["Odd", "<b>"]);
  expect(rows.map(([label]) => label)).not.toContain("Echo time (TE)");
  expect(new Set(rows.map(([label]) => label)).size).toBe(rows.length);
});

describe("verdict", () => {
  test("is one of three, also from servers that know two", () => {
    const kind = (value: unknown) => readVerdict(value)?.kind;
    expect(["conforms", "differs", "no_template"].map((name) => kind(content(name)))).toEqual(["conforms", "differs", "no_template"]);
    expect(kind({ conforms: true, errors: {}, input: {}, template: {} })).toBe("no_template");
    expect(kind({ conforms: true, errors: {}, input: {}, template: { n: 1 } })).toBe("conforms");
    expect(kind({ conforms: false, errors: {}, input: {}, template: {} })).toBe("differs");
  });

  test.each([[null], [[]], ["x"], [{}], [{ conforms: "yes" }]])("is none: %j", (value) => {
    expect(readVerdict(value)).toBeNull();
  });

  test("tells name, number and time where there are any", () => {
    const bare = readVerdict({ conforms: true, errors: null, input: 7 });
    const full = readVerdict(content("conforms", { AcqTime: "101500.25" }));
    if (!bare || !full) throw new Error("both can be read");
    expect([seriesName(bare), seriesNumber(bare), acquiredAt(bare), sentences(bare)]).toEqual(["Series without a name", null, null, []]);
    expect([seriesName(full), seriesNumber(full), acquiredAt(full)]).toEqual(["epi", "Series 7", "10:15:00"]);
  });
});

describe("book", () => {
  test("puts the newest series of a station on top and counts its images", () => {
    const book = new Book();
    expect(book.hear(frame("A", "new", content("conforms")), 1)?.station).toBe("A");
    book.hear(frame("A", "update", 1), 2);
    book.hear(frame("A", "update", 11), 3);
    book.hear(frame("A", "new", content("no_template", { SeriesNumber: 8 })), 4);
    const [station] = book.known.stations;
    expect(station?.series.map(({ verdict, images, at }) => [verdict.kind, images, at])).toEqual([["no_template", 1, 4], ["conforms", 12, 1]]);
  });

  test("a later image that is judged otherwise changes the series and is remembered", () => {
    const book = new Book();
    book.hear(frame("A", "new", content("differs", {}, { TE: { expect: "30.0", have: 1 } })), 1);
    book.hear(frame("A", "update", 1), 2);
    expect(book.hear(frame("A", "new", content("conforms", { dcm_path: "/3" })), 3)?.series.formerly).toBe("differs");
    const series = book.known.stations[0]?.series;
    expect(series?.map(({ verdict, images, formerly }) => [verdict.kind, images, formerly])).toEqual([["conforms", 3, "differs"]]);
  });

  test("the next patient with the same numbers is another series, and so is one without a number", () => {
    const book = new Book();
    book.hear(frame("A", "new", content("conforms")), 1);
    book.hear(frame("A", "new", content("conforms", { SubID: "T" })), 2);
    book.hear(frame("A", "new", content("conforms", { SeriesNumber: "null", AcqTime: "1" })), 3);
    book.hear(frame("A", "new", content("conforms", { SeriesNumber: "null", AcqTime: "2" })), 4);
    expect(book.known.stations[0]?.series).toHaveLength(4);
  });

  test("what the state and the socket both tell is news once", () => {
    const book = new Book();
    const state = { A: { station: "A", content: content("differs") }, B: { station: "B", content: content("conforms") } };
    expect(book.merge(state, null).map(({ station }) => station)).toEqual(["A", "B"]);
    expect(book.merge(state, 5)).toEqual([]);
    expect(book.hear(frame("A", "new", content("differs")), 6)).toBeNull();
    expect(book.known.stations[0]?.series[0]).toMatchObject({ at: null, images: null });
    book.hear(frame("A", "update", 4), 7);
    expect(book.known.stations[0]?.series[0].images).toBe(5);
  });

  test("stations stay in their places, files that cannot be read belong to none", () => {
    const book = new Book();
    for (const name of ["MR10", "MR2", "", "MR1"]) book.hear(frame(name, "new", content("conforms")), 1);
    book.hear({ station: null, type: "unreadable", content: { path: "/x", reason: "empty" } }, 2);
    expect(book.known.stations.map(({ name }) => name)).toEqual(["", "MR1", "MR2", "MR10"]);
    expect([book.known.unreadableCount, book.known.unreadable[0]]).toEqual([1, { key: 1, path: "/x", reason: "empty", at: 2 }]);
  });

  test("nothing grows without end", () => {
    const book = new Book();
    for (let number = 0; number < 300; number += 1) {
      book.hear(frame("A", "new", content("conforms", { SeriesNumber: number })), number);
      book.hear(frame(`S${number}`, "new", content("conforms")), number);
      book.hear({ station: null, type: "unreadable", content: { path: "/", reason: "" } }, number);
    }
    const { stations, unreadable, unreadableCount } = book.known;
    expect([stations.length, unreadable.length, unreadableCount]).toEqual([MOST_STATIONS, MOST_UNREADABLE, 300]);
    expect(stations.find(({ name }) => name === "A")?.series).toHaveLength(HISTORY + 1);
    expect(stations.some(({ name }) => name === "S0")).toBe(false);
  });

  test.each([[null], ["x"], [{}], [frame("A", "new", 1)], [frame("A", "update", 1)], [frame("A", "other", {})], [{ type: "new", content: content("conforms") }]])("is unmoved by %j", (what) => {
    const book = new Book();
    expect(book.hear(what, 1)).toBeNull();
    expect(book.known.stations).toEqual([]);
  });
});

test.each([
  ["/", null, "./"],
  ["/scanner", null, "./"],
  ["/scanner/", null, "./"],
  ["/scanner/AWP1", "AWP1", "../"],
  ["/proxy/scanner/MR%201.5T%2Fx", "MR 1.5T/x", "../"],
  ["/scanner/%zz", "%zz", "../"],
])("the page at %s is for %j", (path, station, root) => {
  expect(readPlace(path)).toEqual({ station, root });
});

test("the WebSocket is on the page's host, at the port the site names", () => {
  expect(socketAddress({ port: 5000, tls: false }, "127.0.0.1", null)).toBe("ws://127.0.0.1:5000/?series=1&sessions=1");
  expect(socketAddress({ port: 1, tls: true }, "[::1]", "MR 1/<b>")).toBe("wss://[::1]:1/station/MR%201%2F%3Cb%3E?series=1&sessions=1");
});

test.each([
  [frame("A", "new", content("differs", {}, { TE: { expect: "30.0", have: 1 } })), "A, epi: differs (Echo time (TE))"],
  [frame("A", "new", content("no_template")), "A, epi: no template"],
  [frame("A", "update", 12), "A, image 13"],
  [{ station: null, type: "unreadable", content: { path: "[patient data]", reason: "empty" } }, "A file could not be read: empty"],
  [frame("A", "new", 1), null],
  ["x", null],
])("an event in a line: %#", (event, line) => {
  expect(mrLine(event)).toBe(line);
});
