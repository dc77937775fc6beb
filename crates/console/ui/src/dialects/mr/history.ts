// What a gateway remembers of the time before a page was opened: a page of `/history`, read with care.
import { asNumber, asText, isObject } from "../../shared/json.ts";
import { readSeriesReport, type SeriesReport } from "./reports.ts";
import { readVerdict, type Verdict } from "./verdict.ts";

export interface Remembered {
  readonly station: string;
  readonly verdict: Verdict;
  readonly report: SeriesReport;
  /** When its first image was judged. */
  readonly at: number;
}

export interface HistoryPage {
  /** Newest first. */
  readonly series: readonly Remembered[];
  /** What to ask on with; `null` at the end. */
  readonly next: number | null;
}

/** `null` when it cannot be read as one; single series that cannot be read are left out. */
export function readHistory(json: unknown): HistoryPage | null {
  if (!isObject(json) || !Array.isArray(json["series"])) return null;
  return { series: (json["series"] as readonly unknown[]).flatMap((one) => readOne(one) ?? []), next: asNumber(json["next"]) };
}

function readOne(one: unknown): Remembered | null {
  if (!isObject(one) || typeof one["station"] !== "string") return null;
  const verdict = readVerdict(one["content"]);
  const report = readSeriesReport(one["series"]) ?? verdict?.report ?? null;
  const at = Date.parse(asText(one["began"]) ?? "");
  return verdict === null || report === null || Number.isNaN(at) ? null : { station: one["station"], verdict, report, at };
}

/** The beginning of the day at this place, as `/history` takes it. */
export function sinceMidnight(now: number): string {
  return new Date(new Date(now).setHours(0, 0, 0, 0)).toISOString();
}
