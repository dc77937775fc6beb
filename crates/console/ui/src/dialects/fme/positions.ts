// From messages of any stream to things on a plan: what has lon and lat, or x and y, is somewhere; the last of each id is shown,
// with where it came from. Bounded in things and in points.
import { asNumber, isObject, parseJson, type JsonObject } from "../../shared/json.ts";
import { Ring } from "../../shared/ring.ts";

export const MOST_THINGS = 500;
export const TRAIL_POINTS = 60;
export const MOST_FIELDS = 8;
export const QUIET_AFTER_MS = 30_000;
export const GONE_AFTER_MS = 300_000;

/** `geo`: degrees; `plane`: units of the sender's own. */
export type Space = "geo" | "plane";

export interface Position {
  readonly id: string;
  readonly space: Space;
  readonly x: number;
  readonly y: number;
  /** Degrees clockwise from up; `null` when not said. */
  readonly heading: number | null;
  /** The first few of its plain fields, long texts cut. */
  readonly fields: JsonObject;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Thing {
  readonly position: Position;
  readonly trail: Ring<Point>;
  /** Where it was drawn when the newest position came, and how long it may take from there. */
  readonly from: Point;
  readonly heardAtMs: number;
  readonly glideMs: number;
}

/** The first of these fields that is a number. */
function field(of: JsonObject, names: readonly string[]): number | null {
  for (const name of names) {
    const value = asNumber(of[name]);
    if (value !== null) return value;
  }
  return null;
}

function label(of: JsonObject): string | null {
  for (const name of ["id", "name", "key"]) {
    const value = of[name];
    if ((typeof value === "string" && value !== "") || typeof value === "number") return String(value).slice(0, 60);
  }
  return null;
}

/** What is worth keeping of a message for as long as its thing is on the plan. */
function plain(of: JsonObject): JsonObject {
  const short = Object.entries(of).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return Object.fromEntries(short.slice(0, MOST_FIELDS).map(([name, value]) => [name.slice(0, 40), typeof value === "string" ? value.slice(0, 80) : value]));
}

/** Where a message says that something is; `null` when it says nothing of the kind. */
export function readPosition(message: unknown): Position | null {
  const json = typeof message === "string" ? parseJson(message) : message;
  if (!isObject(json)) return null;
  // A GeoJSON feature is the same message in other clothes.
  const geometry = isObject(json["geometry"]) && json["geometry"]["type"] === "Point" ? json["geometry"] : null;
  const coordinates = Array.isArray(geometry?.["coordinates"]) ? (geometry["coordinates"] as unknown[]) : null;
  const properties = coordinates && isObject(json["properties"]) ? json["properties"] : {};
  const fields: JsonObject = coordinates ? { id: json["id"], ...properties, lon: coordinates[0], lat: coordinates[1] } : json;
  const id = label(fields) ?? "unnamed";
  const heading = field(fields, ["heading_deg", "heading", "course", "bearing"]);
  const [lon, lat] = [field(fields, ["lon", "lng", "longitude"]), field(fields, ["lat", "latitude"])];
  if (lon !== null && lat !== null && Math.abs(lon) <= 180 && Math.abs(lat) <= 90) return { id, space: "geo", x: lon, y: lat, heading, fields: plain(fields) };
  const [x, y] = [field(fields, ["x"]), field(fields, ["y"])];
  return x !== null && y !== null ? { id, space: "plane", x, y, heading, fields: plain(fields) } : null;
}

export class Fleet {
  readonly #things = new Map<string, Thing>();
  #space: Space | null = null;

  get space(): Space {
    return this.#space ?? "geo";
  }

  get size(): number {
    return this.#things.size;
  }

  /** Takes a position; one in another space than the stream's first is left out (`false`). */
  hear(position: Position, nowMs: number): boolean {
    if (this.#things.size === 0) this.#space = position.space;
    if (position.space !== this.#space) return false;
    const former = this.#things.get(position.id);
    const trail = former?.trail ?? new Ring<Point>(TRAIL_POINTS);
    const last = trail.newest();
    if (!last || last.x !== position.x || last.y !== position.y) trail.push({ x: position.x, y: position.y });
    // The newest heard is last in the map, so the first is the one to leave when there are too many.
    this.#things.delete(position.id);
    this.#things.set(position.id, {
      position,
      trail,
      from: former ? shownAt(former, nowMs) : position,
      heardAtMs: nowMs,
      glideMs: former ? Math.min(2000, nowMs - former.heardAtMs) : 0,
    });
    if (this.#things.size > MOST_THINGS) {
      for (const oldest of this.#things.keys()) {
        this.#things.delete(oldest);
        break;
      }
    }
    return true;
  }

  /** Drops what has not been heard of for long. */
  sweep(nowMs: number): void {
    for (const [id, thing] of this.#things) if (nowMs - thing.heardAtMs > GONE_AFTER_MS) this.#things.delete(id);
  }

  get(id: string): Thing | undefined {
    return this.#things.get(id);
  }

  all(): Thing[] {
    return [...this.#things.values()];
  }

  clear(): void {
    this.#things.clear();
    this.#space = null;
  }
}

/** Where to draw it now: it glides to its newest position instead of jumping. */
export function shownAt(thing: Thing, nowMs: number): Point {
  const part = thing.glideMs > 0 ? Math.min(1, Math.max(0, (nowMs - thing.heardAtMs) / thing.glideMs)) : 1;
  const { from, position } = thing;
  return { x: from.x + (position.x - from.x) * part, y: from.y + (position.y - from.y) * part };
}
