// The canvas's own side: keeps a view that fits until the viewer takes it over, draws once for all that has changed.
import type { Shape } from "../shapes.ts";
import { boxOf, fitted, moved, projection, SIDES, turned, zoomed, type Box, type Camera, type Side } from "../space.ts";
import { draw } from "./draw.ts";

const NEAR_PIXELS = 14;

export interface Shown {
  readonly shapes: readonly Shape[];
  readonly chosen: number | null;
  readonly labels: boolean;
  readonly nameOf: (at: number) => string;
}

export class Stand {
  readonly #canvas: HTMLCanvasElement;
  readonly #told: (camera: Camera) => void;
  readonly #font: string;
  #shown: Shown = { shapes: [], chosen: null, labels: false, nameOf: String };
  #hovered: number | null = null;
  #box: Box | null = null;
  #camera: Camera = { ...SIDES.corner, middle: [0, 0, 0], scale: 1, width: 0, height: 0, shift: [0, 0] };
  #isOwn = false;
  #frame = 0;

  /** `told` hears of every change of the view. */
  constructor(canvas: HTMLCanvasElement, told: (camera: Camera) => void) {
    this.#canvas = canvas;
    this.#told = told;
    this.#font = getComputedStyle(canvas).fontFamily;
  }

  show(shown: Shown): void {
    const isOther = shown.shapes !== this.#shown.shapes;
    this.#shown = shown;
    if (!isOther) return this.wake();
    this.#box = boxOf(extent(shown.shapes));
    this.#hovered = null;
    this.#settle();
  }

  resize(width: number, height: number): void {
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#canvas.getContext("2d")?.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#camera = { ...this.#camera, width, height };
    this.#settle();
  }

  /** From a side, all of it. */
  from(side: Side): void {
    this.#isOwn = false;
    this.#camera = { ...this.#camera, ...SIDES[side] };
    this.#settle();
  }

  fit(): void {
    this.#isOwn = false;
    this.#settle();
  }

  turn(byTurn: number, byTilt: number): void {
    // At the size it has: what is turned must not breathe.
    this.#take(turned(this.#camera, byTurn, byTilt));
  }

  zoom(by: number, about?: readonly [number, number]): void {
    this.#isOwn = true;
    this.#take(zoomed(this.#camera, by, about));
  }

  move(pixels: readonly [number, number]): void {
    this.#isOwn = true;
    this.#take(moved(this.#camera, pixels));
  }

  hover(at: number | null): void {
    if (at === this.#hovered) return;
    this.#hovered = at;
    this.wake();
  }

  /** The element nearest to a pixel, when it is near. */
  at(x: number, y: number): number | null {
    const pixel = projection(this.#camera);
    let [best, distance]: [number | null, number] = [null, NEAR_PIXELS];
    for (const { at, points } of this.#shown.shapes) {
      for (const point of points) {
        const place = pixel(point);
        const away = Math.hypot(place.x - x, place.y - y);
        if (away < distance) [best, distance] = [at, away];
      }
    }
    return best;
  }

  /** Draws soon. */
  wake(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const ink = this.#canvas.getContext("2d");
      if (ink && this.#camera.width > 0) draw(ink, { ...this.#shown, camera: this.#camera, hovered: this.#hovered, font: this.#font });
    });
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
  }

  /** Fits what there is, unless the viewer has chosen a size. */
  #settle(): void {
    const { width } = this.#camera;
    this.#take(!this.#isOwn && this.#box && width > 0 ? fitted(this.#box, this.#camera) : this.#camera);
  }

  #take(camera: Camera): void {
    this.#camera = camera;
    this.#told(camera);
    this.wake();
  }
}

/** All places, and as much around each as its circle takes. */
function* extent(shapes: readonly Shape[]) {
  for (const { points, radius } of shapes) {
    yield* points;
    const [first] = points;
    if (radius === null || !first) continue;
    const [x, y, z] = first;
    yield [x - radius, y - radius, z] as const;
    yield [x + radius, y + radius, z] as const;
  }
}
