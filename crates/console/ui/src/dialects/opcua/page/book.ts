// All that a page knows: the variables there are, which of them it shows, and what came for those.
import { isFound, type Variable } from "../variable.ts";
import type { Reading } from "../value.ts";
import { Series } from "./series.ts";

/** Shown, and so watched, at a time. */
export const MOST_SHOWN = 200;

export interface Shown {
  readonly variable: Variable;
  readonly series: Series;
}

export interface View {
  /** How many there are; `null` before the gateway has said. */
  readonly total: number | null;
  readonly found: number;
  readonly shown: readonly Shown[];
}

export class Book {
  #variables: readonly Variable[] | null = null;
  #search = "";
  #view: View = { total: null, found: 0, shown: [] };
  readonly #series = new Map<string, Series>();

  get view(): View {
    return this.#view;
  }

  /** The variables there are now: those of before may be gone. */
  know(variables: readonly Variable[]): void {
    this.#variables = [...variables].sort((one, other) => order(one, other));
    this.#choose();
  }

  search(text: string): void {
    this.#search = text.trim();
    this.#choose();
  }

  hear(name: string, reading: Reading, now: number): void {
    this.#series.get(name)?.take(reading, now);
  }

  /** The connection has ended. */
  interrupt(now: number): void {
    for (const series of this.#series.values()) series.interrupt(now);
  }

  /** What was shown before stays in its place with what came for it; the rest is forgotten. */
  #choose(): void {
    const all = this.#variables;
    if (all === null) return;
    const found = all.filter((one) => isFound(one, this.#search));
    const shown = found.slice(0, MOST_SHOWN);
    const names = new Set(shown.map((one) => one.name));
    for (const name of this.#series.keys()) if (!names.has(name)) this.#series.delete(name);
    const shownWith = shown.map((variable) => {
      const series = this.#series.get(variable.name) ?? new Series();
      this.#series.set(variable.name, series);
      return { variable, series };
    });
    this.#view = { total: all.length, found: found.length, shown: shownWith };
  }
}

/** Parts of a plant together, those that belong to none behind them; within a part as the gateway has them. */
function order(one: Variable, other: Variable): number {
  if (one.group === other.group) return 0;
  if (one.group === "" || other.group === "") return one.group === "" ? 1 : -1;
  return one.group < other.group ? -1 : 1;
}
