// The chosen variable in full: its value, its last hour, what is known of it, and a way to set it.
import { useEffect, useRef, useState } from "preact/hooks";
import { clockTime, count } from "../../../shared/format.ts";
import type { Variable } from "../variable.ts";
import type { Shown } from "./book.ts";
import { Chart } from "./chart.tsx";
import type { History, PlantLink } from "./link.ts";
import { ValueText } from "./row.tsx";
import { joined, REMEMBERED_MS } from "./series.ts";
import { WriteForm } from "./write.tsx";

/** What came is remembered for longer than this: between it and the history is no gap. */
const ASK_EVERY_MS = REMEMBERED_MS / 2;
/** Of a history that is no numbers. */
const MOST_LINES = 20;

interface Props {
  readonly link: PlantLink;
  readonly shown: Shown;
  readonly live: boolean;
  readonly close: () => void;
}

export function Detail({ link, shown, live, close }: Props) {
  const { variable, series } = shown;
  const [history, setHistory] = useState<History | null>(null);
  const head = useRef<HTMLElement>(null);
  useEffect(() => head.current?.scrollIntoView({ block: "nearest" }), []);
  useEffect(() => {
    if (!live) return;
    let current = true;
    const ask = () => void link.history(variable).then((found) => current && setHistory((before) => (found.problem !== null && before?.problem === null ? before : found)));
    ask();
    const timer = setInterval(ask, ASK_EVERY_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [link, variable.name, live]);
  const points = joined(history?.values ?? [], series.points(Date.now()), history?.truncated ?? false);
  const isNumbers = points.some((point) => point.number !== null);
  return (
    <section ref={head} class="detail" aria-labelledby="detail-title" onKeyDown={(event) => event.key === "Escape" && close()}>
      <header class="detail-head">
        <h2 id="detail-title">{variable.title}</h2>
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </header>
      <p class="detail-value">
        <ValueText shown={shown} />
      </p>
      {isNumbers && <Chart points={points} variable={variable} />}
      {!isNumbers && history !== null && <Lines history={history} />}
      <p class="plant-note" role="status">
        {history === null ? "Asking for the last hour…" : historyNote(history)}
      </p>
      {variable.writable && <WriteForm link={link} variable={variable} live={live} />}
      <Facts shown={shown} variable={variable} />
    </section>
  );
}

function historyNote({ values, truncated, problem }: History): string {
  if (problem !== null) return `${problem} What is shown came in the last two minutes.`;
  if (values.length === 0) return "There are no older values.";
  return `${count(values.length)} older values${truncated ? ", and there are more" : ""}.`;
}

function Lines({ history }: { readonly history: History }) {
  const newest = history.values.slice(-MOST_LINES).reverse();
  if (newest.length === 0) return null;
  return (
    <ol class="lines">
      {newest.map((one, at) => (
        <li key={at}>
          <time>{one.at === null ? "" : clockTime(one.at)}</time>
          <span>{one.text ?? one.why}</span>
        </li>
      ))}
    </ol>
  );
}

/** The day only when it is not this one. */
function dayAndTime(at: number): string {
  const [day, today] = [new Date(at), new Date()].map((one) => `${one.getFullYear()}-${String(one.getMonth() + 1).padStart(2, "0")}-${String(one.getDate()).padStart(2, "0")}`);
  return day === today ? clockTime(at) : `${day} ${clockTime(at)}`;
}

function Facts({ shown: { series }, variable }: { readonly shown: Shown; readonly variable: Variable }) {
  const told = series.latest ?? series.last;
  const limits = [variable.low === null ? null : `from ${variable.low}`, variable.high === null ? null : `to ${variable.high}`].filter((one) => one !== null);
  const facts: readonly (readonly [string, string])[] = [
    ["Name", variable.name],
    ["Type", `${variable.type}${variable.isArray ? ", list" : ""}`],
    ["Limits", limits.length === 0 ? "none given" : `${limits.join(" ")}${variable.unit === "" ? "" : ` ${variable.unit}`}`],
    ["Source time", told?.at == null ? "none given" : dayAndTime(told.at)],
    ["Writing", variable.writable ? "yes" : "not here: the variable's notes do not say Writable, or its type is none this page writes"],
  ];
  return (
    <dl class="detail-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
