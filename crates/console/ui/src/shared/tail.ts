// The live tail of messages, as one connection for a whole page: browsers allow few per host, so every panel's topics
// go into one stream and each panel takes out what it asked for. Says when it is not connected and comes back alone.
import { Backoff } from "./backoff.ts";
import { Cell } from "./cell.ts";
import { asNumber, isObject, parseJson } from "./json.ts";
import { filterCovers, narrowest } from "./topics.ts";

export interface TailMessage {
  /** Counted by this page: unique, rising. */
  readonly key: number;
  readonly at: string;
  readonly topics: readonly string[];
  readonly dialect: string;
  readonly session: string;
  readonly event: unknown;
  /** Characters of the whole message as it came. */
  readonly size: number;
}

export interface Listening {
  hear(message: TailMessage): void;
  /** Messages are missing: the gateway dropped `count` of them for this page, or it was away (`null`). */
  miss?(count: number | null): void;
}

export type TailState = "connecting" | "live" | "away";

/** All topics of a message, where the tail names one and the event knows more. */
export type TopicsOf = (dialect: string, topic: string, event: unknown) => readonly string[];

const SILENT_AFTER_MS = 12_000;
const REMEMBERED = 512;

export class Tail {
  readonly state = new Cell<TailState>("connecting");
  readonly #topicsOf: TopicsOf;
  readonly #backoff = new Backoff();
  readonly #wanted = new Map<Listening, readonly string[]>();
  readonly #overhearing = new Set<(message: TailMessage) => void>();
  #source: EventSource | null = null;
  #former: EventSource | null = null;
  #open = "";
  #recent: Set<string> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #planned = false;
  #resting = false;
  #keys = 0;

  constructor(topicsOf: TopicsOf) {
    this.#topicsOf = topicsOf;
  }

  /** Sends messages on these filters to `listening` from now on; an empty list ends it. */
  want(listening: Listening, filters: readonly string[]): void {
    if (filters.length === 0) this.#wanted.delete(listening);
    else this.#wanted.set(listening, filters);
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      // While away, the attempt that is already planned will ask for the new filters.
      if (this.#timer === undefined) this.#connect();
    });
  }

  /** Calls `then` for every message that comes for anybody, until the returned function is called. */
  overhear(then: (message: TailMessage) => void): () => void {
    this.#overhearing.add(then);
    return () => this.#overhearing.delete(then);
  }

  /** Gives the connection back while nobody looks, and takes it up again. */
  rest(resting: boolean): void {
    if (resting === this.#resting) return;
    this.#resting = resting;
    if (!resting) return this.#connect();
    this.#drop();
    this.state.value = "connecting";
    for (const one of this.#wanted.keys()) one.miss?.(null);
  }

  #connect(): void {
    if (this.#resting) return;
    const query = narrowest([...this.#wanted.values()].flat()).map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
    if (query === this.#open && this.#source) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (query === "") return this.#drop();

    // The new stream opens before the old one closes: nothing falls between them, and what comes on both is told once.
    if (this.#source?.readyState === EventSource.OPEN) {
      this.#former?.close();
      this.#former = this.#source;
      this.#recent = new Set();
    } else {
      this.#source?.close();
    }
    const source = new EventSource(`api/tail?${query}`);
    this.#source = source;
    this.#open = query;
    this.#follow(source);
    this.#heard();
  }

  #follow(source: EventSource): void {
    const current = () => this.#source === source;
    source.addEventListener("open", () => {
      if (!current()) return;
      this.#former?.close();
      this.#former = null;
      this.#backoff.reset();
      this.state.value = "live";
      this.#heard();
      setTimeout(() => current() && (this.#recent = null), 2000);
    });
    source.addEventListener("error", () => {
      source.close();
      if (current()) this.#away();
    });
    source.addEventListener("message", (event) => {
      if (current() || this.#former === source) this.#message(String(event.data));
    });
    source.addEventListener("lost", (event) => {
      if (!current()) return;
      this.#heard();
      const data = parseJson(String((event as MessageEvent).data));
      for (const one of this.#wanted.keys()) one.miss?.(isObject(data) ? asNumber(data["count"]) : null);
    });
    source.addEventListener("beat", () => current() && this.#heard());
  }

  #message(text: string): void {
    this.#heard();
    const data = parseJson(text);
    if (!isObject(data)) return;
    if (this.#recent) {
      const mark = JSON.stringify([data["at"], data["topic"], data["session"], data["event"]]);
      if (this.#recent.has(mark)) return;
      if (this.#recent.size < REMEMBERED) this.#recent.add(mark);
    }
    const dialect = String(data["dialect"]);
    const topics = this.#topicsOf(dialect, String(data["topic"]), data["event"]);
    this.#keys += 1;
    const message: TailMessage = {
      key: this.#keys,
      at: String(data["at"]),
      topics,
      dialect,
      session: String(data["session"]),
      event: data["event"],
      size: text.length,
    };
    for (const then of this.#overhearing) then(message);
    for (const [listening, filters] of this.#wanted) {
      if (filters.some((filter) => topics.some((topic) => filterCovers(filter, topic)))) listening.hear(message);
    }
  }

  #heard(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#away(), SILENT_AFTER_MS);
  }

  #away(): void {
    this.#drop();
    this.state.value = "away";
    for (const one of this.#wanted.keys()) one.miss?.(null);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#connect();
    }, this.#backoff.next());
  }

  #drop(): void {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#source?.close();
    this.#former?.close();
    this.#source = this.#former = null;
    this.#recent = null;
    this.#open = "";
  }
}
