// What a page knows of a variable before it has a value: its type, and the notes that the configuration makes of it.
import { asText, isObject } from "../../shared/json.ts";
import { numberOf, truthOf } from "./value.ts";

export interface Variable {
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** The part of the plant it belongs to; empty when nobody says. */
  readonly group: string;
  readonly unit: string;
  readonly low: number | null;
  readonly high: number | null;
  /** The name of its type, as in `Double`. */
  readonly type: string;
  readonly isArray: boolean;
  readonly writable: boolean;
}

/** The built-in types that this page writes, with the ids that go onto the wire. */
export const WRITABLE_TYPES: Readonly<Record<string, number>> = {
  Boolean: 1, SByte: 2, Byte: 3, Int16: 4, UInt16: 5, Int32: 6, UInt32: 7, Int64: 8, UInt64: 9, Float: 10, Double: 11, String: 12,
};

const WHOLE: Readonly<Record<string, readonly [low: bigint, high: bigint]>> = {
  SByte: [-128n, 127n],
  Byte: [0n, 255n],
  Int16: [-32_768n, 32_767n],
  UInt16: [0n, 65_535n],
  Int32: [-2_147_483_648n, 2_147_483_647n],
  UInt32: [0n, 4_294_967_295n],
  Int64: [-(2n ** 63n), 2n ** 63n - 1n],
  UInt64: [0n, 2n ** 64n - 1n],
};

/** One element of what VALUEINFO answers; texts of its notes may begin with a blank. */
export function readVariable(info: unknown): Variable | null {
  const name = isObject(info) && typeof info["Variable"] === "string" ? info["Variable"] : null;
  if (name === null || !isObject(info) || info["StatusCode"] !== undefined) return null;
  const notes = isObject(info["MetaData"]) ? info["MetaData"] : {};
  const limits = isObject(notes["Limits"]) ? notes["Limits"] : {};
  const type = asText(info["Type"]) ?? "";
  const isArray = truthOf(info["IsArray"]) === true;
  return {
    name,
    title: asText(notes["DisplayName"]) ?? name,
    group: asText(notes["Group"]) ?? "",
    unit: asText(notes["Unit"]) ?? "",
    low: numberOf(limits["Min"]),
    high: numberOf(limits["Max"]),
    type,
    isArray,
    writable: truthOf(notes["Writable"]) === true && !isArray && type in WRITABLE_TYPES,
  };
}

/** Whether all words of a search are somewhere in what people know it by. */
export function isFound(variable: Variable, search: string): boolean {
  const text = `${variable.group} ${variable.title} ${variable.name}`.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** What is wrong with a text as a value for this variable, as a sentence; `null` when nothing is. */
export function valueProblem({ type, low, high, unit }: Variable, text: string): string | null {
  if (type === "String") return null;
  if (type === "Boolean") return text === "true" || text === "false" ? null : "Choose yes or no.";
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(Number(text))) return "This is not a number.";
  const whole = WHOLE[type];
  if (whole) {
    if (!/^[+-]?\d+$/.test(text)) return "This variable takes whole numbers only.";
    const number = BigInt(text.replace(/^\+/, ""));
    if (number < whole[0] || number > whole[1]) return `${type} goes from ${whole[0]} to ${whole[1]}.`;
  }
  const number = Number(text);
  const withUnit = (limit: number) => `${limit}${unit === "" ? "" : ` ${unit}`}`;
  if (low !== null && number < low) return `The least is ${withUnit(low)}.`;
  if (high !== null && number > high) return `The most is ${withUnit(high)}.`;
  return null;
}
