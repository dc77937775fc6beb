// How a place becomes a pixel: seen from far away (orthographic), turned about the middle of what there is. z is up; seen
// from the top, x goes right and y goes up, as on a drawing.
import type { Point } from "./project.ts";

export interface Camera {
  /** About z, radians: 0 looks along y, as from the front. */
  readonly turn: number;
  /** Upwards, radians: 0 is level, a right angle looks straight down. */
  readonly tilt: number;
  readonly middle: Point;
  /** Pixels per unit. */
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  /** Where the middle is, in pixels from the middle of the picture. */
  readonly shift: readonly [number, number];
}

export type Side = "top" | "front" | "side" | "corner";

export const SIDES: { readonly [side in Side]: { readonly turn: number; readonly tilt: number } } = {
  top: { turn: 0, tilt: Math.PI / 2 },
  front: { turn: 0, tilt: 0 },
  side: { turn: Math.PI / 2, tilt: 0 },
  corner: { turn: Math.PI / 6, tilt: Math.PI / 6 },
};

/** Right, up and towards the viewer. */
export function axesOf({ turn, tilt }: Pick<Camera, "turn" | "tilt">): readonly [Point, Point, Point] {
  const [sinTurn, cosTurn, sinTilt, cosTilt] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
  return [
    [cosTurn, sinTurn, 0],
    [-sinTurn * sinTilt, cosTurn * sinTilt, cosTilt],
    [sinTurn * cosTilt, -cosTurn * cosTilt, sinTilt],
  ];
}

export function dot(one: Point, other: Point): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}

export interface Pixel {
  readonly x: number;
  readonly y: number;
  /** Larger is nearer. */
  readonly depth: number;
}

/** Makes pixels of places; the axes are worked out once for all of them. */
export function projection(camera: Camera): (point: Point) => Pixel {
  const [right, up, near] = axesOf(camera);
  const { middle, scale, width, height, shift } = camera;
  return (point) => {
    const from: Point = [point[0] - middle[0], point[1] - middle[1], point[2] - middle[2]];
    return { x: width / 2 + shift[0] + scale * dot(from, right), y: height / 2 + shift[1] - scale * dot(from, up), depth: dot(from, near) };
  };
}

export interface Box {
  readonly low: Point;
  readonly high: Point;
}

export function boxOf(points: Iterable<Point>): Box | null {
  let box: { low: [number, number, number]; high: [number, number, number] } | null = null;
  for (const [x, y, z] of points) {
    box ??= { low: [x, y, z], high: [x, y, z] };
    box.low = [Math.min(box.low[0], x), Math.min(box.low[1], y), Math.min(box.low[2], z)];
    box.high = [Math.max(box.high[0], x), Math.max(box.high[1], y), Math.max(box.high[2], z)];
  }
  return box;
}

/** Of the picture, for what is fitted into it. */
const ROOM = 0.78;

/** Shows all of the box from where the camera looks, in the middle. */
export function fitted(box: Box, view: Pick<Camera, "turn" | "tilt" | "width" | "height">): Camera {
  const [right, up] = axesOf(view);
  const sides: Point = [box.high[0] - box.low[0], box.high[1] - box.low[1], box.high[2] - box.low[2]];
  const across = (axis: Point) => sides.reduce((sum, side, at) => sum + side * Math.abs(axis[at] ?? 0), 0);
  // One place alone has no size of its own.
  const least = Math.max(...sides) * 1e-3 || 1;
  const scale = Math.min((view.width * ROOM) / Math.max(across(right), least), (view.height * ROOM) / Math.max(across(up), least));
  const middle: Point = [(box.low[0] + box.high[0]) / 2, (box.low[1] + box.high[1]) / 2, (box.low[2] + box.high[2]) / 2];
  return { turn: view.turn, tilt: view.tilt, width: view.width, height: view.height, middle, scale, shift: [0, 0] };
}

export function turned(camera: Camera, byTurn: number, byTilt: number): Camera {
  const tilt = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, camera.tilt + byTilt));
  return { ...camera, turn: (camera.turn + byTurn) % (2 * Math.PI), tilt };
}

/** Larger or smaller about a pixel, which stays where it is. */
export function zoomed(camera: Camera, by: number, about: readonly [number, number] = [camera.width / 2, camera.height / 2]): Camera {
  const scale = Math.max(1e-9, Math.min(1e12, camera.scale * by));
  const real = scale / camera.scale;
  const [x, y] = [about[0] - camera.width / 2, about[1] - camera.height / 2];
  return { ...camera, scale, shift: [x - (x - camera.shift[0]) * real, y - (y - camera.shift[1]) * real] };
}

export function moved(camera: Camera, pixels: readonly [number, number]): Camera {
  return { ...camera, shift: [camera.shift[0] + pixels[0], camera.shift[1] + pixels[1]] };
}

/** Two directions that span the plane square to this one. */
export function spanOf(direction: Point): readonly [Point, Point] {
  const [x, y, z] = direction;
  const other: Point = Math.abs(z) < 0.9 ? [0, 0, 1] : [1, 0, 0];
  const one = crossed(direction, other);
  const length = Math.hypot(...one);
  const first: Point = [one[0] / length, one[1] / length, one[2] / length];
  return [first, crossed([x, y, z], first)];
}

function crossed(a: Point, b: Point): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** From which side it is seen, in words. */
export function viewWords({ turn, tilt }: Pick<Camera, "turn" | "tilt">): string {
  const near = (one: number, other: number) => Math.abs(Math.atan2(Math.sin(one - other), Math.cos(one - other))) < 0.01;
  for (const side of ["top", "front", "side"] as const) {
    if (near(tilt, SIDES[side].tilt) && near(turn, SIDES[side].turn)) return `seen from the ${side}`;
  }
  const degrees = (angle: number) => Math.round((angle * 180) / Math.PI);
  return `seen from ${degrees(((turn % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI)) % 360}° around and ${degrees(tilt)}° up`;
}
