// A patient as X-ray consoles write one, with the spellings that differ between them.
import { asText, isObject, type JsonObject } from "../../shared/json.ts";

export interface Patient {
  readonly id: string;
  /** How a person would write the name; `null` when none is known. */
  readonly name: string | null;
  /** The same name in other scripts, where the console sends them. */
  readonly otherNames: readonly string[];
  /** `YYYY-MM-DD`; `null` when none is known, so also when the console sent something else. */
  readonly birth: string | null;
}

export function readPatient(data: unknown): Patient | null {
  if (!isObject(data)) return null;
  const id = readId(data["patientId"]) ?? readId(data["patientID"]);
  return id === null ? null : { id, ...readDetails(data) };
}

/** All but the id: of a correction that leaves it out. */
export function readDetails(data: JsonObject): Omit<Patient, "id"> {
  const [name = null, ...otherNames] = readNames(asText(data["patientName"]) ?? "");
  return { name, otherNames, birth: readBirth(data) };
}

/** A number is taken as its text, as long as this page can tell it from its neighbours. */
function readId(value: unknown): string | null {
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : asText(value);
}

/** DICOM writes `Family^Given^Middle^Prefix^Suffix`, and `=` between the same name in several scripts. */
function readNames(text: string): string[] {
  return text.split("=").map(readName).filter((name) => name !== "");
}

function readName(text: string): string {
  const [family = "", given = "", middle = "", prefix = "", suffix = ""] = text.split("^").map((part) => part.trim());
  const first = [prefix, given, middle, suffix].filter((part) => part !== "").join(" ");
  return family && first ? `${family}, ${first}` : family || first;
}

/** The date, when all that was sent of it is one real date. */
function readBirth(data: JsonObject): string | null {
  const given = [
    { value: data["patientBirth"], pattern: /^(\d{4})-(\d{2})-(\d{2})$/ },
    { value: data["patientBirthDate"], pattern: /^(\d{4})-?(\d{2})-?(\d{2})$/ },
  ].filter(({ value }) => value !== undefined && value !== null);
  const dates = given.map(({ value, pattern }) => (typeof value === "string" ? readDate(pattern.exec(value)) : null));
  const [date = null] = dates;
  return dates.every((other) => other === date) ? date : null;
}

function readDate(parts: RegExpExecArray | null): string | null {
  if (!parts) return null;
  const text = `${parts[1]}-${parts[2]}-${parts[3]}`;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) && text > "0001" ? text : null;
}
