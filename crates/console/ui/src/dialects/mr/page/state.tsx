// What both pages say of themselves: whether they are connected, what the newest verdict is, whether they may sound.
import { useEffect } from "preact/hooks";
import { useCell, type Cell } from "../../../shared/cell.ts";
import { clockTime } from "../../../shared/format.ts";
import type { News, Station } from "../book.ts";
import { sentences, seriesName, WORD } from "../verdict.ts";
import type { Cue } from "./cue.ts";
import type { LinkState } from "./link.ts";

/** Over everything else while what is shown is not the present. */
export function NotConnected({ state, known }: { readonly state: LinkState; readonly known: boolean }) {
  if (state.kind === "live") return null;
  const { problem, retryInSeconds, since } = state;
  const retry = retryInSeconds === null ? "Connecting…" : retryInSeconds > 0 ? `Trying again in ${retryInSeconds} s.` : "Trying again…";
  return (
    <div class={`not-connected not-connected-${state.kind}`} role="alert">
      <p class="not-connected-head">
        {since === null ? "Not connected yet" : `Not connected since ${clockTime(since)}`}
        {known && since !== null && ", last known state"}
      </p>
      <p class="not-connected-text">
        {problem !== null && `${problem} `}
        {/* Figures that change each second are for eyes alone. */}
        <span aria-hidden="true">{retry}</span>
      </p>
    </div>
  );
}

/** The newest verdict, told to those who hear the page instead of seeing it. */
export function Announcement({ news }: { readonly news: Cell<News | null> }) {
  const one = useCell(news);
  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {one && `${one.station}, ${seriesName(one.series.verdict)}: ${WORD[one.series.verdict.kind]}. ${sentences(one.series.verdict).slice(0, 5).join(" ")}`}
    </p>
  );
}

/** The window's title says it too, for a page in the background. */
export function useTitle(stations: readonly Station[], state: LinkState, name: string): void {
  const differing = stations.filter(({ series: [current] }) => current.verdict.kind === "differs");
  const [only] = stations;
  const verdict =
    stations.length === 0 || !only
      ? ""
      : differing.length > 0
        ? `${WORD.differs}: ${differing.map((one) => one.name).join(", ")} · `
        : stations.length === 1
          ? `${WORD[only.series[0].verdict.kind]} · `
          : `${stations.length} scanners, none differs · `;
  const title = `${state.kind === "live" ? verdict : "Not connected · "}${name}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}

export function SoundSwitch({ cue }: { readonly cue: Cue }) {
  const state = useCell(cue.state);
  return (
    <div class="sound">
      <button type="button" class="switch" role="switch" aria-checked={state !== "off"} onClick={() => cue.switch(state === "off")}>
        <span class="switch-track" aria-hidden="true" />
        Sound when a series differs
      </button>
      {state === "waits" && <p class="sound-waits">The browser keeps it silent until you click or press a key here.</p>}
    </div>
  );
}
