// The last hour of one variable, large, with times and figures at its edges.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clockTime } from "../../../shared/format.ts";
import { colour, onSchemeChange } from "../../../shared/theme.ts";
import type { Variable } from "../variable.ts";
import { HISTORY_MS } from "./link.ts";
import type { Point } from "./series.ts";

export function Chart({ points, variable }: { readonly points: readonly Point[]; readonly variable: Variable }) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const newest = points[points.length - 1];

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const made = new uPlot(options(element.clientWidth, element.clientHeight), [[], []], element);
    chart.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: element.clientHeight }));
    watcher.observe(element);
    const unwatch = onSchemeChange(() => made.redraw());
    return () => {
      watcher.disconnect();
      unwatch();
      made.destroy();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setData([points.map((one) => one.at / 1000), points.map((one) => one.number)]);
  }, [points.length, newest?.at]);

  return (
    <figure class="chart">
      <div ref={frame} class="chart-frame" aria-hidden="true" />
      <figcaption>{caption(points, variable)}</figcaption>
    </figure>
  );
}

/** The chart in a sentence. */
function caption(points: readonly Point[], { unit }: Variable): string {
  const numbers = points.flatMap(({ number }) => (number === null ? [] : [number]));
  const [first, last] = [points[0], points[points.length - 1]];
  if (!first || !last || numbers.length === 0) return "";
  const least = numbers.reduce((one, other) => Math.min(one, other));
  const most = numbers.reduce((one, other) => Math.max(one, other));
  const figures = least === most ? `always ${short(least)}` : `between ${short(least)} and ${short(most)}`;
  return `${clockTime(first.at)} to ${clockTime(last.at)}: ${figures}${unit === "" ? "" : ` ${unit}`}`;
}

function short(number: number): string {
  return String(Number(number.toPrecision(5)));
}

/** A value holds until the next one comes. */
const stepped = uPlot.paths.stepped?.({ align: 1 });

function options(width: number, height: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => colour("ink-soft"),
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { show: false },
    font: '12px "Inter", "Segoe UI", system-ui, sans-serif',
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    axes: [
      { ...axis, values: (_chart, times) => times.map((time) => clockTime(time * 1000).slice(0, 5)), space: 64, size: 28 },
      { ...axis, size: 56 },
    ],
    scales: { x: { time: true, range: (_chart, low, high) => [Math.max(low, high - HISTORY_MS / 1000), high] } },
    series: [{}, { stroke: () => colour("accent"), width: 1.5, points: { show: false }, spanGaps: false, ...(stepped ? { paths: stepped } : {}) }],
  };
}
