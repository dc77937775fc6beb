// Whether what a page shows can still be trusted. It is sure while its connection is open and something was heard
// lately; when it is not, it knows since when, and from some moment on it must not show what it remembers at all.

export interface FreshnessLimits {
  /** Silence after which nothing is sure any more. */
  readonly staleAfterMs: number;
  /** Being unsure for this long means that what is shown has to go. */
  readonly hideAfterMs: number;
}

export interface Certainty {
  readonly sure: boolean;
  /** 0 while sure. */
  readonly unsureForMs: number;
  readonly hide: boolean;
}

export class Freshness {
  readonly #limits: FreshnessLimits;
  #open = false;
  #heardAt: number;
  #unsureSince: number;

  constructor(limits: FreshnessLimits, now: number) {
    this.#limits = limits;
    this.#heardAt = now;
    this.#unsureSince = now;
  }

  /** Something came from the other side, so the connection lives. */
  heard(now: number): void {
    this.#open = true;
    this.#heardAt = now;
  }

  /** The connection has ended. */
  closed(now: number): void {
    if (!this.#open) return;
    this.#open = false;
    this.#unsureSince = Math.min(now, this.#heardAt + this.#limits.staleAfterMs);
  }

  read(now: number): Certainty {
    const since = this.#open ? this.#heardAt + this.#limits.staleAfterMs : this.#unsureSince;
    const sure = this.#open && now < since;
    const unsureForMs = sure ? 0 : Math.max(0, now - since);
    return { sure, unsureForMs, hide: unsureForMs >= this.#limits.hideAfterMs };
  }
}
