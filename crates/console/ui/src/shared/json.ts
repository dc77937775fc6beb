// Careful reading of JSON that others wrote.
import JSON5 from "json5";

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The parsed text, or `undefined` when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The same for what people write by hand: comments, a comma behind the last member. JSON is never read differently. */
export function parseLoosely(text: string): unknown {
  const strictly = parseJson(text);
  if (strictly !== undefined) return strictly;
  try {
    return JSON5.parse(text);
  } catch {
    return undefined;
  }
}

export function asText(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

export function asNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function asCount(value: unknown): number {
  return Math.max(0, asNumber(value) ?? 0);
}
