// What somebody asked to be imported or run, and how that went.
import { asCount, asNumber, asText, isObject } from "../../shared/json.ts";

export type JobState = "waiting" | "running" | "done" | "failed" | "timeout" | "busy";

export interface Job {
  readonly id: number;
  /** When, ms since 1970; `null` when it was not told. */
  readonly at: number | null;
  readonly command: string;
  readonly by: string;
  readonly state: JobState;
  readonly tookMs: number | null;
  /** What the client was told. */
  readonly reply: string | null;
  readonly detail: string | null;
  readonly file: string | null;
  /** Of the series; it may be empty. */
  readonly name: string | null;
}

/** The mark is for eyes, the word says it. */
export const STATE: { readonly [state in JobState]: { readonly mark: string; readonly word: string } } = {
  waiting: { mark: "…", word: "Waiting" },
  running: { mark: "▸", word: "Running" },
  done: { mark: "✓", word: "Done" },
  failed: { mark: "✕", word: "Failed" },
  timeout: { mark: "✕", word: "Took too long" },
  busy: { mark: "✕", word: "Turned away: busy" },
};

export function isOpen({ state }: Job): boolean {
  return state === "waiting" || state === "running";
}

export function readJob(json: unknown): Job | null {
  const id = isObject(json) ? asNumber(json["id"]) : null;
  if (!isObject(json) || id === null) return null;
  const state = String(json["state"]);
  const name = json["name"];
  return {
    id,
    at: timeOf(json["at"]),
    command: asText(json["command"]) ?? "?",
    by: asText(json["by"]) ?? "",
    // A state that this page does not know is at least no success.
    state: Object.hasOwn(STATE, state) ? (state as JobState) : "failed",
    tookMs: asNumber(json["took_ms"]),
    reply: asText(json["reply"]),
    detail: asText(json["detail"]),
    file: asText(json["file"]),
    name: typeof name === "string" ? name : null,
  };
}

export interface JobList {
  /** Newest first. */
  readonly jobs: readonly Job[];
  readonly total: number;
}

export function readJobs(json: unknown): JobList | null {
  if (!isObject(json) || !Array.isArray(json["jobs"])) return null;
  const jobs = json["jobs"].map(readJob).filter((job) => job !== null);
  return { jobs, total: Math.max(jobs.length, asCount(json["total"])) };
}

/** Jobs a page keeps at most. */
export const MOST_JOBS = 500;

/** What is known with what was just told: newest first. Those between that nobody asked for would be a hole, so they end the list. */
export function mergedJobs(known: readonly Job[], told: readonly Job[], isNewest: boolean): readonly Job[] {
  const byId = new Map(told.map((job) => [job.id, job]));
  const oldestTold = Math.min(...byId.keys());
  const meets = !isNewest || known.some((job) => job.id >= oldestTold);
  if (meets) for (const job of known) if (!byId.has(job.id) && (!isNewest || job.id < oldestTold)) byId.set(job.id, job);
  return [...byId.values()].sort((one, other) => other.id - one.id).slice(0, MOST_JOBS);
}

/** `image part-1.png into “Left”`. */
export function jobTitle({ command, file, name }: Pick<Job, "command" | "file" | "name">): string {
  const into = name === null ? "" : ` into ${seriesTitle(name)}`;
  return file === null ? command : `${command} ${baseName(file)}${command === "image" ? into : ""}`;
}

/** A series may be called nothing. */
export function seriesTitle(name: string): string {
  return name.trim() === "" ? "(no name)" : name;
}

/** The last part of a path of either kind of computer. */
export function baseName(path: string): string {
  return /[^/\\]+$/.exec(path)?.[0] ?? path;
}

export function timeOf(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
