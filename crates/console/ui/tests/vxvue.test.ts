// The X-ray room: the exam's states, patients in all their spellings, what the overview makes of it.
import { describe, expect, test } from "vitest";
import { IDLE, nextExam, phaseOf, type Exam } from "../src/dialects/vxvue/exam.ts";
import { readReceiver } from "../src/dialects/vxvue/display/options.ts";
import { readPatient } from "../src/dialects/vxvue/patient.ts";
import { phaseText, presenceText, RoomBook, TIMELINE_LENGTH } from "../src/dialects/vxvue/room.ts";
import type { TailMessage } from "../src/shared/tail.ts";

const after = (...events: [number, unknown?][]): Exam => events.reduce((exam, [command, data]) => nextExam(exam, command, data), IDLE);
const PATIENT = { patientId: "P1", patientName: "Doe^Jane" };
const STEP = { bodypartAlias: "CHEST", projectionAlias: "PA" };

describe("exam", () => {
  test("goes from idle to ready to running and back to nothing at all", () => {
    expect(phaseOf(IDLE)).toBe("idle");
    expect(phaseOf(after([101, PATIENT]))).toBe("ready");
    expect(phaseOf(after([101, PATIENT], [1001]))).toBe("running");
    const full = after([101, PATIENT], [1001], [601, STEP]);
    expect([full.patient?.name, full.step]).toEqual(["Doe, Jane", { bodyPart: "CHEST", projection: "PA" }]);
    expect(nextExam(full, 1002, null)).toBe(IDLE);
  });

  test("another patient ends what the one before had; the same one keeps it", () => {
    const running = after([101, PATIENT], [1001], [601, STEP]);
    const other = nextExam(running, 101, { patientId: "P2" });
    expect([other.patient?.id, other.step, other.running]).toEqual(["P2", null, false]);
    const corrected = nextExam(running, 101, { patientId: "P1", patientName: "Doe^Janet" });
    expect([corrected.patient?.name, corrected.step, corrected.running]).toEqual(["Doe, Janet", { bodyPart: "CHEST", projection: "PA" }, true]);
  });

  test("a correction changes the patient and nothing else", () => {
    const running = after([101, PATIENT], [1001], [601, STEP]);
    const corrected = nextExam(running, 102, { patientName: "Doe^Janet" });
    expect([corrected.patient?.id, corrected.patient?.name, corrected.step, corrected.running]).toEqual(["P1", "Doe, Janet", running.step, true]);
    expect(nextExam(running, 102, { patientId: "P9" }).patient?.id).toBe("P9");
    expect(nextExam(IDLE, 102, { patientName: "Doe" })).toEqual({ ...IDLE, unreadable: true });
  });

  test("a display that comes late may hear of the start before the patient", () => {
    expect(phaseOf(after([1001], [101, PATIENT]))).toBe("running");
  });

  test("a patient that cannot be read is never shown as the one before", () => {
    const unreadable = after([101, PATIENT], [1001], [101, { patientName: "Doe^John" }]);
    expect(unreadable).toEqual({ patient: null, unreadable: true, step: null, running: false });
    expect(nextExam(unreadable, 101, PATIENT).unreadable).toBe(false);
  });

  test("a step without names is no step, and other commands change nothing", () => {
    const ready = after([101, PATIENT]);
    expect(nextExam(ready, 601, { bodypartAlias: " ", projectionAlias: null }).step).toBeNull();
    expect(nextExam(ready, 9000, STEP)).toBe(ready);
  });
});

test.each([
  [{ patientId: "1", patientName: "Hong^Gildong=洪^吉洞=홍^길동" }, "Hong, Gildong", ["洪, 吉洞", "홍, 길동"], null],
  [{ patientID: "1", patientName: "Blaine^Hubert^Wolfe^Dr.^Jr.", patientBirthDate: "19620314" }, "Blaine, Dr. Hubert Wolfe Jr.", [], "1962-03-14"],
  [{ patientId: "1", patientName: "", patientBirth: "1962-03-14" }, null, [], "1962-03-14"],
  [{ patientId: "1", patientName: "Plain Name", patientBirth: null }, "Plain Name", [], null],
])("reads a patient %#", (data, name, otherNames, birth) => {
  expect(readPatient(data)).toEqual({ id: "1", name, otherNames, birth });
});

test.each([
  ["", "1988-02-30", "1971", "00/00/0000", "1971-03-02T00:00:00", "19880214", 19880214, {}],
])("a birth date that is none is not known", (...odd) => {
  for (const patientBirth of odd) expect(readPatient({ patientId: 4711, patientName: 7, patientBirth })).toEqual({ id: "4711", name: null, otherNames: [], birth: null });
});

