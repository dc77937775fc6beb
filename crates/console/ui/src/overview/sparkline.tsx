// Two minutes of heard and delivered messages, small. The figures beside it say the same in numbers, so it is hidden from readers.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Ring } from "../shared/ring.ts";
import { colour, onSchemeChange } from "../shared/theme.ts";
import { HISTORY_SECONDS, type RatePoint } from "./rates.ts";

interface Props {
  readonly history: Ring<RatePoint> | undefined;
  /** When the newest point was taken: the chart is drawn again when this changes. */
  readonly newest: number;
  readonly faded: boolean;
  readonly title: string;
}

export function Sparkline({ history, newest, faded, title }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const made = new uPlot(options(element.clientWidth, element.clientHeight), [[], [], []], element);
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
    const points = history?.oldestFirst() ?? [];
    chart.current?.setData([points.map((one) => one.atSeconds), points.map((one) => one.heard), points.map((one) => one.delivered)]);
  }, [newest]);

  return (
    <figure class={faded ? "spark faded" : "spark"}>
      <div ref={frame} class="spark-frame" aria-hidden="true" />
      <figcaption class="visually-hidden">{title}: messages per second in the last two minutes</figcaption>
    </figure>
  );
}

function options(width: number, height: number): uPlot.Options {
  const line = (name: "accent" | "second"): uPlot.Series => ({ stroke: () => colour(name), width: 1.5, points: { show: false }, spanGaps: false });
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [4, 0, 4, 0],
    axes: [{ show: false }, { show: false }],
    scales: {
      x: { time: false, range: (_chart, _low, high) => [high - HISTORY_SECONDS, high] },
      y: { range: (_chart, _low, high) => [0, Math.max(1, high * 1.1)] },
    },
    series: [{}, line("accent"), line("second")],
  };
}
