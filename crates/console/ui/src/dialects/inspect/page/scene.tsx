// A view of where the elements are: turned with the pointer or the keys. What it shows stands in the table too.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { onSchemeChange } from "../../../shared/theme.ts";
import { elementTitle, kindCounts } from "../elements.ts";
import type { Element } from "../project.ts";
import { shapeOf } from "../shapes.ts";
import { boxOf, viewWords, type Side } from "../space.ts";
import { columnText, counted, exactText } from "../words.ts";
import { MOST_DRAWN } from "./draw.ts";
import { Stand } from "./stand.ts";

const STEP = Math.PI / 18;
const ZOOM = 1.25;
const MOVE = 40;
const PER_PIXEL = 0.01;
/** A press that moves less than this is a click. */
const CLICK_PIXELS = 4;

interface Props {
  readonly elements: readonly Element[];
  /** By its number. */
  readonly chosen: number | null;
  readonly choose: (number: number | null) => void;
}

const SIDE_NAMES: readonly (readonly [Side, string])[] = [
  ["corner", "Corner"],
  ["top", "Top"],
  ["front", "Front"],
  ["side", "Side"],
];

export function Scene({ elements, chosen, choose }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stand = useRef<Stand | null>(null);
  const drag = useRef<{ x: number; y: number; far: number } | null>(null);
  const [labels, setLabels] = useState(false);
  const [view, setView] = useState("");
  const [hovered, setHovered] = useState<Element | null>(null);
  const shapes = useMemo(() => elements.map(shapeOf).filter((shape) => shape !== null), [elements]);
  const chosenAt = chosen === null ? -1 : elements.findIndex(({ number }) => number === chosen);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const made = new Stand(element, (camera) => setView(viewWords(camera)));
    stand.current = made;
    const watcher = new ResizeObserver(([entry]) => entry && made.resize(entry.contentRect.width, entry.contentRect.height));
    watcher.observe(element);
    const unwatch = onSchemeChange(() => made.wake());
    // The page scrolls over it until somebody has begun to use it, or asks for zoom with a pinch.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && document.activeElement !== element) return;
      event.preventDefault();
      made.zoom(Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.0015 : 0.05)), [event.offsetX, event.offsetY]);
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      element.removeEventListener("wheel", wheel);
      watcher.disconnect();
      unwatch();
      made.stop();
      stand.current = null;
    };
  }, []);
  useEffect(() => {
    const nameOf = (at: number) => elements[at]?.name ?? elements[at]?.id ?? `${elements[at]?.number ?? ""}`;
    stand.current?.show({ shapes, chosen: chosenAt < 0 ? null : chosenAt, labels, nameOf });
  }, [shapes, chosenAt, labels]);

  const elementAt = (event: PointerEvent) => elements[stand.current?.at(event.offsetX, event.offsetY) ?? -1] ?? null;
  const press = (event: KeyboardEvent) => {
    const side = event.shiftKey;
    const act = {
      ArrowLeft: () => (side ? stand.current?.move([-MOVE, 0]) : stand.current?.turn(STEP, 0)),
      ArrowRight: () => (side ? stand.current?.move([MOVE, 0]) : stand.current?.turn(-STEP, 0)),
      ArrowUp: () => (side ? stand.current?.move([0, -MOVE]) : stand.current?.turn(0, -STEP)),
      ArrowDown: () => (side ? stand.current?.move([0, MOVE]) : stand.current?.turn(0, STEP)),
      "+": () => stand.current?.zoom(ZOOM),
      "=": () => stand.current?.zoom(ZOOM),
      "-": () => stand.current?.zoom(1 / ZOOM),
      Home: () => stand.current?.fit(),
      "0": () => stand.current?.fit(),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
  const told = hovered ?? elements[chosenAt] ?? null;
  const drawn = shapes.reduce((sum, { points }) => sum + points.length, 0);
  return (
    <figure class="scene">
      <div class="scene-tools">
        <div class="scene-sides" role="group" aria-label="Seen from">
          {SIDE_NAMES.map(([side, name]) => (
            <button key={side} type="button" class="button" onClick={() => stand.current?.from(side)}>
              {name}
            </button>
          ))}
        </div>
        <div class="scene-sides" role="group" aria-label="Size">
          <button type="button" class="button" aria-label="Smaller" onClick={() => stand.current?.zoom(1 / ZOOM)}>
            −
          </button>
          <button type="button" class="button" aria-label="Larger" onClick={() => stand.current?.zoom(ZOOM)}>
            +
          </button>
          <button type="button" class="button" onClick={() => stand.current?.fit()}>
            Fit
          </button>
        </div>
        <button type="button" class="button" aria-pressed={labels} onClick={() => setLabels(!labels)}>
          Names
        </button>
      </div>
      <canvas
        ref={canvas}
        class="scene-canvas"
        tabIndex={0}
        role="application"
        aria-roledescription="view of places"
        aria-label={`${summary(elements)}, ${view}`}
        aria-describedby="scene-keys"
        onKeyDown={press}
        onPointerDown={(event) => {
          drag.current = { x: event.offsetX, y: event.offsetY, far: 0 };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          const from = drag.current;
          if (!from) {
            const found = elementAt(event);
            setHovered(found);
            stand.current?.hover(found === null ? null : elements.indexOf(found));
            return;
          }
          const [dx, dy] = [event.offsetX - from.x, event.offsetY - from.y];
          drag.current = { x: event.offsetX, y: event.offsetY, far: from.far + Math.hypot(dx, dy) };
          if (event.shiftKey || event.buttons === 4) stand.current?.move([dx, dy]);
          else stand.current?.turn(-dx * PER_PIXEL, dy * PER_PIXEL);
        }}
        onPointerUp={(event) => {
          if (drag.current && drag.current.far < CLICK_PIXELS && event.button === 0) choose(elementAt(event)?.number ?? null);
          drag.current = null;
        }}
        onPointerCancel={() => (drag.current = null)}
        onPointerLeave={() => {
          setHovered(null);
          stand.current?.hover(null);
        }}
      />
      <figcaption class="scene-note">
        <p class="scene-told">{told === null ? `${summary(elements)}, ${view}.` : placeWords(told)}</p>
        <p id="scene-keys">
          Drag or arrow keys turn it, with Shift they move it; + and −, or the wheel once it is in use, zoom.
          {shapes.some(({ radius, direction, isRound }) => radius !== null && direction === null && !isRound) && " A dashed circle's direction is not known here: it faces you."}
          {drawn > MOST_DRAWN && ` Only ${counted(MOST_DRAWN, "point")} are drawn.`}
        </p>
      </figcaption>
    </figure>
  );
}

/** What the picture shows, for who cannot see it. */
function summary(elements: readonly Element[]): string {
  const placed = elements.filter(({ points }) => points.length > 0);
  const box = boxOf(placed.flatMap(({ points }) => points));
  if (box === null) return "No element has a place";
  const kinds = kindCounts(placed).slice(0, 4).map(([kind, many]) => counted(many, kind));
  const ranges = ["x", "y", "z"].map((axis, at) => `${axis} ${columnText(box.low[at] ?? 0)} to ${columnText(box.high[at] ?? 0)}`);
  return `${kinds.join(", ")}${kindCounts(placed).length > 4 ? " and others" : ""}; ${ranges.join(", ")}`;
}

function placeWords(element: Element): string {
  const [first] = element.points;
  return `${elementTitle(element)}, ${element.kind}${first ? `: x ${exactText(first[0])}, y ${exactText(first[1])}, z ${exactText(first[2])}` : ""}`;
}
