// What a page knows of all stations: the series of each, newest first, its last session, and the files that nobody could
// read. Bounded.
import { asNumber, asText, isObject } from "../../shared/json.ts";
import type { Remembered } from "./history.ts";
import { readSeriesReport, readSession, type SeriesReport, type SessionReport } from "./reports.ts";
import { readVerdict, sameSeries, type Verdict, type VerdictKind } from "./verdict.ts";

/** Series before the current one, for each station: those of a long day. */
export const HISTORY = 200;
export const MOST_STATIONS = 100;
export const MOST_UNREADABLE = 20;

export interface Series {
  /** Counted by this page: unique, rising. */
  readonly key: number;
  readonly verdict: Verdict;
  /** The series as a whole, by the newest that was said of it; `null` from gateways that judge image by image. */
  readonly report: SeriesReport | null;
  /** Images so far; `null` when they were not counted from the beginning. */
  readonly images: number | null;
  /** When it began or its verdict was heard; `null` when it was there before this page looked. */
  readonly at: number | null;
  /** What an earlier image of it was judged, when that was something else. */
  readonly formerly: VerdictKind | null;
}

export interface Session {
  readonly report: SessionReport;
  /** When it was heard; `null` when it had ended before this page looked. */
  readonly at: number | null;
}

export interface Station {
  readonly name: string;
  /** At least one, newest first. */
  readonly series: readonly [Series, ...Series[]];
  /** The last one that has ended. */
  readonly session: Session | null;
}

export interface Unreadable {
  readonly key: number;
  readonly path: string;
  readonly reason: string;
  readonly at: number;
}

export interface Known {
  /** By name, so that nothing moves when news come. */
  readonly stations: readonly Station[];
  readonly unreadableCount: number;
  /** Newest first. */
  readonly unreadable: readonly Unreadable[];
}

/** A verdict that this page did not know. */
export interface News {
  readonly station: string;
  readonly series: Series;
}

const byName = new Intl.Collator("en", { numeric: true });

export class Book {
  /** The order is that of the last news, for the bound. */
  readonly #stations = new Map<string, Station>();
  #unreadable: readonly Unreadable[] = [];
  #unreadableCount = 0;
  #keys = 0;

  get known(): Known {
    const stations = [...this.#stations.values()].sort((one, other) => byName.compare(one.name, other.name));
    return { stations, unreadable: this.#unreadable, unreadableCount: this.#unreadableCount };
  }

  /** Takes a frame in. What is returned is a verdict that was not known. */
  hear(frame: unknown, at: number): News | null {
    if (!isObject(frame)) return null;
    const { type, content } = frame;
    if (type === "unreadable" && isObject(content)) this.#note(content, at);
    const station = frame["station"];
    if (typeof station !== "string") return null;
    if (type === "update") this.#count(station, asNumber(content));
    if (type === "series") this.#report(station, readSeriesReport(content));
    if (type === "session") this.#ended(station, content, at);
    return type === "new" ? this.#judged(station, content, at) : null;
  }

  /** Takes the answer of `/state` in; what is returned are the verdicts that were not known, with the time they had. */
  merge(state: unknown, at: number | null): readonly News[] {
    if (!isObject(state)) return [];
    return Object.values(state).flatMap((one) => {
      if (!isObject(one) || typeof one["station"] !== "string") return [];
      const { station, content } = one as { station: string; content: unknown };
      const news = this.#judged(station, content, at);
      if (isObject(content) && content["session"] !== undefined) this.#ended(station, content["session"], at);
      return news ?? [];
    });
  }

  /** Takes in what the gateway remembers, newest first: the time of what has none, and what this page has not seen. */
  remember(remembered: readonly Remembered[]): void {
    for (const one of remembered) {
      const station = this.#stations.get(one.station);
      const known = station?.series.find(({ report }) => report?.uid === one.report.uid);
      if (station && known) {
        if (known.at === null) this.#put({ ...station, series: replaced(station.series, { ...known, at: one.at }) });
        continue;
      }
      const series = this.#series(one.verdict, one.report, one.at);
      const [current = series, ...past] = station?.series ?? [];
      if (current !== series) past.splice(placeOf(one.at, past), 0, series);
      this.#put({ name: one.station, series: [current, ...past.slice(0, HISTORY)], session: station?.session ?? null });
    }
  }

  #judged(name: string, content: unknown, at: number | null): News | null {
    const verdict = readVerdict(content);
    if (verdict === null) return null;
    const { series: former = [], session = null } = this.#stations.get(name) ?? {};
    const same = former.find((one) => isSame(one, verdict, former[0]));
    if (same && isKnown(same.verdict, verdict)) {
      this.#report(name, verdict.report);
      return null;
    }
    const next = this.#series(verdict, verdict.report, at);
    let series: readonly [Series, ...Series[]] = [next, ...former.slice(0, HISTORY)];
    if (same) {
      const formerly = same.verdict.kind === verdict.kind ? same.formerly : same.verdict.kind;
      const counted = same.images === null ? null : same.images + 1;
      const changed = { ...next, key: same.key, images: verdict.report?.images ?? counted, formerly };
      series = [changed, ...former.filter((one) => one !== same)];
    }
    this.#put({ name, series, session });
    return { station: name, series: series[0] };
  }

  #series(verdict: Verdict, report: SeriesReport | null, at: number | null): Series {
    this.#keys += 1;
    return { key: this.#keys, verdict, report, images: report?.images ?? (at === null ? null : 1), at, formerly: null };
  }

  #count(name: string, further: number | null): void {
    const station = this.#stations.get(name);
    if (!station || further === null) return;
    const [current] = station.series;
    // Where reports of series come, they say it, and of which series.
    if (current.report === null) this.#put({ ...station, series: replaced(station.series, { ...current, images: further + 1 }) });
  }

