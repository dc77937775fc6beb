// The overview's variables: the newest values that somebody watches, and the way to the page of all of them.
import { useEffect, useState } from "preact/hooks";
import { clockTime, count } from "../../shared/format.ts";
import { NotListening, Panel } from "../../shared/panel.tsx";
import type { TailMessage } from "../../shared/tail.ts";
import type { PanelProps } from "../panels.ts";
import { namesIn } from "./overview.ts";
import { readValue, type Reading } from "./value.ts";
import "./variables.css";

const MOST = 100;
const REFRESH_MS = 500;

interface Row {
  readonly server: string;
  readonly variable: string;
  readonly reading: Reading;
  readonly at: number;
}

export function VariablesPanel({ tail, listening }: PanelProps) {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [others, setOthers] = useState(0);
  const [gap, setGap] = useState(false);
  useEffect(() => {
    const known = new Map<string, Row>();
    let beyond = 0;
    let news = false;
    const listener = {
      hear({ topics: [topic = ""], event, at }: TailMessage) {
        const [names, reading] = [namesIn(topic), readValue(event)];
        if (names === null || reading === null) return;
        news = true;
        if (known.has(topic) || known.size < MOST) known.set(topic, { ...names, reading, at: Date.parse(at) });
        else beyond += 1;
      },
      miss: () => setGap(true),
    };
    const timer = setInterval(() => {
      if (!news) return;
      news = false;
      setRows([...known.values()].sort((one, other) => (`${one.server} ${one.variable}` < `${other.server} ${other.variable}` ? -1 : 1)));
      setOthers(beyond);
    }, REFRESH_MS);
    tail.want(listener, ["opcua.>"]);
    return () => {
      clearInterval(timer);
      tail.want(listener, []);
    };
  }, [tail]);

  const tools = listening === true ? <a href="plant">All variables</a> : undefined;
  return (
    <Panel name="variables" title="Plant" note="Variables that somebody watches, as they change" {...(tools ? { tools } : {})}>
      {listening === false ? <NotListening section="opcua" what="The gateway to OPC UA" /> : <Variables rows={rows} others={others} gap={gap} />}
    </Panel>
  );
}

function Variables({ rows, others, gap }: { readonly rows: readonly Row[]; readonly others: number; readonly gap: boolean }) {
  return (
    <div class="watched">
      {rows.length === 0 && <p class="empty">A variable appears here when it changes while a client watches it.</p>}
      <ul class="watched-list" tabIndex={0} aria-label="Variables">
        {rows.map(({ server, variable, reading, at }) => (
          <li key={`${server} ${variable}`} class="watched-row">
            <span class="watched-name">
              {variable} <span class="watched-server">{server}</span>
            </span>
            <span class={`watched-value${reading.quality === "good" ? "" : ` watched-${reading.quality}`}`}>
              {reading.text ?? "no value"}
              {reading.why !== null && <span class="watched-why"> {reading.why}</span>}
            </span>
            <span class="watched-time">{clockTime(at)}</span>
          </li>
        ))}
      </ul>
      {(others > 0 || gap) && (
        <p class="panel-note">
          {others > 0 && `${count(others)} changes of other variables were not shown. `}
          {gap && "Messages may be missing here."}
        </p>
      )}
    </div>
  );
}
