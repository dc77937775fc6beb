// OPC UA variables: values in either form of scalars, status in words, what may be written, what a page remembers.
import { describe, expect, test } from "vitest";
import { namesIn, variableLine } from "../src/dialects/opcua/overview.ts";
import { Book, MOST_SHOWN } from "../src/dialects/opcua/page/book.ts";
import { joined, REMEMBERED_MS, Series } from "../src/dialects/opcua/page/series.ts";
import { codeWords, nameWords, qualityOf } from "../src/dialects/opcua/status.ts";
import { readValue, type Reading } from "../src/dialects/opcua/value.ts";
import { isFound, readVariable, valueProblem, type Variable } from "../src/dialects/opcua/variable.ts";

const good = (number: number | null, at: number | null = null): Reading => ({ text: String(number), number, quality: "good", why: null, at });
const variable = (name: string, notes: object = {}, type = "Double"): Variable => {
  const read = readVariable({ Variable: name, Type: type, IsArray: "false", MetaData: notes });
  if (read === null) throw new Error("it can be read");
  return read;
};

test.each([
  [{ Type: "11", Body: "2.8" }, "2.8", 2.8],
  [{ Type: 11, Body: 2.8 }, "2.8", 2.8],
  [{ Type: 11, Body: 0.1 + 0.2 }, "0.3", 0.30000000000000004],
  [{ Type: "10", Body: "-0" }, "-0", -0],
  [{ Type: "11", Body: "1e300" }, "1e300", 1e300],
  [{ Type: "11", Body: "nan" }, "nan", null],
  [{ Type: "8", Body: "9223372036854775807" }, "9223372036854775807", 9223372036854775807],
  [{ Type: "1", Body: "true" }, "yes", 1],
  [{ Type: 1, Body: false }, "no", 0],
  [{ Type: "12", Body: "" }, "empty", null],
  [{ Type: 12, Body: null }, "empty", null],
  [{ Type: "12", Body: "12" }, "12", null],
  [{ Type: "13", Body: "2026-01-02T03:04:05Z" }, "2026-01-02T03:04:05Z", null],
  [{ Type: "21", Body: { Locale: "en", Text: "warm" } }, "warm", null],
  [{ Type: "20", Body: { Name: "Oven" } }, "Oven", null],
  [{ Type: "17", Body: { Id: "7" } }, '{"Id":"7"}', null],
  [{ Type: "11", Body: ["1", "2.5"] }, "1, 2.5", null],
  [{ Type: "11", Body: [] }, "empty list", null],
  [{ Type: 6, Body: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }, "1, 2, 3, 4, 5, 6, 7, 8 … (10)", null],
])("reads %j", (value, text, number) => {
  const reading = readValue({ Value: value });
  expect([reading?.text, reading?.number, reading?.quality, reading?.why]).toEqual([text, number, "good", null]);
});

test("a long text is cut, a value that is no value is none", () => {
  expect(readValue({ Value: { Type: 12, Body: "x".repeat(5000) } })?.text).toHaveLength(121);
  for (const body of [null, "", [], {}, { Value: 7 }, "x"]) expect(readValue(body)).toBeNull();
});

test("status and time belong to the value", () => {
  const uncertain = readValue({ Value: { Type: "11", Body: "3" }, Status: "1083375616", SourceTimestamp: "2026-01-02T03:04:05Z" });
  expect(uncertain).toEqual({ text: "3", number: 3, quality: "uncertain", why: "the sensor is not accurate now", at: Date.UTC(2026, 0, 2, 3, 4, 5) });
  const bad = readValue({ Value: { Type: 11, Body: 3 }, Status: 0x808c0000, ServerTimestamp: "2026-01-02T03:04:05Z" });
  expect(bad).toMatchObject({ text: "3", number: null, quality: "bad", why: "the sensor has failed", at: Date.UTC(2026, 0, 2, 3, 4, 5) });
  expect(readValue({ StatusCode: "BadNotConnected" })).toEqual({ text: null, number: null, quality: "bad", why: "the OPC UA server is not connected", at: null });
});

