// What the overview knows of the gateway: asked for each second, with longer pauses while it does not answer.
import { ApiError, fetchGateway, fetchOverview, type Gateway } from "../shared/api.ts";
import { Backoff } from "../shared/backoff.ts";
import { Cell } from "../shared/cell.ts";
import { RateBook, type DialectRates } from "./rates.ts";

const EVERY_MS = 1000;
const ASK_WHO_EVERY_MS = 15_000;

export type LinkState = "connecting" | "live" | "away";

export interface Snapshot {
  readonly link: LinkState;
  /** Why it is away, a sentence. */
  readonly problem: string | null;
  readonly gateway: Gateway | null;
  /** The gateway has been replaced by another version since this page was loaded. */
  readonly replaced: boolean;
  /** The gateway's own clock at its last answer. */
  readonly nowMs: number | null;
  /** This page's clock at the last answer. */
  readonly answeredAtMs: number | null;
  readonly rates: (dialect: string) => DialectRates | undefined;
}

export class Feed {
  readonly snapshot: Cell<Snapshot>;
  readonly #book = new RateBook();
  readonly #backoff = new Backoff(1000, 10_000);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #askWhoAtMs = 0;
  #firstVersion: string | null = null;
  /** Which run of questions is the present one; 0 while resting. */
  #run = 0;
  #runs = 0;

  constructor() {
    this.snapshot = new Cell<Snapshot>({
      link: "connecting",
      problem: null,
      gateway: null,
      replaced: false,
      nowMs: null,
      answeredAtMs: null,
      rates: (dialect) => this.#book.of(dialect),
    });
  }

  /** Asks now and then each second; `false` rests until it is `true` again. */
  run(running: boolean): void {
    if (running === this.#run > 0) return;
    clearTimeout(this.#timer);
    this.#run = running ? (this.#runs += 1) : 0;
    if (running) void this.#ask(this.#run);
  }

  async #ask(run: number): Promise<void> {
    let waitMs = EVERY_MS;
    try {
      const overview = await fetchOverview();
      const restarted = this.#book.take(overview);
      let gateway = this.snapshot.value.gateway;
      if (restarted || gateway === null || this.snapshot.value.link !== "live" || Date.now() >= this.#askWhoAtMs) {
        gateway = await fetchGateway();
        this.#askWhoAtMs = Date.now() + ASK_WHO_EVERY_MS;
        this.#firstVersion ??= gateway.version;
      }
      this.#backoff.reset();
      this.snapshot.value = {
        ...this.snapshot.value,
        link: "live",
        problem: null,
        gateway,
        replaced: gateway.version !== this.#firstVersion,
        nowMs: overview.nowMs,
        answeredAtMs: Date.now(),
      };
    } catch (error) {
      waitMs = this.#backoff.next();
      const problem = error instanceof ApiError ? error.message : "The gateway's answer could not be read.";
      this.snapshot.value = { ...this.snapshot.value, link: "away", problem };
    }
    // An answer to a question of an earlier run is welcome, but asks no further.
    if (run === this.#run) this.#timer = setTimeout(() => void this.#ask(run), waitMs);
  }
}
