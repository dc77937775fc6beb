// What the overview makes of this dialect's events: jobs that have ended.
import { asNumber, asText, isObject } from "../../shared/json.ts";
import { jobTitle } from "./job.ts";
import { tookText } from "./words.ts";

export interface Ended {
  readonly job: number | null;
  readonly title: string;
  readonly isDone: boolean;
  readonly result: string;
  readonly detail: string | null;
  readonly tookMs: number | null;
}

export function readEnded(event: unknown): Ended | null {
  if (!isObject(event)) return null;
  const [command, result] = [asText(event["command"]), asText(event["result"])];
  if (command === null || result === null) return null;
  const { name } = event;
  return {
    job: asNumber(event["job"]),
    title: jobTitle({ command, file: asText(event["file"]), name: typeof name === "string" ? name : null }),
    isDone: result === "done",
    result,
    detail: asText(event["detail"]),
    tookMs: asNumber(event["took_ms"]),
  };
}

/** `image part-1.png into Left: done in 12 ms`, `elements a.gxml: failed (no element was found)`. */
export function jobLine(event: unknown): string | null {
  const ended = readEnded(event);
  if (ended === null) return null;
  const { title, isDone, result, detail, tookMs } = ended;
  if (!isDone) return `${title}: ${result}${detail === null ? "" : ` (${detail})`}`;
  return `${title}: done${tookMs === null ? "" : ` in ${tookText(tookMs)}`}`;
}
