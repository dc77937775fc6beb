// What came for one variable: what it is now, and two minutes of it at a pace that a small chart can show.
import { Ring } from "../../../shared/ring.ts";
import type { Reading } from "../value.ts";

export const REMEMBERED_MS = 2 * 60_000;
const EVERY_MS = 1000;

export interface Point {
  /** When, ms since 1970, by this page's clock. */
  readonly at: number;
  /** `null` is a gap. */
  readonly number: number | null;
}

export class Series {
  readonly #points = new Ring<Point>(REMEMBERED_MS / EVERY_MS + 1);
  #latest: Reading | null = null;
  /** The newest reading that had a value: shown, greyed, when there is none now. */
  #last: Reading | null = null;
  #changedAt: number | null = null;
  #pending: Point | null = null;
  #slot = 0;

  get latest(): Reading | null {
    return this.#latest;
  }

  get last(): Reading | null {
    return this.#last;
  }

  /** When it changed, as far as this page can know. */
  get changedAt(): number | null {
    return this.#changedAt;
  }

  take(reading: Reading, now: number): void {
    // The first value is older than its arrival: its source knows, if its clock can be believed.
    this.#changedAt = this.#latest === null || this.#latest.text === null ? Math.min(reading.at ?? now, now) : now;
    this.#latest = reading;
    if (reading.text !== null) this.#last = reading;
    this.#note({ at: now, number: reading.number });
  }

  /** Nothing is known from here on until the next value. */
  interrupt(now: number): void {
    this.#latest = null;
    this.#note({ at: now, number: null });
  }

  /** Oldest first, up to `now`: a value holds until the next. */
  points(now: number): readonly Point[] {
    const all = this.#points.oldestFirst();
    if (this.#pending) all.push(this.#pending);
    const recent = all.filter((point) => point.at >= now - REMEMBERED_MS);
    const before = all[all.length - recent.length - 1];
    if (before) recent.unshift({ at: now - REMEMBERED_MS, number: before.number });
    const newest = recent[recent.length - 1];
    if (newest && newest.at < now) recent.push({ at: now, number: newest.number });
    return recent;
  }

  /** The newest of each second, and every gap. */
  #note(point: Point): void {
    const slot = Math.floor(point.at / EVERY_MS);
    const before = this.#pending;
    if (before && (slot !== this.#slot || (before.number === null) !== (point.number === null))) this.#points.push(before);
    this.#pending = point;
    this.#slot = slot;
  }
}

/**
 * What a server remembers and what came since: where both know, what came is newer. A history that was cut off ends in a
 * gap, for nobody knows what lies between.
 */
export function joined(history: readonly Reading[], live: readonly Point[], isCutOff: boolean): readonly Point[] {
  const from = live[0]?.at ?? Number.POSITIVE_INFINITY;
  const older: Point[] = history.flatMap(({ at, number }) => (at === null || at >= from ? [] : [{ at, number }]));
  older.sort((one, other) => one.at - other.at);
  const last = older[older.length - 1];
  return last && isCutOff ? [...older, { at: last.at, number: null }, ...live] : [...older, ...live];
}
