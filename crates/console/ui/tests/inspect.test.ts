// The measuring project: what is read of the gateway's answers, where a place is on the picture, how tables and jobs are
// ordered, what an upload says and is told.
import { describe, expect, test } from "vitest";
import { elementTitle, figureText, filtered, kindCounts, ownFigures, sorted, type Column } from "../src/dialects/inspect/elements.ts";
import { baseName, isOpen, jobTitle, mergedJobs, MOST_JOBS, readJob, readJobs, type Job } from "../src/dialects/inspect/job.ts";
import { jobLine, readEnded } from "../src/dialects/inspect/overview.ts";
import { hashOf, newestPlace, readPlace, stageAt } from "../src/dialects/inspect/place.ts";
import { readElements, readImages, readProject, type Element, type Point } from "../src/dialects/inspect/project.ts";
import { shapeOf } from "../src/dialects/inspect/shapes.ts";
import { axesOf, boxOf, dot, fitted, moved, projection, SIDES, spanOf, turned, viewWords, zoomed } from "../src/dialects/inspect/space.ts";
import { commandFor, fieldsProblem, fileProblem, outcomeOf, uploadQuery } from "../src/dialects/inspect/upload.ts";
import { bytesText, columnText, counted, exactText, tookText } from "../src/dialects/inspect/words.ts";

const element = (number: number, more: Partial<Element> = {}): Element => ({ number, kind: "point", type: null, name: null, id: null, points: [], figures: [], more: null, ...more });
const job = (id: number, more: object = {}): Job => {
  const read = readJob({ id, at: "2026-01-02T03:04:05Z", command: "image", by: "127.0.0.1:5000", state: "done", took_ms: 12, reply: "O.k.", ...more });
  if (read === null) throw new Error("it can be read");
  return read;
};
const ids = (jobs: readonly Job[]) => jobs.map(({ id }) => id);

describe("where a place is on the picture", () => {
  const size = { width: 200, height: 100 };
  const still = { ...size, middle: [0, 0, 0] as Point, scale: 10, shift: [0, 0] as const };
  const at = (side: keyof typeof SIDES, point: Point) => {
    const { x, y } = projection({ ...still, ...SIDES[side] })(point);
    return [x, y].map((value) => Math.round(value * 1e6) / 1e6 + 0);
  };

  test.each([
    ["top", [1, 0, 0], [110, 50]],
    ["top", [0, 1, 0], [100, 40]],
    ["top", [0, 0, 1], [100, 50]],
    ["front", [1, 0, 0], [110, 50]],
    ["front", [0, 0, 1], [100, 40]],
    ["front", [0, 1, 0], [100, 50]],
    ["side", [0, 1, 0], [110, 50]],
    ["side", [0, 0, 1], [100, 40]],
    ["side", [1, 0, 0], [100, 50]],
  ] as const)("from the %s, %j", (side, point, pixels) => expect(at(side, point)).toEqual(pixels));

  test("what is nearer has more depth: the top from the top, the front from the front, x from the side", () => {
    const depth = (side: keyof typeof SIDES, point: Point) => projection({ ...still, ...SIDES[side] })(point).depth;
    expect([depth("top", [0, 0, 1]), depth("front", [0, -1, 0]), depth("side", [1, 0, 0])].map((value) => Math.round(value))).toEqual([1, 1, 1]);
  });

  test("the three axes stand square to each other however it is turned", () => {
    for (let turn = -7; turn < 7; turn += 0.9) {
      for (let tilt = -1.5; tilt < 1.6; tilt += 0.4) {
        const [right, up, near] = axesOf({ turn, tilt });
        for (const [one, other, is] of [[right, right, 1], [up, up, 1], [near, near, 1], [right, up, 0], [up, near, 0], [near, right, 0]] as const) expect(dot(one, other)).toBeCloseTo(is, 12);
      }
    }
  });

  test("a box fits from every side, and nearly fills the picture", () => {
    const points: Point[] = [];
    for (const x of [-3, 40]) for (const y of [5, 6]) for (const z of [-100, 20]) points.push([x, y, z]);
    const box = boxOf(points);
    expect(box).toEqual({ low: [-3, 5, -100], high: [40, 6, 20] });
    if (!box) return;
    for (const side of Object.values(SIDES)) {
      const places = points.map(projection(fitted(box, { ...side, ...size })));
      for (const { x, y } of places) expect(x > 0 && x < 200 && y > 0 && y < 100).toBe(true);
      const [across, up] = [places.map(({ x }) => x), places.map(({ y }) => y)].map((all) => Math.max(...all) - Math.min(...all));
      expect(Math.max((across ?? 0) / 200, (up ?? 0) / 100)).toBeCloseTo(0.78, 6);
    }
  });

  test("one place alone, or none, is no division by nothing", () => {
    const box = boxOf([[5, 5, 5]]);
    const camera = box && fitted(box, { ...SIDES.corner, ...size });
    expect(camera && projection(camera)([5, 5, 5])).toEqual({ x: 100, y: 50, depth: 0 });
    expect(camera && Number.isFinite(camera.scale)).toBe(true);
    expect(boxOf([])).toBeNull();
  });

  test("what lies under the pointer stays there while it is made larger, and moves with it", () => {
    const camera = { ...still, ...SIDES.corner };
    const point: Point = [3, -2, 1];
    const before = projection(camera)(point);
    const after = projection(zoomed(camera, 2.5, [before.x, before.y]))(point);
    expect([after.x, after.y].map((value) => value.toFixed(6))).toEqual([before.x, before.y].map((value) => value.toFixed(6)));
    const there = projection(moved(camera, [7, -9]))(point);
    expect([there.x - before.x, there.y - before.y]).toEqual([7, -9]);
    expect(zoomed(camera, 1e-30).scale).toBe(1e-9);
  });

  test("it turns all around, but not over its top", () => {
    expect(turned({ ...still, ...SIDES.top }, 0, 1).tilt).toBe(Math.PI / 2);
    expect(turned({ ...still, ...SIDES.top }, 0, -9).tilt).toBe(-Math.PI / 2);
    expect([viewWords(SIDES.top), viewWords({ turn: 2 * Math.PI, tilt: 0 }), viewWords({ turn: -Math.PI / 6, tilt: 0.5 })]).toEqual(["seen from the top", "seen from the front", "seen from 330° around and 29° up"]);
  });

  test("a circle's plane stands square to its direction", () => {
    for (const direction of [[0, 0, 1], [1, 0, 0], [0.6, 0, -0.8], [0, 0, -1]] as const) {
      const [one, other] = spanOf(direction);
      for (const value of [dot(one, direction), dot(other, direction), dot(one, other)]) expect(value).toBeCloseTo(0, 12);
      for (const value of [dot(one, one), dot(other, other)]) expect(value).toBeCloseTo(1, 12);
    }
  });
});

