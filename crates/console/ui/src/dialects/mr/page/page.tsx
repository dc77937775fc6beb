// The page of all scanners: one card each, the current series large, those before it below.
import { useState } from "preact/hooks";
import { useCell, type Cell } from "../../../shared/cell.ts";
import { clockTime, count } from "../../../shared/format.ts";
import { Listbox } from "../../../shared/listbox.tsx";
import mark from "../../../shared/mark.svg";
import { LinkPill, NotConnected } from "../../../shared/not-connected.tsx";
import { useTick } from "../../../shared/ticking.ts";
import type { Known, News, Series, Station } from "../book.ts";
import { VerdictSymbol } from "../symbol.tsx";
import { seriesName, WORD } from "../verdict.ts";
import { ChooseButton } from "./choose.tsx";
import type { Cue } from "./cue.ts";
import { VerdictDetails } from "./details.tsx";
import type { MrLink } from "./link.ts";
import { Extent, PastSeries, Sentences, SeriesFacts } from "./series.tsx";
import { SessionStrip } from "./session.tsx";
import { Announcement, SoundSwitch, useTitle } from "./state.tsx";

/** Of the history, before somebody asks for all of it. */
const FIRST_PAST = 5;

interface Props {
  readonly link: MrLink;
  readonly cue: Cue;
  readonly news: Cell<News | null>;
}

export function MrPage({ link, cue, news }: Props) {
  useTick(1000);
  const state = useCell(link.state);
  const known = useCell(link.known);
  const [chosen, setChosen] = useState<string | null>(null);
  const { stations } = known;
  useTitle(stations, state, "MR scans");
  const shown = stations.filter((one) => chosen === null || keyOf(one) === chosen);
  return (
    <div class="mr">
      <header class="mr-top">
        <img src={mark} alt="" width="32" height="32" />
        <h1>MR scans</h1>
        <LinkPill state={state} />
        <SoundSwitch cue={cue} />
      </header>
      <NotConnected state={state} known={stations.length > 0} />
      <Announcement news={news} />
      <main class={state.kind === "live" ? "" : "stale"}>
        {stations.length > 1 && <Filter stations={stations} chosen={chosen} choose={setChosen} />}
        {stations.length === 0 && <Waiting live={state.kind === "live"} />}
        <div class={`stations ${shown.length > 1 ? "several" : ""}`}>
          {(shown.length > 0 ? shown : stations).map((station) => (
            <StationCard key={station.name} station={station} link={link} />
          ))}
        </div>
        {known.unreadableCount > 0 && <UnreadableFiles known={known} />}
      </main>
    </div>
  );
}

/** An id must not hold blanks. */
function keyOf({ name }: Station): string {
  return encodeURIComponent(name);
}

function Filter({ stations, chosen, choose }: { readonly stations: readonly Station[]; readonly chosen: string | null; readonly choose: (key: string | null) => void }) {
  const rows = stations.map((station) => ({
    key: keyOf(station),
    content: (
      <>
        <VerdictSymbol kind={station.series[0].verdict.kind} />
        <span class="filter-name">{nameOf(station)}</span>
        <span class="visually-hidden">: {WORD[station.series[0].verdict.kind]}</span>
      </>
    ),
  }));
  return (
    <div class="filter">
      <Listbox label="Show one scanner" name="station" class="filter-list" rows={rows} chosen={chosen} choose={choose} />
      <button type="button" class="button" disabled={chosen === null} onClick={() => choose(null)}>
        Show all
      </button>
    </div>
  );
}

export function nameOf({ name }: Pick<Station, "name">): string {
  return name === "" || name === "null" ? "Scanner without a name" : name;
}

function Waiting({ live }: { readonly live: boolean }) {
  return (
    <div class="waiting">
      <p class="waiting-head">Waiting for the first series</p>
      <p>{live ? "It appears here moments after the scanner has exported its first image." : "No series is known yet."}</p>
    </div>
  );
}

function StationCard({ station, link }: { readonly station: Station; readonly link: MrLink }) {
  const [all, setAll] = useState(false);
  const [live, allowed] = [useCell(link.state).kind === "live", useCell(link.mayChoose)];
  const [current, ...past] = station.series;
  const { kind } = current.verdict;
  const id = `title-${keyOf(station)}`;
  return (
    <article class="station" aria-labelledby={id}>
      <header class="station-head">
        <h2 id={id}>{nameOf(station)}</h2>
        {station.name !== "" && (
          <a href={`scanner/${encodeURIComponent(station.name)}`}>
            Console room screen<span class="visually-hidden"> of {nameOf(station)}</span>
          </a>
        )}
      </header>
      <div class={`current verdict-${kind}`}>
        <p class="verdict">
          <VerdictSymbol kind={kind} />
          {WORD[kind]}
        </p>
        <h3 class="series-name">{seriesName(current.verdict)}</h3>
        <Extent series={current} />
        <Sentences series={current} />
        <SeriesFacts series={current} />
        {live && allowed && <ChooseButton key={current.key} series={current} choose={(uid) => link.choose(station.name, uid)} />}
      </div>
      <SessionStrip session={station.session} of={nameOf(station)} />
      <VerdictDetails verdict={current.verdict} />
      {past.length > 0 && (
        <section class="history" aria-label={`Series before, ${nameOf(station)}`}>
          <h3>{dayText(past)}</h3>
          {past.slice(0, all ? past.length : FIRST_PAST).map((series) => (
            <PastSeries key={series.key} series={series} />
          ))}
          {past.length > FIRST_PAST && (
            <button type="button" class="button" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? "Show fewer" : `Show all ${past.length}`}
            </button>
          )}
        </section>
      )}
    </article>
  );
}

/** `Before, today: 14 series, 2 differ`; `Before` when it is not known that they are of today. */
function dayText(past: readonly Series[]): string {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const today = past.filter(({ at }) => at !== null && at >= midnight);
  const differing = today.filter(({ verdict }) => verdict.kind === "differs").length;
  if (today.length === 0) return "Before";
  return `Before, today: ${today.length} series, ${differing === 0 ? "none differs" : differing === 1 ? "1 differs" : `${differing} differ`}`;
}

function UnreadableFiles({ known }: { readonly known: Known }) {
  const { unreadable, unreadableCount } = known;
  return (
    <details class="unreadable">
      <summary>
        {count(unreadableCount)} {unreadableCount === 1 ? "file" : "files"} could not be read since this page was opened
      </summary>
      <ol>
        {unreadable.map((one) => (
          <li key={one.key}>
            <time>{clockTime(one.at)}</time>
            <span class="unreadable-reason">{one.reason}</span>
            <span class="code">{one.path}</span>
          </li>
        ))}
      </ol>
      {unreadableCount > unreadable.length && <p class="facts">The newest {unreadable.length} are listed.</p>}
    </details>
  );
}