test("two birth dates are known when they agree", () => {
  const birth = (patientBirth: unknown, patientBirthDate: unknown) => readPatient({ patientId: "1", patientBirth, patientBirthDate })?.birth;
  expect([birth("1971-03-02", "19710302"), birth("1971-03-02", "19710303"), birth("", "19710302")]).toEqual(["1971-03-02", null, null]);
});

test.each([[null], [[]], [{}], [{ patientId: "" }], [{ patientId: [7] }], [{ patientId: 12345678901234567000 }]])("is no patient: %j", (data) => {
  expect(readPatient(data)).toBeNull();
});

test("the display registers as what it is told to, but never as the hub or the console", () => {
  expect(readReceiver("")).toEqual({ type: 106, problem: null });
  expect(readReceiver("?receiver=107")).toEqual({ type: 107, problem: null });
  for (const wrong of ["?receiver=1", "?receiver=2", "?receiver=x", "?receiver=-5", "?receiver=1e3"]) {
    expect(readReceiver(wrong)).toMatchObject({ type: 106, problem: expect.stringContaining("receiver=") });
  }
});

describe("room", () => {
  let key = 0;
  const message = (command: number, data: unknown = null): TailMessage => {
    key += 1;
    return { key, at: "2026-01-01T00:00:00Z", topics: [`vxvue.106.${command}`], dialect: "vxvue", session: "0-1", size: 100, event: { command, name: `c${command}`, data } };
  };

  test("tells the state and counts the steps of one exam", () => {
    const book = new RoomBook();
    expect(phaseText(book.room)).toBe("Waiting for the first event");
    book.hear(message(101, { patientId: "[patient data]" }));
    expect(phaseText(book.room)).toBe("Patient announced");
    book.hear(message(1001));
    book.hear(message(601, STEP));
    book.hear(message(601, STEP));
    expect([phaseText(book.room), book.room.steps, book.room.timeline[0]?.text]).toEqual(["Exam in progress", 2, "Step: CHEST · PA"]);
    book.hear(message(1002));
    expect([phaseText(book.room), book.room.steps]).toEqual(["Room is free", 0]);
  });

  test("says once that events may be missing, until the room is known again", () => {
    const book = new RoomBook();
    book.miss("t");
    expect(book.room.unsure).toBe(false);
    book.hear(message(1001));
    book.miss("t");
    book.miss("t");
    expect([book.room.unsure, book.room.timeline.filter((entry) => entry.kind === "gap").length]).toEqual([true, 1]);
    book.hear(message(601, STEP));
    expect(book.room.unsure).toBe(true);
    book.hear(message(1002));
    expect(book.room.unsure).toBe(false);
  });

  const presence = (data: object): TailMessage => ({ ...message(0), event: { command: 0, name: "presence", data } });

  test("says since when the console is away, and shows nothing of an exam that is hidden", () => {
    const book = new RoomBook();
    book.hear(message(101, { patientId: "[patient data]" }));
    book.hear(message(1001));
    const since = new Date(2026, 0, 2, 3, 4).toISOString();
    book.hear(presence({ revision: 1, state: "away", since, hidden: false }));
    expect([phaseText(book.room), presenceText(book.room)]).toEqual(["Exam in progress", "Console away since 03:04"]);
    book.hear(presence({ revision: 2, state: "away", since, hidden: true }));
    expect(phaseText(book.room)).toBe("Not known: the console is away");
    book.hear(presence({ revision: 3, state: "here", consoles: 2, addresses: ["10.0.0.1:5", "10.0.0.2:6"] }));
    expect([phaseText(book.room), presenceText(book.room)]).toEqual(["Exam in progress", "2 X-ray consoles are connected: 10.0.0.1:5, 10.0.0.2:6"]);
  });

  test("a new patient's exam has not begun, since nobody here can say that it is the same one", () => {
    const book = new RoomBook();
    for (const [command, data] of [[101, { patientId: "[patient data]" }], [1001, null], [601, STEP], [101, { patientId: "[patient data]" }]] as const) book.hear(message(command, data));
    expect([phaseText(book.room), book.room.exam.step]).toEqual(["Patient announced", null]);
  });

  test("keeps a timeline of fixed length", () => {
    const book = new RoomBook();
    for (let event = 0; event < 100; event += 1) book.hear(message(700 + event));
    expect(book.room.timeline.map((entry) => entry.text)).toEqual(Array.from({ length: TIMELINE_LENGTH }, (_, back) => `c${799 - back}`));
  });
});