describe("what is drawn of an element", () => {
  const figure = (name: string, value: number) => ({ name, value, unit: null });

  test("only what its file says", () => {
    expect(shapeOf(element(1), 0)).toBeNull();
    expect(shapeOf(element(1, { points: [[1, 2, 3]] }), 4)).toEqual({ at: 4, mark: "dot", points: [[1, 2, 3]], joined: "no", radius: null, direction: null, isRound: false });
    expect(shapeOf(element(1, { kind: "line", points: [[0, 0, 0], [1, 1, 1]] }), 0)).toMatchObject({ joined: "open" });
    expect(shapeOf(element(1, { kind: "line", points: [[0, 0, 0]] }), 0)).toMatchObject({ joined: "no" });
    expect(shapeOf(element(1, { kind: "point cloud", points: [[0, 0, 0], [1, 1, 1]] }), 0)).toMatchObject({ joined: "no", mark: "dot" });
    expect(shapeOf(element(1, { kind: "polygon hole", points: [[0, 0, 0], [1, 1, 1]] }), 0)).toMatchObject({ joined: "closed", mark: "square" });
  });

  test("a radius: what was measured before what was meant, half a diameter, no tolerance", () => {
    const radius = (...figures: { name: string; value: number; unit: null }[]) => shapeOf(element(1, { kind: "circle", points: [[0, 0, 0]], figures }), 0)?.radius;
    expect(radius(figure("@diameter", 12))).toBe(6);
    expect(radius(figure("nominal@radius", 5), figure("actual@radius", 5.02))).toBe(5.02);
    expect(radius(figure("radius_tolerance", 0.1), figure("radius", 4))).toBe(4);
    expect(radius(figure("radius", -4), figure("depth", 3))).toBeNull();
    expect(shapeOf(element(1, { points: [[0, 0, 0]], figures: [figure("radius", 4)] }), 0)?.radius).toBeNull();
  });

  test.each([
    [[figure("normal@x", 0), figure("normal@y", 3), figure("normal@z", 4)], null, [0, 0.6, 0.8]],
    [[figure("axis/i", 2), figure("axis/j", 0), figure("axis/k", 0)], null, [1, 0, 0]],
    [[figure("normal@x", 0), figure("normal@y", 0), figure("normal@z", 0)], null, null],
    [[figure("normal@x", 1), figure("normal@y", 0)], null, null],
    [[figure("place@x", 1), figure("place@y", 0), figure("place@z", 0)], null, null],
    [[], { tag: "circle", children: [{ tag: "normal", text: "0 0 2" }] }, [0, 0, 1]],
    [[], { tag: "circle", attributes: { direction: "(0, -1, 0)" } }, [0, -1, 0]],
    [[], { normal: [0, 0, 5] }, [0, 0, 1]],
    [[], { tag: "circle", attributes: { normal: "0 0", axis: "a b c" } }, null],
    [[], "normal 0 0 1", null],
  ])("a direction from %j and %j", (figures, more, direction) => {
    expect(shapeOf(element(1, { kind: "circle", points: [[0, 0, 0]], figures, more }), 0)?.direction ?? null).toEqual(direction);
  });
});

