// Draws the plan: graticule, trails, things, labels that do not cover each other, scale bar. Knows no component.
import { roundStep } from "../../shared/steps.ts";
import { colour } from "../../shared/theme.ts";
import { QUIET_AFTER_MS, shownAt, type Fleet, type Point, type Thing } from "./positions.ts";
import { scaleBar, seen, ticks, tickText, toPixel, type View } from "./view.ts";

export interface Scene {
  readonly fleet: Fleet;
  readonly view: View;
  readonly chosen: string | null;
  /** Draw everything at its newest position. */
  readonly still: boolean;
  readonly nowMs: number;
  readonly font: string;
}

type Ink = CanvasRenderingContext2D;

export function draw(ink: Ink, scene: Scene): void {
  const { view, fleet } = scene;
  ink.clearRect(0, 0, view.width, view.height);
  ink.font = `11px ${scene.font}`;
  ink.textBaseline = "middle";
  drawGraticule(ink, scene);
  const things = fleet.all();
  for (const thing of things) drawTrail(ink, scene, thing);
  for (const thing of things) drawThing(ink, scene, thing);
  drawLabels(ink, scene, things);
  drawScaleBar(ink, scene);
}

export function pixelOf(scene: Scene, thing: Thing): Point {
  return toPixel(scene.view, scene.still ? thing.position : shownAt(thing, scene.nowMs));
}

function drawGraticule(ink: Ink, { view, fleet }: Scene): void {
  const area = seen(view);
  const step = roundStep(140 / view.scale);
  ink.strokeStyle = colour("line");
  ink.fillStyle = colour("ink-soft");
  ink.lineWidth = 1;
  ink.beginPath();
  for (const x of ticks(area.left, area.right, step)) {
    const at = Math.round(toPixel(view, { x, y: 0 }).x) + 0.5;
    ink.moveTo(at, 0);
    ink.lineTo(at, view.height);
    ink.fillText(tickText(x, step, "x", fleet.space), at + 4, view.height - 9);
  }
  for (const y of ticks(area.bottom, area.top, step)) {
    const at = Math.round(toPixel(view, { x: 0, y }).y) + 0.5;
    ink.moveTo(0, at);
    ink.lineTo(view.width, at);
    if (at < view.height - 30) ink.fillText(tickText(y, step, "y", fleet.space), 6, at - 8);
  }
  ink.stroke();
}

function drawTrail(ink: Ink, scene: Scene, thing: Thing): void {
  const points = thing.trail.oldestFirst();
  const last = points.length - 1;
  const chosen = thing.position.id === scene.chosen;
  ink.strokeStyle = colour(chosen ? "second" : "accent");
  ink.lineWidth = chosen ? 2.5 : 1.5;
  ink.lineCap = "round";
  // The newest point of the trail is where the thing is going to be; until it has glided there the trail ends at the thing.
  for (let index = 1; index <= last; index += 1) {
    const [a, b] = [points[index - 1] as Point, points[index] as Point];
    const from = toPixel(scene.view, a);
    const to = index === last ? pixelOf(scene, thing) : toPixel(scene.view, b);
    ink.globalAlpha = (chosen ? 0.9 : 0.45) * (index / last);
    ink.beginPath();
    ink.moveTo(from.x, from.y);
    ink.lineTo(to.x, to.y);
    ink.stroke();
  }
  ink.globalAlpha = 1;
}

function drawThing(ink: Ink, scene: Scene, thing: Thing): void {
  const { x, y } = pixelOf(scene, thing);
  const chosen = thing.position.id === scene.chosen;
  const quiet = scene.nowMs - thing.heardAtMs > QUIET_AFTER_MS;
  ink.save();
  ink.translate(x, y);
  ink.beginPath();
  if (thing.position.heading === null) {
    ink.arc(0, 0, 5, 0, 2 * Math.PI);
  } else {
    ink.rotate((thing.position.heading * Math.PI) / 180);
    ink.moveTo(0, -9);
    ink.lineTo(6, 7);
    ink.lineTo(0, 4);
    ink.lineTo(-6, 7);
    ink.closePath();
  }
  ink.fillStyle = colour(quiet ? "sunken" : chosen ? "second" : "accent");
  ink.strokeStyle = colour(quiet ? "line-strong" : "surface");
  ink.lineWidth = 1.5;
  ink.fill();
  ink.stroke();
  ink.restore();
  if (chosen) {
    ink.strokeStyle = colour("second");
    ink.lineWidth = 2;
    ink.beginPath();
    ink.arc(x, y, 14, 0, 2 * Math.PI);
    ink.stroke();
  }
}

/** Labels where there is room, the chosen one always. */
function drawLabels(ink: Ink, scene: Scene, things: readonly Thing[]): void {
  const taken: [number, number, number, number][] = [];
  const chosenFirst = [...things].sort((a, b) => Number(b.position.id === scene.chosen) - Number(a.position.id === scene.chosen) || (a.position.id < b.position.id ? -1 : 1));
  for (const thing of chosenFirst) {
    const { x, y } = pixelOf(scene, thing);
    const text = thing.position.id;
    const width = ink.measureText(text).width;
    // To the right of the thing, or to the left where the plan ends.
    const start = x + 15 + width > scene.view.width ? x - 15 - width : x + 11;
    const box: [number, number, number, number] = [start, y - 8, start + 4 + width, y + 8];
    const chosen = text === scene.chosen;
    if (!chosen && taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    taken.push(box);
    ink.fillStyle = colour("surface");
    ink.globalAlpha = chosen ? 1 : 0.8;
    ink.fillRect(box[0], box[1], box[2] - box[0], 16);
    ink.globalAlpha = 1;
    ink.fillStyle = colour(chosen ? "second" : "ink");
    ink.fillText(text, start + 2, y);
  }
}

function drawScaleBar(ink: Ink, { view, fleet }: Scene): void {
  const { pixels, text } = scaleBar(view, fleet.space, 110);
  const [x, y] = [view.width - 14 - pixels, view.height - 26];
  ink.fillStyle = colour("surface");
  ink.globalAlpha = 0.85;
  ink.fillRect(x - 8, y - 18, pixels + 16, 26);
  ink.globalAlpha = 1;
  ink.strokeStyle = ink.fillStyle = colour("ink");
  ink.lineWidth = 1.5;
  ink.beginPath();
  ink.moveTo(x, y - 4);
  ink.lineTo(x, y);
  ink.lineTo(x + pixels, y);
  ink.lineTo(x + pixels, y - 4);
  ink.stroke();
  ink.fillText(text, x + (pixels - ink.measureText(text).width) / 2, y - 10);
}
