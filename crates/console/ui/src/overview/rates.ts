// From counters that only rise to rates per second, and the last two minutes of them. A counter that falls means that the
// gateway has started anew: that is a gap, never a negative rate.
import type { DialectCounts, Overview } from "../shared/api.ts";
import { Ring } from "../shared/ring.ts";

export const HISTORY_SECONDS = 120;

export interface RatePoint {
  readonly atSeconds: number;
  readonly heard: number | null;
  readonly delivered: number | null;
}

export interface DialectRates {
  readonly counts: DialectCounts;
  readonly heard: number | null;
  readonly delivered: number | null;
  readonly history: Ring<RatePoint>;
}

export class RateBook {
  readonly #dialects = new Map<string, DialectRates>();
  #lastMs: number | null = null;

  /** Takes the newest counters; `true` when they show that the gateway has restarted. */
  take(overview: Overview): boolean {
    const seconds = this.#lastMs === null ? 0 : (overview.nowMs - this.#lastMs) / 1000;
    let restarted = false;
    for (const counts of overview.dialects) {
      const former = this.#dialects.get(counts.dialect);
      const fell = former !== undefined && (counts.heard < former.counts.heard || counts.delivered < former.counts.delivered);
      restarted ||= fell;
      // After a longer silence an average would be drawn as if it were a second's rate.
      const known = former !== undefined && !fell && seconds > 0 && seconds < 5;
      const heard = known ? (counts.heard - former.counts.heard) / seconds : null;
      const delivered = known ? (counts.delivered - former.counts.delivered) / seconds : null;
      const history = former?.history ?? new Ring<RatePoint>(HISTORY_SECONDS + 1);
      history.push({ atSeconds: overview.nowMs / 1000, heard, delivered });
      this.#dialects.set(counts.dialect, { counts, heard, delivered, history });
    }
    const present = new Set(overview.dialects.map((one) => one.dialect));
    for (const name of this.#dialects.keys()) if (!present.has(name)) this.#dialects.delete(name);
    this.#lastMs = overview.nowMs;
    return restarted;
  }

  of(dialect: string): DialectRates | undefined {
    return this.#dialects.get(dialect);
  }
}
