// What both pages say of themselves: what the newest verdict is, whether they may sound.
import { useEffect } from "preact/hooks";
import { useCell, type Cell } from "../../../shared/cell.ts";
import type { LinkState } from "../../../shared/not-connected.tsx";
import type { News, Station } from "../book.ts";
import { sentences, seriesName, WORD } from "../verdict.ts";
import type { Cue } from "./cue.ts";

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
