// One scanner's screen in the console room: the verdict, to be read from three metres and not to be overlooked.
import { useEffect, useState } from "preact/hooks";
import { useCell, type Cell } from "../../../shared/cell.ts";
import { clockTime } from "../../../shared/format.ts";
import { FitLine } from "../../../shared/fit-line.tsx";
import { NotConnected } from "../../../shared/not-connected.tsx";
import { useTick } from "../../../shared/ticking.ts";
import type { News, Series } from "../book.ts";
import { VerdictSymbol } from "../symbol.tsx";
import { seriesName, seriesNumber, WORD } from "../verdict.ts";
import type { Cue } from "./cue.ts";
import type { MrLink } from "./link.ts";
import { nameOf } from "./page.tsx";
import { Extent, images, lineCount, Sentences, sinceText } from "./series.tsx";
import { SessionStrip } from "./session.tsx";
import { Announcement, SoundSwitch, useTitle } from "./state.tsx";

/** What fits the foot of a screen. */
const PAST = 8;
/** Sentences that can still be read from where people sit. */
const MOST_SENTENCES = 6;

interface Props {
  readonly link: MrLink;
  readonly cue: Cue;
  readonly news: Cell<News | null>;
  readonly station: string;
}

export function ScannerPage({ link, cue, news, station }: Props) {
  const state = useCell(link.state);
  const { stations } = useCell(link.known);
  useTitle(stations, state, nameOf({ name: station }));
  const known = stations.find((one) => one.name === station);
  const [current, ...past] = known?.series ?? [];
  const kind = current?.verdict.kind;
  return (
    <div class="scanner">
      <NotConnected state={state} known={current !== undefined} />
      <Announcement news={news} />
      <main class={`scanner-main verdict-${kind ?? "none"} ${state.kind === "live" ? "" : "stale"}`}>
        <h1 class="scanner-name">{nameOf({ name: station })}</h1>
        {current && kind ? (
          <>
            <p class="verdict">
              <VerdictSymbol kind={kind} />
              {WORD[kind]}
            </p>
            <section class="scanner-series" aria-label="Current series">
              <FitLine class="series-name" text={seriesName(current.verdict)} />
              <div class={`scanner-sentences size-${Math.min(MOST_SENTENCES, lineCount(current))}`}>
                <Extent series={current} />
                <Sentences series={current} most={MOST_SENTENCES} />
              </div>
              <Facts series={current} />
            </section>
            <SessionStrip session={known?.session ?? null} of={nameOf({ name: station })} />
          </>
        ) : (
          <div class="scanner-waiting">
            <p class="waiting-head">Waiting for the first series</p>
            <p class="scanner-facts">{state.kind === "live" ? "This scanner has sent nothing yet." : "No series of this scanner is known."}</p>
          </div>
        )}
      </main>
      <Foot cue={cue} past={past.slice(0, PAST)} />
    </div>
  );
}

function Facts({ series }: { readonly series: Series }) {
  useTick(1000);
  const facts = [seriesNumber(series.verdict), images(series), sinceText(series)];
  return <p class="scanner-facts">{facts.filter((fact) => fact !== null).join(" · ")}</p>;
}

function Foot({ cue, past }: { readonly cue: Cue; readonly past: readonly Series[] }) {
  useTick(1000);
  const [full, setFull] = useState(false);
  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, []);
  const toggle = () => void (full ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => undefined);
  return (
    <footer class="scanner-foot">
      <ol class="strip" aria-label="Series before, newest first">
        {past.map((series) => (
          <li key={series.key} class={`verdict-${series.verdict.kind}`}>
            <VerdictSymbol kind={series.verdict.kind} />
            <span class="strip-name">{seriesName(series.verdict)}</span>
            <span class="visually-hidden">: {WORD[series.verdict.kind]}</span>
          </li>
        ))}
      </ol>
      <div class="scanner-tools">
        <a href="../">All scanners</a>
        <SoundSwitch cue={cue} />
        {document.fullscreenEnabled && (
          <button type="button" class="button" onClick={toggle}>
            {full ? "Leave full screen" : "Full screen"}
          </button>
        )}
        {/* A clock that stands still tells that the browser does. */}
        <time aria-hidden="true">{clockTime(Date.now())}</time>
      </div>
    </footer>
  );
}
