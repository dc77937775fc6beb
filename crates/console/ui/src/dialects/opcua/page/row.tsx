// One variable in a row: what it is called, what it is, how it was, since when, and what is wrong with it, in words.
import { duration } from "../../../shared/format.ts";
import type { Shown } from "./book.ts";
import { REMEMBERED_MS, type Point } from "./series.ts";

interface Props {
  readonly shown: Shown;
  readonly isChosen: boolean;
  /** Whether the tab key stops here. */
  readonly isStop: boolean;
  readonly choose: () => void;
  readonly focused: () => void;
}

export function VariableRow({ shown, isChosen, isStop, choose, focused }: Props) {
  const { variable, series } = shown;
  const now = Date.now();
  return (
    <tr class={isChosen ? "chosen" : ""} onClick={choose}>
      <th scope="row">
        <button
          type="button"
          class="name"
          tabIndex={isStop ? 0 : -1}
          aria-pressed={isChosen}
          title={variable.name}
          onFocus={focused}
          onClick={(event) => {
            event.stopPropagation();
            choose();
          }}
        >
          {variable.title}
        </button>
      </th>
      <td class="value">
        <ValueText shown={shown} />
      </td>
      <td class="spark-cell">
        <Spark points={series.points(now)} now={now} />
      </td>
      <td class="age">{series.changedAt === null ? "" : <time dateTime={new Date(series.changedAt).toISOString()}>{duration(now - series.changedAt)} ago</time>}</td>
    </tr>
  );
}

/** The value with its unit; what is wrong stands behind it in words, and an old value is marked as such. */
export function ValueText({ shown: { variable, series } }: { readonly shown: Shown }) {
  const { latest, last } = series;
  const told = latest?.text != null ? latest : last;
  const old = told !== null && told !== latest;
  return (
    <>
      {told === null ? (
        <span class="quiet">{latest === null ? "no value yet" : "no value"}</span>
      ) : (
        <span class={old || told.quality === "bad" ? "figure-old" : "figure-now"}>
          {told.text}
          {variable.unit !== "" && <span class="unit"> {variable.unit}</span>}
        </span>
      )}
      {latest !== null && latest.why !== null && (
        <span class={`why why-${latest.quality}`} title={latest.why}>
          <span class="why-mark" aria-hidden="true">
            {latest.quality === "bad" ? "✕" : "?"}
          </span>
          {latest.quality === "bad" ? "Bad: " : "Uncertain: "}
          {latest.why}
          {old && ", last known value"}
        </span>
      )}
      {latest === null && last !== null && <span class="why why-uncertain">last known value</span>}
    </>
  );
}

const [WIDTH, HEIGHT] = [120, 28];

/** The last two minutes, small; the figures beside it say what can be read. */
function Spark({ points, now }: { readonly points: readonly Point[]; readonly now: number }) {
  const numbers = points.flatMap(({ number }) => (number === null ? [] : [number]));
  if (numbers.length === 0) return null;
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const x = (at: number) => (WIDTH * (1 - (now - at) / REMEMBERED_MS)).toFixed(1);
  // What does not change is a line in the middle.
  const y = (number: number) => (high === low ? HEIGHT / 2 : 2 + (HEIGHT - 4) * (1 - (number - low) / (high - low))).toFixed(1);
  let path = "";
  let pen = false;
  for (const { at, number } of points) {
    // A value holds until the next one comes, so lines run level and then up or down.
    if (pen) path += `H${x(at)}`;
    if (number !== null) path += pen ? `V${y(number)}` : `M${x(at)} ${y(number)}`;
    pen = number !== null;
  }
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false" preserveAspectRatio="none">
      <path d={path} />
    </svg>
  );
}
