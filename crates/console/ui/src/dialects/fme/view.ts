// The plan's geometry: from positions to pixels, round steps for the graticule, a scale bar. Degrees are drawn as on a flat map of
// the neighbourhood, a degree of longitude as short as it is at the middle's latitude; a stream across the date line is
// drawn at both edges.
import { roundStep } from "../../shared/steps.ts";
import type { Point, Space } from "./positions.ts";

export const METRES_PER_DEGREE = 111_320;

export interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

export interface View {
  readonly middle: Point;
  /** Pixels per unit of y. */
  readonly scale: number;
  /** How much narrower a unit of x is. */
  readonly squeeze: number;
  readonly width: number;
  readonly height: number;
}

export function boundsOf(points: Iterable<Point>): Bounds | null {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  return left <= right ? { left, right, bottom, top } : null;
}

function squeezeAt(space: Space, y: number): number {
  return space === "geo" ? Math.max(0.02, Math.cos((y * Math.PI) / 180)) : 1;
}

/** The view that shows all of `bounds` with a margin. */
export function fit(bounds: Bounds, space: Space, width: number, height: number): View {
  const middle = { x: (bounds.left + bounds.right) / 2, y: (bounds.bottom + bounds.top) / 2 };
  const squeeze = squeezeAt(space, middle.y);
  const least = space === "geo" ? 0.001 : 1e-6;
  const across = Math.max((bounds.right - bounds.left) * squeeze, least);
  const up = Math.max(bounds.top - bounds.bottom, least);
  const room = 0.8;
  return { middle, squeeze, width, height, scale: Math.min((width * room) / across, (height * room) / up) };
}

export function toPixel(view: View, point: Point): Point {
  return {
    x: view.width / 2 + (point.x - view.middle.x) * view.squeeze * view.scale,
    y: view.height / 2 - (point.y - view.middle.y) * view.scale,
  };
}

export function fromPixel(view: View, pixel: Point): Point {
  return {
    x: view.middle.x + (pixel.x - view.width / 2) / (view.squeeze * view.scale),
    y: view.middle.y - (pixel.y - view.height / 2) / view.scale,
  };
}

export function seen(view: View): Bounds {
  const [a, b] = [fromPixel(view, { x: 0, y: view.height }), fromPixel(view, { x: view.width, y: 0 })];
  return { left: a.x, right: b.x, bottom: a.y, top: b.y };
}

export function zoomed(view: View, by: number): View {
  return { ...view, scale: view.scale * by };
}

export function panned(view: View, pixels: Point): View {
  const { middle, scale, squeeze } = view;
  return { ...view, middle: { x: middle.x - pixels.x / (scale * squeeze), y: middle.y + pixels.y / scale } };
}

/** Whether an automatic view should be made anew: something is outside, or all of it would fit at more than twice the size. */
export function needsFit(view: View, bounds: Bounds, space: Space): boolean {
  const now = seen(view);
  const outside = bounds.left < now.left || bounds.right > now.right || bounds.bottom < now.bottom || bounds.top > now.top;
  return outside || fit(bounds, space, view.width, view.height).scale > 2.2 * view.scale;
}

/** Multiples of `step` from `low` to `high`, at most 60. */
export function ticks(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step);
  const last = Math.min(Math.floor(high / step), first + 59);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

export function tickText(value: number, step: number, axis: "x" | "y", space: Space): string {
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (space === "plane") return value.toFixed(places);
  const side = Math.abs(value) < step / 2 ? "" : axis === "x" ? (value > 0 ? " E" : " W") : value > 0 ? " N" : " S";
  return `${Math.abs(value).toFixed(places)}°${side}`;
}

export interface ScaleBar {
  readonly pixels: number;
  readonly text: string;
}

export function scaleBar(view: View, space: Space, mostPixels: number): ScaleBar {
  const perUnit = space === "geo" ? view.scale / METRES_PER_DEGREE : view.scale;
  const length = roundStep(mostPixels / perUnit);
  const text = space === "plane" ? `${length}` : length >= 1000 ? `${length / 1000} km` : `${length} m`;
  return { pixels: length * perUnit, text };
}
