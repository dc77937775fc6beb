// Draws elements on a canvas: lines, then marks from far to near, then names that do not cover each other, the axes and a
// scale bar. Kinds differ by the form of their mark, not by colour alone. Knows no component.
import { roundStep } from "../../../shared/steps.ts";
import { colour } from "../../../shared/theme.ts";
import type { Point } from "../project.ts";
import type { Shape } from "../shapes.ts";
import { axesOf, projection, spanOf, type Camera, type Pixel } from "../space.ts";

export interface Picture {
  readonly camera: Camera;
  readonly shapes: readonly Shape[];
  /** The element that is chosen, and the one under the pointer, by their places in the list. */
  readonly chosen: number | null;
  readonly hovered: number | null;
  /** The name of an element, when all of them are to be shown. */
  readonly labels: boolean;
  readonly nameOf: (at: number) => string;
  readonly font: string;
}

/** Points that are drawn at most, of all elements together. */
export const MOST_DRAWN = 20_000;
const MOST_LABELS = 300;
const AROUND = 48;
const LONGEST_NAME = 40;

export function draw(ink: CanvasRenderingContext2D, picture: Picture): void {
  const { camera, shapes, chosen, hovered } = picture;
  ink.clearRect(0, 0, camera.width, camera.height);
  const pixel = projection(camera);
  const marked = (at: number) => at === chosen || at === hovered;
  ink.lineJoin = "round";
  let left = MOST_DRAWN;
  const marks: { readonly shape: Shape; readonly place: Pixel }[] = [];
  for (const shape of shapes) {
    const points = shape.points.slice(0, Math.max(0, left));
    left -= points.length;
    const places = points.map(pixel);
    ink.strokeStyle = colour(marked(shape.at) ? "second" : "ink-soft");
    ink.lineWidth = marked(shape.at) ? 2.5 : 1.25;
    if (shape.joined !== "no" && places.length > 1) path(ink, places, shape.joined === "closed");
    if (shape.radius !== null && points[0]) circle(ink, shape, points[0], pixel, camera);
    for (const place of places) marks.push({ shape, place });
  }
  marks.sort((one, other) => one.place.depth - other.place.depth);
  for (const { shape, place } of marks) mark(ink, shape, place, marked(shape.at), shapes.length + marks.length > 2000);
  names(ink, picture, marks);
  axes(ink, camera, picture.font);
  scaleBar(ink, camera, picture.font);
}

function path(ink: CanvasRenderingContext2D, places: readonly { readonly x: number; readonly y: number }[], isClosed: boolean): void {
  ink.beginPath();
  for (const { x, y } of places) ink.lineTo(x, y);
  if (isClosed) ink.closePath();
  ink.stroke();
}

function circle(ink: CanvasRenderingContext2D, { direction, radius, isRound }: Shape, middle: Point, pixel: (point: Point) => Pixel, camera: Camera): void {
  const facing = direction === null || isRound;
  // A circle that is only marked as one, since its direction is not told, faces the viewer and is dashed.
  ink.setLineDash(facing && !isRound ? [5, 4] : []);
  const [one, other] = facing ? axesOf(camera) : spanOf(direction);
  const size = radius ?? 0;
  const places = Array.from({ length: AROUND }, (_, step) => {
    const [cos, sin] = [Math.cos((step / AROUND) * 2 * Math.PI) * size, Math.sin((step / AROUND) * 2 * Math.PI) * size];
    return pixel([middle[0] + one[0] * cos + other[0] * sin, middle[1] + one[1] * cos + other[1] * sin, middle[2] + one[2] * cos + other[2] * sin]);
  });
  path(ink, places, true);
  ink.setLineDash([]);
}

function mark(ink: CanvasRenderingContext2D, shape: Shape, { x, y }: Pixel, isMarked: boolean, isCrowded: boolean): void {
  const size = isMarked ? 6 : isCrowded ? 2 : 4;
  ink.fillStyle = colour(isMarked ? "second" : "accent");
  ink.strokeStyle = ink.fillStyle;
  ink.lineWidth = 2;
  ink.beginPath();
  if (shape.mark === "square") ink.rect(x - size, y - size, 2 * size, 2 * size);
  else ink.arc(x, y, size, 0, 2 * Math.PI);
  if (shape.mark === "ring") ink.stroke();
  else ink.fill();
}

function names(ink: CanvasRenderingContext2D, { shapes, labels, chosen, hovered, nameOf, font, camera }: Picture, marks: readonly { readonly shape: Shape; readonly place: Pixel }[]): void {
  ink.font = `12px ${font}`;
  ink.textBaseline = "middle";
  const taken: { readonly left: number; readonly right: number; readonly y: number }[] = [];
  const first = new Map<number, Pixel>();
  for (const { shape, place } of marks) if (!first.has(shape.at)) first.set(shape.at, place);
  // What was chosen has its name first.
  const wanted = [chosen, hovered, ...(labels ? shapes.map(({ at }) => at) : [])].filter((at) => at !== null);
  for (const at of new Set(wanted)) {
    const place = first.get(at);
    if (!place || taken.length >= MOST_LABELS) continue;
    const name = nameOf(at);
    const text = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
    const width = ink.measureText(text).width;
    const x = place.x + 9 + width > camera.width ? place.x - 9 - width : place.x + 9;
    if (taken.some((other) => Math.abs(other.y - place.y) < 15 && x < other.right + 4 && x + width > other.left - 4)) continue;
    taken.push({ left: x, right: x + width, y: place.y });
    ink.lineWidth = 4;
    ink.strokeStyle = colour("sunken");
    ink.strokeText(text, x, place.y);
    ink.fillStyle = colour("ink");
    ink.fillText(text, x, place.y);
  }
}

/** Which way x, y and z go, in the corner. */
function axes(ink: CanvasRenderingContext2D, camera: Camera, font: string): void {
  const [right, up] = axesOf(camera);
  const [middleX, middleY, length] = [40, camera.height - 40, 24];
  ink.font = `600 12px ${font}`;
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  for (const [at, name] of ["x", "y", "z"].entries()) {
    const [dx, dy] = [(right[at] ?? 0) * length, -(up[at] ?? 0) * length];
    // An axis that points at the viewer is nothing but its name in a wrong place.
    if (Math.hypot(dx, dy) < length / 5) continue;
    ink.strokeStyle = ink.fillStyle = colour("ink");
    ink.lineWidth = 1.5;
    path(ink, [{ x: middleX, y: middleY }, { x: middleX + dx, y: middleY + dy }], false);
    ink.fillText(name, middleX + dx * 1.4, middleY + dy * 1.4);
  }
  ink.textAlign = "start";
}

function scaleBar(ink: CanvasRenderingContext2D, camera: Camera, font: string): void {
  const length = roundStep(120 / camera.scale);
  const pixels = length * camera.scale;
  const [right, bottom] = [camera.width - 16, camera.height - 16];
  ink.strokeStyle = ink.fillStyle = colour("ink");
  ink.lineWidth = 1.5;
  path(ink, [{ x: right - pixels, y: bottom - 5 }, { x: right - pixels, y: bottom }, { x: right, y: bottom }, { x: right, y: bottom - 5 }], false);
  ink.font = `12px ${font}`;
  ink.textAlign = "end";
  ink.textBaseline = "alphabetic";
  ink.fillText(String(length), right, bottom - 9);
  ink.textAlign = "start";
}
