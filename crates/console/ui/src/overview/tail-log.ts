// The newest messages of the tail, kept in a ring and told to the page at a pace that eyes can follow.
import { Cell } from "../shared/cell.ts";
import { Ring } from "../shared/ring.ts";
import type { Listening, TailMessage } from "../shared/tail.ts";

export const MOST_KEPT = 300;
export const MOST_SHOWN = 120;
const TELL_EVERY_MS = 250;
/** A longer message is kept by its beginning only. */
const MOST_CHARACTERS = 32_768;
const BEGINNING = 2000;

export interface TailView {
  readonly rows: readonly TailMessage[];
  readonly paused: boolean;
  /** Messages that came since the pause began. */
  readonly held: number;
  /** Messages that the gateway could not give to this page. */
  readonly lost: number;
}

export class TailLog implements Listening {
  readonly view = new Cell<TailView>({ rows: [], paused: false, held: 0, lost: 0 });
  readonly #ring = new Ring<TailMessage>(MOST_KEPT);
  #held = 0;
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  hear(message: TailMessage): void {
    this.#ring.push(message.size > MOST_CHARACTERS ? shortened(message) : message);
    if (this.view.value.paused) this.#held += 1;
    this.#soon();
  }

  miss(count: number | null): void {
    this.#lost += count ?? 0;
    this.#soon();
  }

  pause(paused: boolean): void {
    this.#held = 0;
    this.view.value = { ...this.view.value, paused };
    this.#tell();
  }

  /** Another filter: what was kept does not belong to it. */
  clear(): void {
    this.#ring.clear();
    this.#held = this.#lost = 0;
    this.view.value = { ...this.view.value, rows: [], held: 0, lost: 0 };
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#tell(), TELL_EVERY_MS);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { paused, rows } = this.view.value;
    this.view.value = { paused, rows: paused ? rows : this.#ring.newestFirst(MOST_SHOWN), held: this.#held, lost: this.#lost };
  }
}

function shortened(message: TailMessage): TailMessage {
  return { ...message, event: `${message.size} characters, beginning with: ${JSON.stringify(message.event)?.slice(0, BEGINNING)}` };
}
