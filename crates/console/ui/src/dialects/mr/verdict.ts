// One verdict as a gateway (or the product it takes the place of) tells it, read with care.
import { asNumber, asText, isObject, type JsonObject } from "../../shared/json.ts";
import { labelOf, sentence, valueText, type Difference } from "./parameters.ts";
import { readSeriesReport, type SeriesReport } from "./reports.ts";

export type VerdictKind = "conforms" | "differs" | "no_template";

export interface Verdict {
  readonly kind: VerdictKind;
  readonly differences: readonly Difference[];
  readonly input: JsonObject;
  readonly template: JsonObject;
  /** Why each of these parameters was not compared; empty from gateways that do not say so. */
  readonly notCompared: JsonObject;
  /** Numbers of the site's rules that apply. */
  readonly rules: readonly number[];
  /** Why there is no template, when it is not for want of one: `no_study_name`. */
  readonly reason: string | null;
  /** The series as a whole; `null` from gateways that judge image by image. */
  readonly report: SeriesReport | null;
}

export const WORD: Readonly<Record<VerdictKind, string>> = { conforms: "Conforms", differs: "Differs", no_template: "No template" };

/** The content of a `new`; `null` when it cannot be read as one. */
export function readVerdict(content: unknown): Verdict | null {
  if (!isObject(content) || typeof content["conforms"] !== "boolean") return null;
  const part = (name: string): JsonObject => (isObject(content[name]) ? content[name] : {});
  const [input, template] = [part("input"), part("template")];
  const differences = Object.entries(part("errors")).map(([name, error]) => ({
    name,
    expect: isObject(error) ? error["expect"] : undefined,
    have: isObject(error) ? error["have"] : input[name],
  }));
  return {
    kind: kindOf(content["verdict"], content["conforms"], template),
    differences,
    input,
    template,
    notCompared: part("not_compared"),
    rules: rulesOf(content["rules"]),
    reason: asText(content["reason"]),
    report: readSeriesReport(content["series"]),
  };
}

function rulesOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.flatMap((one) => asNumber(one) ?? []).slice(0, 50) : [];
}

/** Servers that know no third word say that what has no template conforms. */
function kindOf(verdict: unknown, conforms: boolean, template: JsonObject): VerdictKind {
  if (!conforms || verdict === "differs") return "differs";
  return verdict === "no_template" || (verdict !== "conforms" && Object.keys(template).length === 0) ? "no_template" : "conforms";
}

export function seriesName({ input }: Verdict): string {
  return valueText("SequenceName", input["SequenceName"]) ?? "Series without a name";
}

/** `Series 17`, when it has a number. */
export function seriesNumber({ input }: Verdict): string | null {
  const number = asNumber(input["SeriesNumber"]) ?? valueText("SeriesNumber", input["SeriesNumber"]);
  return number === null || number === "empty" ? null : `Series ${number}`;
}

/** When the scanner says it was taken: `10:15:00`. */
export function acquiredAt({ input }: Verdict): string | null {
  const time = /^(\d{2})(\d{2})(\d{2})/.exec(String(input["AcqTime"]));
  return time ? `${time[1]}:${time[2]}:${time[3]}` : null;
}

/** Whether two verdicts are about one series: a later file of it may be judged otherwise. */
export function sameSeries(one: Verdict, other: Verdict): boolean {
  if (one.report && other.report) return one.report.uid === other.report.uid;
  const known = valueText("SeriesNumber", one.input["SeriesNumber"]) !== null;
  return known && ["SeriesNumber", "SequenceName", "Project", "SubID", "AcqDate"].every((name) => one.input[name] === other.input[name]);
}

/** All that there is to say, one sentence each. */
export function sentences({ differences }: Verdict): readonly string[] {
  return differences.map(sentence);
}

/** What differs, in a few words: `Echo time (TE), Flip angle`. */
export function inShort({ differences }: Verdict): string {
  return differences.map(({ name }) => labelOf(name)).join(", ");
}
