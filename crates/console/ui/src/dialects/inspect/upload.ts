// A file to import: which command it is for, whether what was filled in will do, and what the gateway made of it, in words.
import { isObject, parseJson } from "../../shared/json.ts";
import { readJob, type Job } from "./job.ts";
import { bytesText } from "./words.ts";

export interface Fields {
  readonly command: string;
  readonly series: string;
  readonly focalLength: string;
  readonly importMode: string;
}

/** Files that are imported one after the other, at most. */
export const MOST_FILES = 500;

/** The command that files of this name are usually for; `null` when the name does not say. */
export function commandFor(file: string, commands: readonly string[]): string | null {
  const command = /\.(?:jpe?g|png|tiff?|bmp|webp)$/i.test(file) ? "image" : /\.(?:gxml|xml)(?:\.gz)?$/i.test(file) ? "elements" : null;
  return command !== null && commands.includes(command) ? command : null;
}

/** What is wrong with what was filled in, and with which field. */
export function fieldsProblem({ command, focalLength }: Fields): string | null {
  if (command !== "image") return null;
  const text = focalLength.trim();
  if (text === "") return "The focal length is missing: the lens's, in millimetres.";
  const value = /^\d*\.?\d+(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) return "The focal length is no number of millimetres: write it as 50.0.";
  return value > 0 ? null : "The focal length must be above 0 mm.";
}

/** Why a file need not be sent at all. */
export function fileProblem(size: number, most: number | null): string | null {
  if (most !== null && size > most) return `It has ${bytesText(size)}; the gateway takes ${bytesText(most)} at most.`;
  return null;
}

export function uploadQuery({ command, series, focalLength, importMode }: Fields, file: string): string {
  const query = new URLSearchParams({ command, file });
  if (command === "image") {
    query.set("name", series);
    query.set("focal_length", focalLength.trim());
  }
  if (command === "elements") query.set("import_mode", importMode);
  return query.toString();
}

export interface Outcome {
  readonly ok: boolean;
  readonly text: string;
  readonly job: Job | null;
}

const LONGEST = 500;

/** What an answer to an upload says. */
export function outcomeOf(status: number, body: string): Outcome {
  const json = parseJson(body);
  const job = isObject(json) ? readJob(json) : null;
  if (status === 200) {
    const reply = job?.reply ?? "";
    return { ok: true, text: /^(?:|o\.?k\.?)$/i.test(reply) ? "Done." : `Done: ${reply.slice(0, LONGEST)}`, job };
  }
  if (job?.reply) return { ok: false, text: job.reply.slice(0, LONGEST), job };
  const told = body.startsWith("Tieline: ") ? body.slice("Tieline: ".length).trim().slice(0, LONGEST) : "";
  const because = told === "" ? "." : `: ${told}.`;
  switch (status) {
    case 401:
    case 403:
      return { ok: false, text: `The gateway does not let this page import${because}`, job: null };
    case 404:
      return { ok: false, text: `The gateway does not know this command${because}`, job: null };
    case 413:
      return { ok: false, text: `The file is too large${because}`, job: null };
    case 429:
      return { ok: false, text: "The gateway is busy: too many jobs wait. Try again in a moment.", job: null };
    case 503:
      return { ok: false, text: `The gateway cannot import now${because}`, job: null };
    default:
      return { ok: false, text: told === "" ? `The gateway answered with HTTP status ${status}.` : `Not imported${because}`, job: null };
  }
}