  #report(name: string, report: SeriesReport | null): void {
    const station = this.#stations.get(name);
    const of = report && station?.series.find((one) => one.report?.uid === report.uid);
    if (station && of) this.#put({ ...station, series: replaced(station.series, { ...of, report, images: report.images }) });
  }

  #ended(name: string, content: unknown, at: number | null): void {
    const station = this.#stations.get(name);
    const report = readSession(content);
    if (!station || !report) return;
    const isNews = JSON.stringify(report) !== JSON.stringify(station.session?.report);
    if (isNews) this.#put({ ...station, session: { report, at } });
  }

  #put(station: Station): void {
    this.#stations.delete(station.name);
    this.#stations.set(station.name, station);
    const [oldest] = this.#stations.keys();
    if (this.#stations.size > MOST_STATIONS && oldest !== undefined) this.#stations.delete(oldest);
  }

  #note(content: { readonly [key: string]: unknown }, at: number): void {
    this.#unreadableCount += 1;
    const one = { key: this.#unreadableCount, path: asText(content["path"]) ?? "no path", reason: asText(content["reason"]) ?? "no reason given", at };
    this.#unreadable = [one, ...this.#unreadable].slice(0, MOST_UNREADABLE);
  }
}

/** The very same judgement, told twice: by the socket and by the state. */
function isKnown(one: Verdict, other: Verdict): boolean {
  return one.kind === other.kind && JSON.stringify([one.input, one.differences]) === JSON.stringify([other.input, other.differences]);
}

/** Whether a verdict is about this series. One without a name of its own may be the current one alone. */
function isSame(series: Series, verdict: Verdict, current: Series | undefined): boolean {
  if (series.report && verdict.report) return series.report.uid === verdict.report.uid;
  return series === current && (isKnown(series.verdict, verdict) || sameSeries(series.verdict, verdict));
}

/** Before the first of those that began earlier; the current one, which is what was told last, stays where it is. */
function placeOf(at: number, past: readonly Series[]): number {
  const place = past.findIndex((one) => one.at !== null && one.at < at);
  return place < 0 ? past.length : place;
}

function replaced(all: readonly [Series, ...Series[]], series: Series): readonly [Series, ...Series[]] {
  const [first, ...rest] = all.map((one) => (one.key === series.key ? series : one));
  return [first ?? series, ...rest];
}
