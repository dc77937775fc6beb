// A value of a variable as the gateway tells it, whatever form it gives scalars: as texts or as JSON's own.
import { asText, isObject, type JsonObject } from "../../shared/json.ts";
import { codeWords, nameWords, qualityOf, type Quality } from "./status.ts";

export interface Reading {
  /** As people read it; `null` when there is only a status. */
  readonly text: string | null;
  /** For a chart; `null` when it is no single number. */
  readonly number: number | null;
  readonly quality: Quality;
  /** Why it is not good, in words. */
  readonly why: string | null;
  /** When its source had it, ms since 1970. */
  readonly at: number | null;
}

const BOOLEAN = 1;
const NUMBERS = new Set([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
const LONGEST = 120;
const MOST_LISTED = 8;
const MOST_DIGITS = 10;

/** Numbers come as such or as texts. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** Truths come as such or as texts, of notes with a blank in front. */
export function truthOf(value: unknown): boolean | null {
  const text = typeof value === "string" ? value.trim() : value;
  return text === true || text === "true" ? true : text === false || text === "false" ? false : null;
}

/** What a DataValue, or an answer without one, says; `null` when it is neither. */
export function readValue(body: unknown): Reading | null {
  if (!isObject(body)) return null;
  const failed = asText(body["StatusCode"]);
  if (failed !== null) return { text: null, number: null, quality: "bad", why: nameWords(failed), at: null };
  if (!isObject(body["Value"])) return null;
  const value = body["Value"];
  const code = numberOf(body["Status"]) ?? 0;
  const quality = qualityOf(code);
  const at = Date.parse(String(body["SourceTimestamp"] ?? body["ServerTimestamp"]));
  return {
    text: textOf(value),
    number: quality === "bad" ? null : numberIn(value),
    quality,
    why: quality === "good" ? null : codeWords(code),
    at: Number.isNaN(at) ? null : at,
  };
}

function numberIn(value: JsonObject): number | null {
  const type = numberOf(value["Type"]);
  if (type === BOOLEAN) return truthOf(value["Body"]) === null ? null : Number(truthOf(value["Body"]));
  return type !== null && NUMBERS.has(type) ? numberOf(value["Body"]) : null;
}

function textOf(value: JsonObject): string {
  const [type, body] = [numberOf(value["Type"]) ?? 0, value["Body"]];
  if (!Array.isArray(body)) return clipped(scalarText(type, body));
  const shown = body.slice(0, MOST_LISTED).map((one: unknown) => scalarText(type, one));
  return body.length === 0 ? "empty list" : clipped(shown.join(", ") + (body.length > MOST_LISTED ? ` … (${body.length})` : ""));
}

function scalarText(type: number, body: unknown): string {
  if (type === BOOLEAN) return { true: "yes", false: "no" }[String(body)] ?? String(body);
  if (NUMBERS.has(type)) return numberText(body);
  if (body === "" || body === null || body === undefined) return "empty";
  if (isObject(body)) return asText(body["Text"]) ?? asText(body["Name"]) ?? JSON.stringify(body);
  return String(body);
}

/** Digits as they came, unless they are more than anybody reads; whole numbers keep all of theirs. */
function numberText(body: unknown): string {
  const text = String(body);
  const number = Number(text);
  if (text.length <= MOST_DIGITS || !Number.isFinite(number) || /^-?\d+$/.test(text)) return text;
  return String(Number(number.toPrecision(7)));
}

function clipped(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
