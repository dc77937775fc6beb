// The overview's imports: the newest jobs that ended, and the way to the page of the whole project.
import { useEffect, useState } from "preact/hooks";
import { clockTime } from "../../shared/format.ts";
import { NotListening, Panel } from "../../shared/panel.tsx";
import { Ring } from "../../shared/ring.ts";
import type { TailMessage } from "../../shared/tail.ts";
import type { PanelProps } from "../panels.ts";
import { readEnded, type Ended } from "./overview.ts";
import { tookText } from "./words.ts";
import "./imports.css";

const MOST = 50;
const REFRESH_MS = 500;

interface Row {
  readonly key: number;
  readonly at: number;
  readonly ended: Ended;
}

export function ImportsPanel({ tail, listening }: PanelProps) {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [gap, setGap] = useState(false);
  useEffect(() => {
    const known = new Ring<Row>(MOST);
    let news = false;
    const listener = {
      hear({ key, event, at }: TailMessage) {
        const ended = readEnded(event);
        if (ended === null) return;
        known.push({ key, at: Date.parse(at), ended });
        news = true;
      },
      miss: () => setGap(true),
    };
    const timer = setInterval(() => {
      if (!news) return;
      news = false;
      setRows(known.newestFirst());
    }, REFRESH_MS);
    tail.want(listener, ["inspect.>"]);
    return () => {
      clearInterval(timer);
      tail.want(listener, []);
    };
  }, [tail]);

  const tools = listening === true ? <a href="project">The whole project</a> : undefined;
  return (
    <Panel name="imports" title="Measuring project" note="Images and elements, as they are imported" {...(tools ? { tools } : {})}>
      {listening === false ? <NotListening section="inspect" what="The command server of a measuring program" /> : <Imports rows={rows} gap={gap} />}
    </Panel>
  );
}

function Imports({ rows, gap }: { readonly rows: readonly Row[]; readonly gap: boolean }) {
  return (
    <div class="imports">
      {rows.length === 0 && <p class="empty">The next import appears here.</p>}
      <ol class="imports-list" tabIndex={0} aria-label="Imports">
        {rows.map(({ key, at, ended: { title, isDone, result, detail, tookMs } }) => (
          <li key={key} class="import-row">
            <span class={isDone ? "import-done" : "import-failed"} aria-hidden="true">
              {isDone ? "✓" : "✕"}
            </span>
            <span class="import-title">
              {title}
              <span class={isDone ? "import-note" : "import-note import-failed"}>
                {" "}
                {isDone ? `done${tookMs === null ? "" : ` in ${tookText(tookMs)}`}` : `${result}${detail === null ? "" : `: ${detail}`}`}
              </span>
            </span>
            <time class="import-time">{clockTime(at)}</time>
          </li>
        ))}
      </ol>
      {gap && <p class="panel-note">Messages may be missing here.</p>}
    </div>
  );
}
