// What is told of a series and of a session besides the verdict: how many images, which of them differ, what never came;
// what a session lacks. Read with care: an older gateway, or the product itself, says none of it.
import { asCount, asNumber, asText, isObject, type JsonObject } from "../../shared/json.ts";

/** A list from elsewhere is read up to here. */
const MOST = 200;

export interface SeriesReport {
  /** Names the series for as long as the gateway's store lives; of no use elsewhere. */
  readonly uid: string;
  readonly images: number;
  readonly differing: number;
  /** Instance number of the first image that differs. */
  readonly firstDiffering: number | null;
  /** Values that a series of this kind has, and that did not come in this one, by parameter. */
  readonly missingValues: JsonObject;
}

/** The member `series` of a verdict, or the content of a series frame; `null` when there is none. */
export function readSeriesReport(value: unknown): SeriesReport | null {
  const uid = isObject(value) ? asText(value["uid"]) : null;
  if (!isObject(value) || uid === null) return null;
  return {
    uid,
    images: asCount(value["images"]),
    differing: asCount(value["differing"]),
    firstDiffering: asNumber(value["first_differing"]),
    missingValues: isObject(value["missing_values"]) ? value["missing_values"] : {},
  };
}

/** `3 of 220 images differ, first image 17`; `null` when none is known to. */
export function differingText(report: SeriesReport | null): string | null {
  if (report === null || report.differing === 0 || report.images <= 1) return null;
  const { images, differing, firstDiffering } = report;
  const which = differing >= images ? `All ${images} images differ` : `${differing} of ${images} images ${differing === 1 ? "differs" : "differ"}`;
  return differing >= images || firstDiffering === null ? which : `${which}, first image ${firstDiffering}`;
}

export interface Incomplete {
  readonly sequence: string;
  readonly expected: number;
  readonly got: number;
}

/** A session that has ended, as it should not have been. */
export interface SessionReport {
  readonly missing: readonly string[];
  readonly incomplete: readonly Incomplete[];
  readonly repeated: readonly string[];
  readonly differing: readonly string[];
}

/** The content of a session frame; `null` when it cannot be read as one. */
export function readSession(content: unknown): SessionReport | null {
  if (!isObject(content) || !Array.isArray(content["missing"])) return null;
  const incomplete = listOf(content["incomplete"]).flatMap((one) => {
    const sequence = isObject(one) ? asText(one["sequence"]) : null;
    return isObject(one) && sequence !== null ? [{ sequence, expected: asCount(one["expected"]), got: asCount(one["got"]) }] : [];
  });
  return { missing: names(content["missing"]), incomplete, repeated: names(content["repeated"]), differing: names(content["differing"]) };
}

/** Whether all came, once, whole and as it should. */
export function isWhole({ missing, incomplete, repeated, differing }: SessionReport): boolean {
  return [missing, incomplete, repeated, differing].every((list) => list.length === 0);
}

function names(value: unknown): readonly string[] {
  return listOf(value).flatMap((one) => asText(isObject(one) ? one["sequence"] : one) ?? []);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MOST) : [];
}
