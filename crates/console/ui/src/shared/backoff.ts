// How long to wait before the next attempt: doubling up to a limit, with some chance in it so that all the displays of
// a site do not come back in the same instant after a restart.

export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor(firstMs = 500, mostMs = 10_000, random: () => number = Math.random) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#random = random;
  }

  /** Attempts that failed since the last success. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Milliseconds to wait before the next attempt: between three quarters and all of the step. */
  next(): number {
    const step = Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return Math.round(step * (0.75 + 0.25 * this.#random()));
  }

  /** It worked: the next failure starts over. */
  reset(): void {
    this.#attempts = 0;
  }
}
