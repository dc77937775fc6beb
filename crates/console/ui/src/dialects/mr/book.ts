// What a page knows of all stations: the series of each, newest first, and the files that nobody could read. Bounded.
import { asNumber, asText, isObject } from "../../shared/json.ts";
import { readVerdict, sameSeries, type Verdict, type VerdictKind } from "./verdict.ts";

/** Series before the current one, for each station. */
export const HISTORY = 50;
export const MOST_STATIONS = 100;
export const MOST_UNREADABLE = 20;

export interface Series {
  /** Counted by this page: unique, rising. */
  readonly key: number;
  readonly verdict: Verdict;
  /** Images so far; `null` when they were not counted from the beginning. */
  readonly images: number | null;
  /** When its verdict was heard; `null` when it was there before this page looked. */
  readonly at: number | null;
  /** What an earlier image of it was judged, when that was something else. */
  readonly formerly: VerdictKind | null;
}

export interface Station {
  readonly name: string;
  /** At least one, newest first. */
  readonly series: readonly [Series, ...Series[]];
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
    return type === "new" ? this.#judged(station, content, at) : null;
  }

  /** Takes the answer of `/state` in; what is returned are the verdicts that were not known, with the time they had. */
  merge(state: unknown, at: number | null): readonly News[] {
    if (!isObject(state)) return [];
    return Object.values(state).flatMap((one) => {
      if (!isObject(one) || typeof one["station"] !== "string") return [];
      return this.#judged(one["station"], one["content"], at) ?? [];
    });
  }

  #judged(name: string, content: unknown, at: number | null): News | null {
    const verdict = readVerdict(content);
    if (verdict === null) return null;
    const former = this.#stations.get(name)?.series ?? [];
    const [current, ...before] = former;
    if (current && isKnown(current.verdict, verdict)) return null;
    this.#keys += 1;
    const next = { key: this.#keys, verdict, images: at === null ? null : 1, at, formerly: null };
    let series: readonly [Series, ...Series[]];
    if (current && sameSeries(current.verdict, verdict)) {
      const images = current.images === null ? null : current.images + 1;
      const formerly = current.verdict.kind === verdict.kind ? current.formerly : current.verdict.kind;
      series = [{ ...next, key: current.key, images, formerly }, ...before];
    } else {
      series = [next, ...former.slice(0, HISTORY)];
    }
    this.#put({ name, series });
    return { station: name, series: series[0] };
  }

  #count(name: string, further: number | null): void {
    const station = this.#stations.get(name);
    if (!station || further === null) return;
    const [current, ...before] = station.series;
    this.#put({ name, series: [{ ...current, images: further + 1 }, ...before] });
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
