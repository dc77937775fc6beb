// A list that keeps the newest items up to a fixed number: why no page grows with its age.

export class Ring<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #start = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError("a ring holds at least one item");
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Adds an item; the oldest goes when the ring is full. */
  push(item: T): void {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item);
    } else {
      this.#items[this.#start] = item;
      this.#start = (this.#start + 1) % this.#capacity;
    }
  }

  /** The item `back` places before the newest (0 is the newest). */
  newest(back = 0): T | undefined {
    if (back < 0 || back >= this.#items.length) return undefined;
    const length = this.#items.length;
    return this.#items[(this.#start + length - 1 - back) % length];
  }

  /** Up to `most` items, newest first. */
  newestFirst(most = this.#items.length): T[] {
    const out: T[] = [];
    for (let back = 0; back < Math.min(most, this.#items.length); back += 1) out.push(this.newest(back) as T);
    return out;
  }

  /** All items, oldest first. */
  oldestFirst(): T[] {
    return [...this.#items.slice(this.#start), ...this.#items.slice(0, this.#start)];
  }

  clear(): void {
    this.#items.length = 0;
    this.#start = 0;
  }
}
