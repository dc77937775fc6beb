// A patient as X-ray consoles write one, with the spellings that differ between them.
import { asText, isObject } from "../../shared/json.ts";

export interface Patient {
  readonly id: string;
  /** How a person would write the name; `null` when none was given. */
  readonly name: string | null;
  /** The same name in other scripts, where the console sends them. */
  readonly otherNames: readonly string[];
  /** `YYYY-MM-DD`, or what the console sent when it is not a date. */
  readonly birth: string | null;
}

export function readPatient(data: unknown): Patient | null {
  if (!isObject(data)) return null;
  const id = asText(data["patientId"]) ?? asText(data["patientID"]);
  if (id === null) return null;
  const [name = null, ...otherNames] = readNames(asText(data["patientName"]) ?? "");
  return { id, name, otherNames, birth: readBirth(asText(data["patientBirth"]) ?? asText(data["patientBirthDate"])) };
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

function readBirth(text: string | null): string | null {
  const compact = /^(\d{4})(\d{2})(\d{2})$/.exec(text ?? "");
  return compact ? `${compact[1]}-${compact[2]}-${compact[3]}` : text;
}
