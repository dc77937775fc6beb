// Elements as a table: what is found by which words, in which order, and what of their numbers stands in a row.
import type { Element, Figure } from "./project.ts";
import { exactText } from "./words.ts";

export type Column = "number" | "kind" | "name" | "id" | "x" | "y" | "z";

export interface Order {
  readonly column: Column;
  readonly isUp: boolean;
}

/** What elements' names are compared by: `Point 2` comes before `Point 10`. */
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

const AXES: readonly Column[] = ["x", "y", "z"];

function valueOf(element: Element, column: Column): string | number | null {
  const axis = AXES.indexOf(column);
  if (axis >= 0) return element.points[0]?.[axis] ?? null;
  return element[column as "number" | "kind" | "name" | "id"];
}

/** In this order; what has nothing in the column comes last either way, and what is the same stays as it came. */
export function sorted(elements: readonly Element[], { column, isUp }: Order): readonly Element[] {
  const sign = isUp ? 1 : -1;
  return [...elements].sort((one, other) => {
    const [a, b] = [valueOf(one, column), valueOf(other, column)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b)));
  });
}

/** Those in which every one of the words stands somewhere. */
export function filtered(elements: readonly Element[], words: string): readonly Element[] {
  const wanted = words.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (wanted.length === 0) return elements;
  return elements.filter(({ kind, type, name, id, figures }) => {
    const text = [kind, type, name, id, ...figures.map((figure) => figure.name)].join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** How many of each kind there are, the most first: `12 points, 1 circle`. */
export function kindCounts(elements: readonly Element[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { kind } of elements) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** What an element is called where its name has to stand alone. */
export function elementTitle({ name, id, kind, number }: Element): string {
  return name ?? id ?? `${kind} ${number}`;
}

/** A number's name in its file's words: `nominal/radius` and `@radius` as people would write them. */
export function figureName({ name }: Figure): string {
  return name.split(/[@/]+/).filter((part) => part !== "").join(" ") || "value";
}

export function figureText(figure: Figure): string {
  return `${figureName(figure)} ${exactText(figure.value)}${figure.unit === null ? "" : ` ${figure.unit}`}`;
}

/** The numbers that are not coordinates: those have columns of their own. */
export function ownFigures({ figures, points }: Element): readonly Figure[] {
  return points.length === 0 ? figures : figures.filter((figure) => !/(?:^|[\s@/])(?:pos_?|coord_?)?[xyz]$/i.test(figure.name));
}
