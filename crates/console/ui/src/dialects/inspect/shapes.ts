// What can be drawn of an element: only what its file says. A circle whose direction the file does not tell is marked as
// such, and faces the viewer.
import { isObject } from "../../shared/json.ts";
import type { Element, Figure, Point } from "./project.ts";

export interface Shape {
  /** The element's place in its list. */
  readonly at: number;
  readonly mark: "dot" | "ring" | "square";
  readonly points: readonly Point[];
  /** How its points are joined. */
  readonly joined: "no" | "open" | "closed";
  readonly radius: number | null;
  /** What a circle or a plane stands square to; `null` when it is not told. */
  readonly direction: Point | null;
  /** A sphere looks like a circle from everywhere. */
  readonly isRound: boolean;
}

const ROUND = ["circle", "sphere", "cylinder", "cone", "torus", "hole"];
const OPEN = ["line", "distance", "curve", "edge", "section"];
const CLOSED = ["polygon hole", "rectangular hole"];

export function shapeOf(element: Element, at: number): Shape | null {
  const { kind, points } = element;
  if (points.length === 0) return null;
  const isAround = ROUND.includes(kind);
  const hasDirection = isAround || kind === "plane";
  return {
    at,
    mark: isAround ? "ring" : kind === "plane" || kind.includes("hole") ? "square" : "dot",
    points,
    joined: points.length < 2 ? "no" : OPEN.includes(kind) ? "open" : CLOSED.includes(kind) ? "closed" : "no",
    radius: isAround ? radiusOf(element.figures) : null,
    direction: hasDirection ? (directionOf(element.figures) ?? directionIn(element.more)) : null,
    isRound: kind === "sphere",
  };
}

/** What was measured before what was meant; what is only a tolerance is none. */
function radiusOf(figures: readonly Figure[]): number | null {
  const known = figures.flatMap(({ name, value }) => {
    const half = /diameter/i.test(name) ? 0.5 : /radius/i.test(name) ? 1 : null;
    if (half === null || value <= 0 || /tol|dev|minor|tube|delta/i.test(name)) return [];
    return [{ radius: value * half, rank: /actual|measured/i.test(name) ? 0 : /nominal/i.test(name) ? 2 : 1 }];
  });
  return known.sort((one, other) => one.rank - other.rank)[0]?.radius ?? null;
}

const DIRECTION = /normal|direction|axis/i;

/** Three numbers such as `normal@x`, `normal@y`, `normal@z`. */
function directionOf(figures: readonly Figure[]): Point | null {
  const found = new Map<string, (number | undefined)[]>();
  for (const { name, value } of figures) {
    const parts = /^(.*?)[\s@/_.]?[nd]?([xyzijk])$/i.exec(name);
    const [, before, axis] = parts ?? [];
    if (before === undefined || axis === undefined || !DIRECTION.test(before)) continue;
    const three = found.get(before) ?? [];
    three["xyzijk".indexOf(axis.toLowerCase()) % 3] = value;
    found.set(before, three);
  }
  for (const [x, y, z] of found.values()) if (x !== undefined && y !== undefined && z !== undefined) return unit([x, y, z]);
  return null;
}

/** Parts of a file that are looked at for one element. */
const MOST_PARTS = 500;

/** The same in what else the file says: a part or an attribute of that name with three numbers as text. */
function directionIn(more: unknown): Point | null {
  const waiting: unknown[] = [more];
  for (let looked = 0; looked < MOST_PARTS && waiting.length > 0; looked += 1) {
    const part = waiting.shift();
    if (Array.isArray(part)) waiting.push(...part.slice(0, MOST_PARTS));
    if (!isObject(part)) continue;
    const named = typeof part["tag"] === "string" && DIRECTION.test(part["tag"]) ? three(part["text"]) : null;
    if (named) return named;
    for (const [key, value] of Object.entries(part)) {
      const direct = DIRECTION.test(key) ? three(value) : null;
      if (direct) return direct;
      if (typeof value === "object") waiting.push(value);
    }
  }
  return null;
}

function three(value: unknown): Point | null {
  const parts: readonly unknown[] = typeof value === "string" && value.length <= 200 ? value.trim().replace(/^[([{]|[)\]}]$/g, "").trim().split(/[\s,;]+/) : Array.isArray(value) ? value : [];
  if (parts.length !== 3 || parts.some((part) => part === "")) return null;
  const [x = Number.NaN, y = Number.NaN, z = Number.NaN] = parts.map(Number);
  return unit([x, y, z]);
}

function unit([x, y, z]: Point): Point | null {
  const length = Math.hypot(x, y, z);
  return Number.isFinite(length) && length > 0 ? [x / length, y / length, z / length] : null;
}