test("every status has words, also one that nobody knows", () => {
  expect([0, 0x40930000, 0x80350000, 0xc0000000].map(qualityOf)).toEqual(["good", "uncertain", "bad", "bad"]);
  expect(codeWords(0x80af0000)).toBe("invalid state");
  expect(codeWords(0x808c0400)).toBe("the sensor has failed");
  expect(codeWords(0x8fff0001)).toBe("code 0x8FFF0001");
  expect([nameWords("BadSomethingElse2Wrong"), nameWords("Odd"), nameWords("Bad")]).toEqual(["something else2 wrong", "odd", "bad"]);
});

describe("a variable", () => {
  test("is read with the notes of either form", () => {
    const notes = { DisplayName: " Oven", Unit: " °C", Group: " Hall 1", Limits: { Min: " 0", Max: 400 }, Writable: " true" };
    expect(variable("T", notes)).toEqual({ name: "T", title: "Oven", group: "Hall 1", unit: "°C", low: 0, high: 400, type: "Double", isArray: false, writable: true });
    expect(variable("T")).toMatchObject({ title: "T", group: "", unit: "", low: null, high: null, writable: false });
  });

  test("is not written when nobody says so, or when it is a list or of a type nobody types", () => {
    expect(variable("T", { Writable: false }).writable).toBe(false);
    expect(variable("T", { Writable: true }, "ByteString").writable).toBe(false);
    expect(readVariable({ Variable: "T", Type: "Double", IsArray: true, MetaData: { Writable: true } })?.writable).toBe(false);
    expect(readVariable({ Variable: "T", StatusCode: "BadNodeIdUnknown" })).toBeNull();
    expect([null, [], { Type: "Double" }].map(readVariable)).toEqual([null, null, null]);
  });

  test("is found by all words of a search, in any order", () => {
    const oven = variable("Oven.T", { DisplayName: "Temperature", Group: "Hall" });
    expect(["", "temp", "HALL oven", "t.t"].map((words) => isFound(oven, words))).toEqual([true, true, true, false]);
  });

  test.each([
    ["Double", "1.5", null],
    ["Double", ".5e1", null],
    ["Double", "", "This is not a number."],
    ["Double", "0x10", "This is not a number."],
    ["Double", "Infinity", "This is not a number."],
    ["Double", "1e999", "This is not a number."],
    ["Byte", "255", null],
    ["Byte", "256", "Byte goes from 0 to 255."],
    ["Byte", "1.0", "This variable takes whole numbers only."],
    ["UInt32", "-1", "UInt32 goes from 0 to 4294967295."],
    ["Int64", "9223372036854775807", null],
    ["Int64", "9223372036854775808", "Int64 goes from -9223372036854775808 to 9223372036854775807."],
    ["Boolean", "true", null],
    ["Boolean", "1", "Choose yes or no."],
    ["String", "", null],
  ])("of type %s takes %j: %s", (type, text, problem) => {
    expect(valueProblem(variable("T", {}, type), text)).toBe(problem);
  });

  test("keeps within its limits", () => {
    const oven = variable("T", { Unit: "°C", Limits: { Min: "20", Max: "300" } });
    expect(["20", "300", "19.9", "301"].map((text) => valueProblem(oven, text))).toEqual([null, null, "The least is 20 °C.", "The most is 300 °C."]);
  });
});

