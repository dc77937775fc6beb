// The parameters of a series as people name them, and what differs as sentences.
import type { JsonObject } from "../../shared/json.ts";

interface Parameter {
  readonly label: string;
  readonly unit?: string;
  /** What stands between the numbers of a list. */
  readonly between?: string;
}

/** Those that are compared, in the order of comparison. */
const COMPARED: ReadonlyMap<string, Parameter> = new Map([
  ["Project", { label: "Study" }],
  ["SequenceName", { label: "Series name" }],
  ["iPAT", { label: "Parallel imaging (iPAT)" }],
  ["Comments", { label: "Comments" }],
  ["SequenceType", { label: "Sequence type" }],
  ["PED_major", { label: "Phase-encoding axis" }],
  ["Phase", { label: "Phase-encoding polarity" }],
  ["TR", { label: "Repetition time (TR)", unit: "ms" }],
  ["TE", { label: "Echo time (TE)", unit: "ms", between: " or " }],
  ["Matrix", { label: "Acquisition matrix", between: " × " }],
  ["PixelResol", { label: "Pixel size", unit: "mm", between: " × " }],
  ["BWP", { label: "Bandwidth per pixel", unit: "Hz" }],
  ["BWPPE", { label: "Bandwidth per pixel, phase encoding", unit: "Hz" }],
  ["FA", { label: "Flip angle", unit: "°" }],
  ["TA", { label: "Acquisition duration (TA)" }],
  ["FoV", { label: "Field of view (FoV)" }],
  ["SequenceFile", { label: "Sequence file" }],
]);

/** The rest of what is read from a header. */
const OTHERS: ReadonlyMap<string, Parameter> = new Map([
  ["SubID", { label: "Subject" }],
  ["SeriesNumber", { label: "Series number" }],
  ["AcqDate", { label: "Acquisition date" }],
  ["AcqTime", { label: "Acquisition time" }],
  ["Operator", { label: "Operator" }],
  ["Station", { label: "Station" }],
  ["Shims", { label: "Shims" }],
  ["dcm_path", { label: "File" }],
]);

const NUMBER = /^-?\d+(?:\.\d+)?$/;
const LONGEST_IN_A_SENTENCE = 80;

export interface Difference {
  readonly name: string;
  readonly expect: unknown;
  readonly have: unknown;
}

export interface Row {
  readonly name: string;
  readonly label: string;
  readonly found: string;
  readonly expected: string;
  readonly differs: boolean;
  /** Why it was not compared, in a few words; `null` when it was. */
  readonly notCompared: string | null;
}

const ABSENT = "absent on both sides";

export function labelOf(name: string): string {
  return (COMPARED.get(name) ?? OTHERS.get(name))?.label ?? name;
}

/** A value as people write it, with its unit; `null` when the header or the template does not have it. */
export function valueText(name: string, value: unknown): string | null {
  if (value === undefined || value === "null") return null;
  if (value === null || value === "") return "empty";
  const { unit, between = ", " } = COMPARED.get(name) ?? {};
  const numbers = numbersOf(value);
  if (numbers === null && Array.isArray(value) && value.length > 0) return value.map((one) => valueText(name, one) ?? "absent").join(" or ");
  if (numbers === null) return typeof value === "string" ? value : JSON.stringify(value);
  return numbers.join(between) + (unit === undefined ? "" : unit === "°" ? "°" : ` ${unit}`);
}

/** Numbers come as such, as lists, or (in a template) as texts of either; anything else is no number. */
function numbersOf(value: unknown): readonly string[] | null {
  const parts = typeof value === "string" ? value.replace(/^\s*[[(](.*)[\])]\s*$/, "$1").split(",") : Array.isArray(value) ? value : [value];
  const texts = parts.map((part) => (typeof part === "number" ? String(part) : typeof part === "string" ? part.trim() : ""));
  // 1300.0 is 1300 to a person; more digits than a number can hold stay as they are.
  return texts.length > 0 && texts.every((text) => NUMBER.test(text)) ? texts.map((text) => (text.length <= 15 ? String(Number(text)) : text)) : null;
}

/** `Echo time (TE) is 4.9 ms, the template says 4.92 ms.` */
export function sentence({ name, expect, have }: Difference): string {
  const [found, expected] = [valueText(name, have), valueText(name, expect)];
  return `${labelOf(name)} is ${found === null ? "missing" : clipped(found)}, the template ${expected === null ? "has none" : `says ${clipped(expected)}`}.`;
}

function clipped(text: string): string {
  return text.length > LONGEST_IN_A_SENTENCE ? `${text.slice(0, LONGEST_IN_A_SENTENCE)}…` : text;
}

/** Every parameter that is compared, and whatever else was said to differ. */
export function comparedRows(input: JsonObject, template: JsonObject, differences: readonly Difference[], notCompared: JsonObject = {}): readonly Row[] {
  const differing = new Map(differences.map((one) => [one.name, one]));
  return [...new Set([...COMPARED.keys(), ...differing.keys()])].map((name) => {
    const difference = differing.get(name);
    return {
      name,
      label: labelOf(name),
      found: valueText(name, difference ? difference.have : input[name]) ?? "–",
      expected: valueText(name, difference ? difference.expect : template[name]) ?? "–",
      differs: difference !== undefined,
      notCompared: difference === undefined ? whyNot(name, input, template, notCompared) : null,
    };
  });
}

/** Without a template nothing is compared, and nothing is said of single parameters. */
function whyNot(name: string, input: JsonObject, template: JsonObject, notCompared: JsonObject): string | null {
  const reason = notCompared[name];
  if (typeof reason === "string") return reason.replace(/^free: /, "");
  const absent = valueText(name, input[name]) === null && valueText(name, template[name]) === null;
  return absent && Object.keys(template).length > 0 ? ABSENT : null;
}

/** How many parameters both sides have, and were compared. */
export function comparedCount(input: JsonObject, template: JsonObject, notCompared: JsonObject = {}): number {
  const both = [...COMPARED.keys()].filter((name) => valueText(name, input[name]) !== null && valueText(name, template[name]) !== null);
  return both.filter((name) => typeof notCompared[name] !== "string").length;
}

/** What never came, one sentence each: `Echo time (TE): no image with 46 ms came.` */
export function missingSentences(missing: JsonObject): readonly string[] {
  return Object.entries(missing).flatMap(([name, values]) => {
    const texts = (Array.isArray(values) ? values : [values]).flatMap((value) => valueText(name, value) ?? []);
    return texts.length === 0 ? [] : `${labelOf(name)}: no image with ${clipped(texts.slice(0, 8).join(" or "))} came.`;
  });
}

/** What else the header says, names in people's words. */
export function otherRows(input: JsonObject): readonly (readonly [label: string, value: string])[] {
  const names = [...OTHERS.keys(), ...Object.keys(input)].filter((name) => !COMPARED.has(name));
  return [...new Set(names)].map((name) => [labelOf(name), valueText(name, input[name]) ?? "–"]);
}

/** What a choice changes: each parameter, as it was expected until now and as it is in this series. */
export function changes(differences: readonly Difference[]): readonly { readonly label: string; readonly before: string; readonly after: string }[] {
  const shown = (name: string, value: unknown) => clipped(valueText(name, value) ?? "absent");
  return differences.map(({ name, expect, have }) => ({ label: labelOf(name), before: shown(name, expect), after: shown(name, have) }));
}
