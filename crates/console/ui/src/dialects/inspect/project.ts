// The project as the gateway tells it: series with their images, stages and the clipboard with their elements.
import { asCount, asNumber, asText, isObject } from "../../shared/json.ts";
import { timeOf } from "./job.ts";

export interface Series {
  readonly id: number;
  /** It may be empty. */
  readonly name: string;
  /** In millimetres. */
  readonly focalLength: number | null;
  readonly images: number;
  readonly latest: number | null;
}

export interface Stage {
  /** `null` is the clipboard. */
  readonly id: number | null;
  readonly name: string;
  readonly elements: number;
  readonly at: number | null;
  readonly file: string | null;
}

export interface Project {
  readonly series: readonly Series[];
  readonly stages: readonly Stage[];
  readonly clipboard: Stage | null;
  readonly commands: readonly string[];
  /** The largest file that may be uploaded; `null` when it was not told. */
  readonly uploadBytes: number | null;
}

export interface Image {
  readonly id: number;
  readonly hash: string;
  readonly file: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly camera: string | null;
  readonly exifFocalLength: number | null;
  readonly at: number | null;
  readonly job: number | null;
}

export interface Images {
  readonly total: number;
  readonly images: readonly Image[];
}

export type Point = readonly [number, number, number];

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string | null;
}

export interface Element {
  readonly number: number;
  readonly kind: string;
  /** What its file called it. */
  readonly type: string | null;
  readonly name: string | null;
  readonly id: string | null;
  readonly points: readonly Point[];
  readonly figures: readonly Figure[];
  readonly more: unknown;
}

export interface Elements {
  readonly total: number;
  readonly elements: readonly Element[];
}

/** Points of one element that a page keeps at most. */
const MOST_POINTS = 2000;

export function readProject(json: unknown): Project | null {
  if (!isObject(json) || !Array.isArray(json["series"]) || !Array.isArray(json["stages"])) return null;
  const commands = Array.isArray(json["commands"]) ? json["commands"].filter((one) => typeof one === "string") : [];
  return {
    series: json["series"].map(readSeries).filter((one) => one !== null),
    stages: json["stages"].map((one) => readStage(one, false)).filter((one) => one !== null),
    clipboard: readStage(json["clipboard"], true),
    commands,
    uploadBytes: asNumber(json["upload_bytes"]),
  };
}

function readSeries(json: unknown): Series | null {
  const id = isObject(json) ? asNumber(json["id"]) : null;
  if (!isObject(json) || id === null) return null;
  const { name } = json;
  return {
    id,
    name: typeof name === "string" ? name : "",
    focalLength: asNumber(json["focal_length"]),
    images: asCount(json["images"]),
    latest: timeOf(json["latest"]),
  };
}

function readStage(json: unknown, isClipboard: boolean): Stage | null {
  const id = isObject(json) && !isClipboard ? asNumber(json["id"]) : null;
  if (!isObject(json) || (id === null && !isClipboard)) return null;
  return {
    id,
    name: isClipboard ? "Clipboard" : (asText(json["name"]) ?? `Stage ${id}`),
    elements: asCount(json["elements"]),
    at: timeOf(json["at"]),
    file: asText(json["file"]),
  };
}

export function readImages(json: unknown): Images | null {
  if (!isObject(json) || !Array.isArray(json["images"])) return null;
  const images = json["images"].filter(isObject).map((one): Image => ({
    id: asNumber(one["id"]) ?? 0,
    hash: String(one["hash"]),
    file: asText(one["file"]) ?? "(no name)",
    format: asText(one["format"]) ?? "",
    width: asCount(one["width"]),
    height: asCount(one["height"]),
    bytes: asCount(one["bytes"]),
    camera: asText(one["camera"]),
    exifFocalLength: asNumber(one["exif_focal_length"]),
    at: timeOf(one["at"]),
    job: asNumber(one["job"]),
  }));
  return { total: Math.max(images.length, asCount(json["total"])), images };
}

export function readElements(json: unknown): Elements | null {
  if (!isObject(json) || !Array.isArray(json["elements"])) return null;
  const elements = json["elements"].filter(isObject).map((one, at): Element => ({
    number: asNumber(one["number"]) ?? at + 1,
    kind: asText(one["kind"]) ?? "other",
    type: asText(one["type"]),
    name: asText(one["name"]),
    id: typeof one["id"] === "number" ? String(one["id"]) : asText(one["id"]),
    points: Array.isArray(one["points"]) ? one["points"].slice(0, MOST_POINTS).map(readPoint).filter((point) => point !== null) : [],
    figures: Array.isArray(one["numbers"]) ? one["numbers"].map(readFigure).filter((figure) => figure !== null) : [],
    more: one["more"] ?? null,
  }));
  return { total: Math.max(elements.length, asCount(json["total"])), elements };
}

function readPoint(json: unknown): Point | null {
  if (!Array.isArray(json) || json.length !== 3) return null;
  const [x, y, z] = json.map(asNumber);
  return x == null || y == null || z == null ? null : [x, y, z];
}

function readFigure(json: unknown): Figure | null {
  const value = isObject(json) ? asNumber(json["value"]) : null;
  if (!isObject(json) || value === null) return null;
  return { name: asText(json["name"]) ?? "", value, unit: asText(json["unit"]) };
}