describe("elements as a table", () => {
  const all = [
    element(1, { name: "Point 10", kind: "point", points: [[3, 0, 0]] }),
    element(2, { name: "Point 2", kind: "circle", id: "b", points: [[-1, 0, 0]], figures: [{ name: "@diameter", value: 12, unit: "mm" }] }),
    element(3, { kind: "point", id: "a" }),
  ];
  const order = (column: Column, isUp = true) => sorted(all, { column, isUp }).map(({ number }) => number);

  test("in order, numbers in names as numbers, nothing always last", () => {
    expect([order("name"), order("name", false)]).toEqual([[2, 1, 3], [1, 2, 3]]);
    expect([order("x"), order("x", false)]).toEqual([[2, 1, 3], [1, 2, 3]]);
    expect([order("kind"), order("id"), order("number", false)]).toEqual([[2, 1, 3], [3, 2, 1], [3, 2, 1]]);
    expect(all.map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  test("found by words in any of its texts", () => {
    const found = (words: string) => filtered(all, words).map(({ number }) => number);
    expect([found(""), found("  "), found("POINT"), found("point diameter"), found("b 2"), found("none")]).toEqual([[1, 2, 3], [1, 2, 3], [1, 2, 3], [2], [2], []]);
  });

  test("in words", () => {
    expect(kindCounts(all)).toEqual([["point", 2], ["circle", 1]]);
    expect(all.map(elementTitle)).toEqual(["Point 10", "Point 2", "a"]);
    expect(elementTitle(element(7))).toBe("point 7");
    expect(figureText({ name: "nominal@radius", value: 0.1 + 0.2, unit: "mm" })).toBe("nominal radius 0.3 mm");
    expect(figureText({ name: "@", value: 1, unit: null })).toBe("value 1");
    const figures = ["@x", "center/y", "pos_z", "matrix", "@radius"].map((name) => ({ name, value: 1, unit: null }));
    expect(ownFigures(element(1, { figures, points: [[0, 0, 0]] })).map(({ name }) => name)).toEqual(["matrix", "@radius"]);
    expect(ownFigures(element(1, { figures }))).toHaveLength(5);
  });
});

describe("jobs", () => {
  test("are read, and one that nobody knows is no success", () => {
    expect(job(7, { file: "C:\\temp\\a.jpg", name: "" })).toEqual({ id: 7, at: Date.UTC(2026, 0, 2, 3, 4, 5), command: "image", by: "127.0.0.1:5000", state: "done", tookMs: 12, reply: "O.k.", detail: null, file: "C:\\temp\\a.jpg", name: "" });
    expect([job(1, { state: "later" }).state, job(1, { state: "toString" }).state, job(1, { at: "x" }).at]).toEqual(["failed", "failed", null]);
    expect([null, {}, { id: "1" }].map(readJob)).toEqual([null, null, null]);
    expect(["waiting", "running", "done", "failed", "timeout", "busy"].map((state) => isOpen(job(1, { state })))).toEqual([true, true, false, false, false, false]);
    expect([readJobs({ jobs: [{ id: 1 }, 5], total: 9 })?.total, readJobs({ jobs: {} }), readJobs(null)]).toEqual([9, null, null]);
  });

  test("have a title", () => {
    expect(jobTitle(job(1, { file: "C:\\temp\\a.jpg", name: "Left" }))).toBe("image a.jpg into Left");
    expect(jobTitle(job(1, { file: "/a/b.jpg", name: " " }))).toBe("image b.jpg into (no name)");
    expect([jobTitle(job(1, { command: "weld" })), jobTitle(job(1, { command: "elements", file: "a.gxml" }))]).toEqual(["weld", "elements a.gxml"]);
    expect(["", "a", "/", "a/b\\c"].map(baseName)).toEqual(["", "a", "/", "c"]);
  });

  test("newest first, told again in place, without a hole between", () => {
    const known = [job(5, { state: "running" }), job(4), job(3)];
    expect(ids(mergedJobs(known, [job(6), job(5)], true))).toEqual([6, 5, 4, 3]);
    expect(mergedJobs(known, [job(6), job(5)], true)[1]?.state).toBe("done");
    expect(ids(mergedJobs(known, [job(9), job(8)], true))).toEqual([9, 8]);
    // Cleared in between.
    expect(ids(mergedJobs(known, [], true))).toEqual([]);
    expect(ids(mergedJobs(known, [job(4)], true))).toEqual([4, 3]);
    expect(ids(mergedJobs(known, [job(2), job(1)], false))).toEqual([5, 4, 3, 2, 1]);
    const many = Array.from({ length: MOST_JOBS + 50 }, (_, at) => job(at + 1));
    expect(mergedJobs(many, [job(MOST_JOBS + 51)], false)).toHaveLength(MOST_JOBS);
  });

  test("as the overview tells them", () => {
    expect(jobLine({ command: "image", job: 1, result: "done", file: "C:/temp/a.jpg", name: "Left", took_ms: 12 })).toBe("image a.jpg into Left: done in 12 ms");
    expect(jobLine({ command: "elements", result: "failed", file: "a.gxml", detail: "no element was found" })).toBe("elements a.gxml: failed (no element was found)");
    expect([jobLine({ command: "image" }), jobLine("x"), jobLine(null)]).toEqual([null, null, null]);
    expect(readEnded({ command: "weld", result: "done" })).toEqual({ job: null, title: "weld", isDone: true, result: "done", detail: null, tookMs: null });
  });
});

describe("the project", () => {
  const project = readProject({
    series: [{ id: 1, name: "", focal_length: 50, images: 2, latest: "2026-01-02T00:00:00Z" }, { name: "no number" }],
    stages: [{ id: 3, name: "Stage 3", elements: 4, at: "2026-01-03T00:00:00Z", file: "a.gxml" }],
    clipboard: { elements: 1, at: "2026-01-01T00:00:00Z", file: "b.gxml" },
    commands: ["image", 5, "weld"],
    upload_bytes: 1000,
  });

  test("is read carefully", () => {
    expect(project?.series).toEqual([{ id: 1, name: "", focalLength: 50, images: 2, latest: Date.UTC(2026, 0, 2) }]);
    expect([project?.commands, project?.uploadBytes, project?.clipboard?.name]).toEqual([["image", "weld"], 1000, "Clipboard"]);
    expect([readProject({ series: [] }), readProject(null), readProject({ series: [], stages: [], clipboard: null })?.clipboard]).toEqual([null, null, null]);
    expect(readImages({ total: 3, images: [{ id: 1, hash: "ab", file: "", width: -5 }] })).toMatchObject({ total: 3, images: [{ hash: "ab", file: "(no name)", width: 0, camera: null }] });
    const told = readElements({ total: 0, elements: [{ kind: "circle", id: 7, points: [[1, 2, 3], [1, 2], [1, "2", 3], null], numbers: [{ name: "r", value: 1 }, { name: "r", value: "1" }] }] });
    expect(told).toEqual({ total: 1, elements: [element(1, { kind: "circle", id: "7", points: [[1, 2, 3]], figures: [{ name: "r", value: 1, unit: null }] })] });
    expect([readImages({}), readElements([])]).toEqual([null, null]);
  });

  test("has an address for everything in it", () => {
    for (const place of [{ kind: "series", id: 1 }, { kind: "stage", id: 12 }, { kind: "clipboard" }] as const) expect(readPlace(hashOf(place))).toEqual(place);
    expect(["", "#", "#series-", "#series-x", "#other-1", "#clipboard-1"].map(readPlace)).toEqual([null, null, null, null, null, null]);
    expect(project && newestPlace(project)).toEqual({ kind: "stage", id: 3 });
    expect(project && [stageAt(project, { kind: "stage", id: 3 })?.name, stageAt(project, { kind: "stage", id: 4 }), stageAt(project, { kind: "clipboard" })?.file]).toEqual(["Stage 3", null, "b.gxml"]);
  });
});

describe("an upload", () => {
  const fields = { command: "image", series: "Left & right", focalLength: " 50.0 ", importMode: "clipboard" };

  test("says what it is", () => {
    expect(uploadQuery(fields, "a b.jpg")).toBe("command=image&file=a+b.jpg&name=Left+%26+right&focal_length=50.0");
    expect(uploadQuery({ ...fields, command: "elements" }, "ä.gxml")).toBe("command=elements&file=%C3%A4.gxml&import_mode=clipboard");
    expect(uploadQuery({ ...fields, command: "weld" }, "a")).toBe("command=weld&file=a");
    expect(["A.JPG", "b.tiff", "c.gxml", "d.gxml.gz", "e.txt"].map((name) => commandFor(name, ["image", "elements"]))).toEqual(["image", "image", "elements", "elements", null]);
    expect(commandFor("a.jpg", ["weld"])).toBeNull();
  });

  test("is looked at before it leaves", () => {
    const focal = (focalLength: string) => fieldsProblem({ ...fields, focalLength });
    expect(["50", "50.0", ".5", "1e2"].map(focal)).toEqual([null, null, null, null]);
    for (const text of ["50,0", "abc", "NaN", "Infinity", "0x10", "1e999", "-5", "50 mm"]) expect(focal(text), text).toMatch(/is no number of millimetres/);
    expect([focal(""), focal("0")]).toEqual(["The focal length is missing: the lens's, in millimetres.", "The focal length must be above 0 mm."]);
    expect(fieldsProblem({ ...fields, command: "weld", focalLength: "" })).toBeNull();
    expect([fileProblem(2048, 1024), fileProblem(1024, 1024), fileProblem(9e9, null)]).toEqual(["It has 2 KiB; the gateway takes 1 KiB at most.", null, null]);
  });

  test.each([
    [200, '{"id":7,"state":"done","reply":"O.k."}', true, "Done."],
    [200, '{"id":7,"state":"done","reply":"Ok"}', true, "Done."],
    [200, '{"id":7,"state":"done","reply":"3 welds"}', true, "Done: 3 welds"],
    [422, '{"id":7,"state":"failed","reply":"Error: no"}', false, "Error: no"],
    [400, "Tieline: focal_length is missing\n", false, "Not imported: focal_length is missing."],
    [404, "", false, "The gateway does not know this command."],
    [413, "Tieline: more than 5 bytes\n", false, "The file is too large: more than 5 bytes."],
    [429, "Tieline: busy\n", false, "The gateway is busy: too many jobs wait. Try again in a moment."],
    [503, "Tieline: what answers here has stopped\n", false, "The gateway cannot import now: what answers here has stopped."],
    [500, "<html>", false, "The gateway answered with HTTP status 500."],
  ])("%i %s", (status, body, ok, text) => {
    const outcome = outcomeOf(status, body);
    expect([outcome.ok, outcome.text, outcome.job?.id ?? null]).toEqual([ok, text, body.startsWith("{") ? 7 : null]);
  });
});

test("sizes, times and numbers as people read them", () => {
  expect([0, 1, 1023, 1024, 1536, 5_242_880, 123_456_789, 5e12].map(bytesText)).toEqual(["0 bytes", "1 byte", "1,023 bytes", "1 KiB", "1.5 KiB", "5 MiB", "118 MiB", "4657 GiB"]);
  expect([0, 999, 1400, 125_000].map(tookText)).toEqual(["0 ms", "999 ms", "1.4 s", "2 min 05 s"]);
  expect([0, -0.0001, 1.23456, -12, 1e-5, 2e9].map(columnText)).toEqual(["0.000", "-1.000e-4", "1.235", "-12.000", "1.000e-5", "2.000e+9"]);
  expect([0.1 + 0.2, 50, -1e-7].map(exactText)).toEqual(["0.3", "50", "-1e-7"]);
  expect([counted(1, "image"), counted(1200, "image")]).toEqual(["1 image", "1,200 images"]);
});