describe("series", () => {
  test("keeps the newest of each second, and every gap", () => {
    const series = new Series();
    for (const [at, number] of [[1000, 1], [1400, 2], [1900, 3], [2000, 4], [2500, null], [2600, 5]] as const) series.take(good(number), at);
    expect(series.points(3000)).toEqual([
      { at: 1900, number: 3 },
      { at: 2000, number: 4 },
      { at: 2500, number: null },
      { at: 2600, number: 5 },
      { at: 3000, number: 5 },
    ]);
  });

  test("never grows, and begins with what was valid then", () => {
    const series = new Series();
    for (let second = 0; second < 1000; second += 1) series.take(good(second), second * 1000);
    const points = series.points(999_000);
    expect(points.length).toBeLessThan(REMEMBERED_MS / 1000 + 3);
    expect(points[0]?.at).toBe(999_000 - REMEMBERED_MS);
    expect(points[points.length - 1]).toEqual({ at: 999_000, number: 999 });
  });

  test("knows since when: from its source at first, then from what comes", () => {
    const series = new Series();
    series.take(good(1, 400), 1000);
    expect(series.changedAt).toBe(400);
    series.take(good(2, 99_999_999), 2000);
    expect(series.changedAt).toBe(2000);
    series.interrupt(3000);
    expect([series.latest, series.last?.text]).toEqual([null, "2"]);
    series.take(good(2, 99_999_999), 4000);
    expect(series.changedAt).toBe(4000);
  });

  test("remembers the last value when only a status comes", () => {
    const series = new Series();
    series.take(good(1), 1000);
    series.take({ text: null, number: null, quality: "bad", why: "away", at: null }, 2000);
    expect([series.latest?.why, series.last?.text]).toEqual(["away", "1"]);
  });
});

test("a chart joins what the server remembers with what came since", () => {
  const history = [good(1, 1000), good(2, 2000), good(9, 5000), good(8, null)];
  const live = [{ at: 4000, number: 3 }];
  const both = [{ at: 1000, number: 1 }, { at: 2000, number: 2 }];
  expect(joined(history, live, false)).toEqual([...both, ...live]);
  expect(joined(history, live, true)).toEqual([...both, { at: 2000, number: null }, ...live]);
  expect(joined(history, [], false)).toHaveLength(3);
  expect(joined([], live, true)).toEqual(live);
});

describe("book", () => {
  test("shows parts of a plant together, what belongs to none last, and only so many", () => {
    const book = new Book();
    expect(book.view.total).toBeNull();
    const many = Array.from({ length: MOST_SHOWN }, (_, at) => variable(`Z${at}`));
    book.know([...many, variable("b", { Group: "B" }), variable("a2", { Group: "A" }), variable("a1", { Group: "A" })]);
    expect(book.view.shown.slice(0, 4).map((one) => one.variable.name)).toEqual(["a2", "a1", "b", "Z0"]);
    expect([book.view.total, book.view.found, book.view.shown.length]).toEqual([MOST_SHOWN + 3, MOST_SHOWN + 3, MOST_SHOWN]);
  });

  test("keeps what came for what is still shown, and forgets the rest", () => {
    const book = new Book();
    book.know([variable("a"), variable("b")]);
    book.hear("a", good(1), 1);
    book.hear("b", good(2), 1);
    book.hear("unknown", good(3), 1);
    book.search("a");
    expect(book.view.shown.map(({ variable: { name }, series }) => [name, series.latest?.text])).toEqual([["a", "1"]]);
    book.search("");
    expect(book.view.shown.map(({ series }) => series.latest?.text)).toEqual(["1", undefined]);
    book.interrupt(2);
    expect(book.view.shown.map(({ series }) => [series.latest, series.last?.text])).toEqual([[null, "1"], [null, undefined]]);
  });
});

test("the overview reads topics and writes lines", () => {
  expect(namesIn("opcua.plant.Oven%2ETemperature")).toEqual({ server: "plant", variable: "Oven.Temperature" });
  expect(["fme.x.y", "opcua.x", "opcua.a.b.c"].map(namesIn)).toEqual([null, null, null]);
  expect(variableLine({ Value: { Type: 11, Body: 72.3 } })).toBe("72.3");
  expect(variableLine({ Value: { Type: 11, Body: 7 }, Status: 0x40930000 })).toBe("7, uncertain: the sensor is not accurate now");
  expect(variableLine({ StatusCode: "BadNotConnected" })).toBe("no value: the OPC UA server is not connected");
  expect(variableLine(7)).toBeNull();
});
