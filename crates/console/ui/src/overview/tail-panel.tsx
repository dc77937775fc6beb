// The live tail: what passes, newest first, with a filter, a pause, and one message to read whole.
import { useEffect, useMemo, useState } from "preact/hooks";
import { lineOf } from "../dialects/panels.ts";
import { useCell } from "../shared/cell.ts";
import { clockTime, count } from "../shared/format.ts";
import { Listbox } from "../shared/listbox.tsx";
import { Panel } from "../shared/panel.tsx";
import type { Tail, TailMessage } from "../shared/tail.ts";
import { filterProblem } from "../shared/topics.ts";
import { TailLog } from "./tail-log.ts";
import "./tail.css";

const EVERYTHING = ">";
const SETTLE_MS = 400;
/** The gateway takes 32 of one page; the panels have theirs. */
const MOST_FILTERS = 20;
const ROW_CHARACTERS = 240;
const DETAIL_CHARACTERS = 20_000;

export function TailPanel({ tail }: { readonly tail: Tail }) {
  const [log] = useState(() => new TailLog());
  const [draft, setDraft] = useState("");
  const [filters, setFilters] = useState<readonly string[]>([EVERYTHING]);
  const [chosen, setChosen] = useState<TailMessage | null>(null);
  const view = useCell(log.view);
  const asked = draft.trim() === "" ? [EVERYTHING] : draft.trim().split(/[\s,]+/).filter((one) => one !== "");
  const tooMany = asked.length > MOST_FILTERS ? `At most ${MOST_FILTERS} topics at a time.` : null;
  const problem = asked.map(filterProblem).find((one) => one !== null) ?? tooMany;

  useEffect(() => {
    if (problem !== null || asked.join(" ") === filters.join(" ")) return;
    const timer = setTimeout(() => setFilters(asked), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [draft, problem]);

  useEffect(() => {
    tail.want(log, filters);
    // What came under other filters does not belong to these.
    log.clear();
    setChosen(null);
  }, [tail, log, filters]);
  useEffect(() => () => tail.want(log, []), [tail, log]);

  const rows = useMemo(() => view.rows.map((message) => ({ key: String(message.key), content: <MessageRow message={message} /> })), [view.rows]);
  const choose = (key: string | null) => {
    const message = view.rows.find((one) => String(one.key) === key) ?? null;
    setChosen(message);
    if (message && !view.paused) log.pause(true);
  };
  const pauseText = view.paused ? `Resume (${count(view.held)} new)` : "Pause";
  const tools = (
    <>
      <label for="tail-filter">Topics</label>
      <input
        id="tail-filter"
        class="field code"
        type="search"
        placeholder="all, or vxvue.> fme.vehicles"
        value={draft}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={problem !== null}
        aria-describedby="tail-note"
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      <button type="button" class="button pause" aria-pressed={view.paused} onClick={() => log.pause(!view.paused)}>
        {pauseText}
      </button>
    </>
  );
  const note = problem ?? (view.lost > 0 ? `${count(view.lost)} messages were too many for this page` : "Newest first");
  return (
    <Panel name="tail" title="Messages" note={<span id="tail-note" class={problem ? "bad" : view.lost > 0 ? "warn" : ""}>{note}</span>} tools={tools}>
      <div class="tail">
        <div class="tail-frame">
          <Listbox label="Messages, newest first" name="message" class="messages" rows={rows} chosen={chosen ? String(chosen.key) : null} choose={choose} />
          {rows.length === 0 && <p class="empty">{filters.join(" ") === EVERYTHING ? "Nothing has passed yet." : `Nothing has passed on ${filters.join(" ")} yet.`}</p>}
        </div>
        <MessageDetail message={chosen} />
      </div>
    </Panel>
  );
}

function MessageRow({ message }: { readonly message: TailMessage }) {
  return (
    <>
      <time class="message-time" dateTime={message.at}>
        {clockTime(Date.parse(message.at))}
      </time>
      <span class="message-topic">{message.topics[0]}</span>
      <span class="message-event code">{useMemo(() => lineOf(message.dialect, message.event).slice(0, ROW_CHARACTERS), [message])}</span>
    </>
  );
}

function MessageDetail({ message }: { readonly message: TailMessage | null }) {
  return (
    <div class="message-detail" role="region" aria-label="Chosen message" tabIndex={message ? 0 : -1}>
      {message ? (
        <>
          <p class="detail-head">
            {message.topics.join(" ")} <span>from session {message.session}</span>
          </p>
          <pre class="code">{JSON.stringify(message.event, null, 2)?.slice(0, DETAIL_CHARACTERS)}</pre>
        </>
      ) : (
        <p class="empty">Choose a message to read it whole; the list pauses meanwhile.</p>
      )}
    </div>
  );
}
