// What the overview makes of this dialect's events: the gateway has taken what identifies a person out of them before.
import { asNumber, asText, isObject } from "../../shared/json.ts";
import { differingText, isWhole, readSeriesReport, readSession, type SessionReport } from "./reports.ts";
import { inShort, readVerdict, seriesName, WORD } from "./verdict.ts";

/** `AWP167046 differs: epi_task (Echo time (TE))`, `AWP167046, image 13`. */
export function mrLine(event: unknown): string | null {
  if (!isObject(event)) return null;
  const station = asText(event["station"]) ?? "Scanner without a name";
  const content = event["content"];
  switch (event["type"]) {
    case "update":
      return `${station}, image ${(asNumber(content) ?? 0) + 1}`;
    case "unreadable":
      return `A file could not be read: ${(isObject(content) ? asText(content["reason"]) : null) ?? "no reason given"}`;
    case "series": {
      const report = readSeriesReport(content);
      return report && `${station}, ${differingText(report) ?? (report.images === 1 ? "1 image" : `${report.images} images`)}`;
    }
    case "session": {
      const report = readSession(content);
      return report && `${station}, session ended: ${isWhole(report) ? "complete" : lacks(report)}`;
    }
    case "new": {
      const verdict = readVerdict(content);
      if (verdict === null) return null;
      const differing = verdict.differences.length > 0 ? ` (${inShort(verdict)})` : "";
      return `${station}, ${seriesName(verdict)}: ${WORD[verdict.kind].toLowerCase()}${differing}`;
    }
    default:
      return null;
  }
}

/** `1 missing, 2 incomplete` */
function lacks({ missing, incomplete, repeated, differing }: SessionReport): string {
  const counts = [[missing, "missing"], [incomplete, "incomplete"], [repeated, "repeated"], [differing, "differing"]] as const;
  return counts.filter(([list]) => list.length > 0).map(([list, word]) => `${list.length} ${word}`).join(", ");
}
