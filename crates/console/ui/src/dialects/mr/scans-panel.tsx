// The overview's MR scanners: the last verdict of each, and what differs.
import { useEffect, useState } from "preact/hooks";
import { clockTime, count } from "../../shared/format.ts";
import { NotListening, Panel } from "../../shared/panel.tsx";
import type { TailMessage } from "../../shared/tail.ts";
import type { PanelProps } from "../panels.ts";
import { Book, type Known } from "./book.ts";
import { VerdictSymbol } from "./symbol.tsx";
import { sentences, seriesName, WORD } from "./verdict.ts";
import "./verdict.css";
import "./scans.css";

export function ScansPanel({ tail, listening }: PanelProps) {
  const [book] = useState(() => new Book());
  const [known, setKnown] = useState<Known>(book.known);
  const [gap, setGap] = useState(false);
  useEffect(() => {
    const listener = {
      hear(message: TailMessage) {
        book.hear(message.event, Date.parse(message.at));
        setKnown(book.known);
      },
      miss: () => setGap(true),
    };
    tail.want(listener, ["mr.>"]);
    return () => tail.want(listener, []);
  }, [tail, book]);

  return (
    <Panel name="scans" title="MR scans" note="The last verdict of each scanner since this page was opened">
      {listening === false ? <NotListening section="mr" what="MR quality assurance" /> : <Scanners known={known} gap={gap} />}
    </Panel>
  );
}

function Scanners({ known, gap }: { readonly known: Known; readonly gap: boolean }) {
  return (
    <div class="scans">
      {known.stations.length === 0 && <p class="empty">The next series of a scanner appears here.</p>}
      <ul class="scans-list" tabIndex={0} aria-label="Scanners">
        {known.stations.map(({ name, series: [current] }) => (
          <li key={name} class={`scan verdict-${current.verdict.kind}`}>
            <VerdictSymbol kind={current.verdict.kind} />
            <span class="scan-name">{name}</span>
            <span class="scan-series">
              {seriesName(current.verdict)}: {WORD[current.verdict.kind].toLowerCase()}
            </span>
            <span class="scan-time">{current.at === null ? "" : clockTime(current.at)}</span>
            {current.verdict.differences.length > 0 && <span class="scan-text">{sentences(current.verdict).join(" ")}</span>}
          </li>
        ))}
      </ul>
      {(known.unreadableCount > 0 || gap) && (
        <p class="panel-note">
          {known.unreadableCount > 0 && `${count(known.unreadableCount)} ${known.unreadableCount === 1 ? "file" : "files"} could not be read. `}
          {gap && "Messages may be missing here."}
        </p>
      )}
    </div>
  );
}
