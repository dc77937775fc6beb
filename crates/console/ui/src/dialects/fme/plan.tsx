// The canvas: keeps a view that fits until the viewer takes it over, draws only while something moves or changes.
import { useEffect, useRef } from "preact/hooks";
import { onSchemeChange, reducedMotion } from "../../shared/theme.ts";
import { draw, pixelOf, type Scene } from "./draw.ts";
import type { Fleet, Point } from "./positions.ts";
import { boundsOf, fit, needsFit, panned, zoomed, type View } from "./view.ts";

const NEAR_PIXELS = 16;
const FRAME_MS = 33;

export class Plan {
  readonly #canvas: HTMLCanvasElement;
  readonly #fleet: Fleet;
  #view: View | null = null;
  #own = false;
  #chosen: string | null = null;
  #frame = 0;
  #drawnAt = 0;
  #size = { width: 0, height: 0 };
  readonly #font: string;

  constructor(canvas: HTMLCanvasElement, fleet: Fleet) {
    this.#canvas = canvas;
    this.#fleet = fleet;
    this.#font = getComputedStyle(canvas).fontFamily;
  }

  resize(width: number, height: number): void {
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#canvas.getContext("2d")?.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#size = { width, height };
    if (this.#view) this.#view = { ...this.#view, width, height };
    this.#paint();
  }

  choose(id: string | null): void {
    this.#chosen = id;
    this.wake();
  }

  zoom(by: number): void {
    if (!this.#view) return;
    this.#own = true;
    this.#view = zoomed(this.#view, by);
    this.wake();
  }

  pan(pixels: Point): void {
    if (!this.#view) return;
    this.#own = true;
    this.#view = panned(this.#view, pixels);
    this.wake();
  }

  /** Back to a view that fits everything, and follows it. */
  refit(): void {
    this.#own = false;
    this.#view = null;
    this.wake();
  }

  /** The thing nearest to a pixel, when it is near. */
  at(pixel: Point): string | null {
    const scene = this.#scene();
    let [best, distance]: [string | null, number] = [null, NEAR_PIXELS];
    for (const thing of scene ? this.#fleet.all() : []) {
      const { x, y } = pixelOf(scene as Scene, thing);
      const away = Math.hypot(x - pixel.x, y - pixel.y);
      if (away < distance) [best, distance] = [thing.position.id, away];
    }
    return best;
  }

  /** Draws soon, and goes on for as long as something glides. */
  wake(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame((at) => this.#turn(at));
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #turn(at: number): void {
    this.#frame = 0;
    const now = performance.now();
    if (at - this.#drawnAt >= FRAME_MS) {
      this.#drawnAt = at;
      this.#paint();
    }
    const gliding = !reducedMotion.matches && this.#fleet.all().some((thing) => now - thing.heardAtMs <= thing.glideMs + FRAME_MS);
    if (gliding || this.#drawnAt !== at) this.wake();
  }

  #scene(): Scene | null {
    const { width, height } = this.#size;
    const bounds = boundsOf(this.#fleet.all().flatMap((thing) => [thing.position, ...thing.trail.oldestFirst()]));
    if (width === 0 || height === 0) return null;
    const shown = bounds ?? { left: -0.01, right: 0.01, bottom: -0.01, top: 0.01 };
    if (!this.#view || (!this.#own && bounds && needsFit(this.#view, shown, this.#fleet.space))) this.#view = fit(shown, this.#fleet.space, width, height);
    const view = this.#view;
    return { fleet: this.#fleet, view, chosen: this.#chosen, still: reducedMotion.matches, nowMs: performance.now(), font: this.#font };
  }

  #paint(): void {
    const ink = this.#canvas.getContext("2d");
    const scene = this.#scene();
    if (ink && scene) draw(ink, scene);
  }
}

interface Props {
  readonly fleet: Fleet;
  readonly summary: string;
  readonly hover: (id: string | null) => void;
  readonly choose: (id: string | null) => void;
  readonly ready: (plan: Plan | null) => void;
}

export function PlanCanvas({ fleet, summary, hover, choose, ready }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const plan = useRef<Plan | null>(null);
  const drag = useRef<Point | null>(null);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const made = new Plan(element, fleet);
    plan.current = made;
    ready(made);
    const watcher = new ResizeObserver(([entry]) => entry && made.resize(entry.contentRect.width, entry.contentRect.height));
    watcher.observe(element);
    const unwatch = onSchemeChange(() => made.wake());
    return () => {
      watcher.disconnect();
      unwatch();
      made.stop();
      ready(null);
    };
  }, [fleet]);

  const pixel = (event: PointerEvent): Point => ({ x: event.offsetX, y: event.offsetY });
  return (
    <canvas
      ref={canvas}
      class="plan"
      role="img"
      aria-label={summary}
      onPointerDown={(event) => event.pointerType === "mouse" && (drag.current = pixel(event))}
      onPointerMove={(event) => {
        const at = pixel(event);
        if (drag.current && event.buttons === 1) {
          plan.current?.pan({ x: at.x - drag.current.x, y: at.y - drag.current.y });
          drag.current = at;
        } else {
          hover(plan.current?.at(at) ?? null);
        }
      }}
      onPointerUp={() => (drag.current = null)}
      onPointerLeave={() => {
        drag.current = null;
        hover(null);
      }}
      onClick={(event) => choose(plan.current?.at({ x: event.offsetX, y: event.offsetY }) ?? null)}
    />
  );
}
