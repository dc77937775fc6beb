// The page's connection: asks the site how to connect, listens, fetches the state so that nothing is missed, notices
// silence, comes back by itself. A page cannot see WebSocket pings, so it asks for the state while nothing comes: that
// shows that the gateway lives, and tells what a connection that only seems open has kept back.
import { Backoff } from "../../../shared/backoff.ts";
import { Cell } from "../../../shared/cell.ts";
import { asNumber, isObject, parseJson } from "../../../shared/json.ts";
import type { LinkState } from "../../../shared/not-connected.tsx";
import { Book, type Known, type News } from "../book.ts";
import { decodedAll } from "../entities.ts";
import { readHistory, sinceMidnight } from "../history.ts";
import { socketAddress, type Place, type SiteSettings } from "./place.ts";

export const ASK_AFTER_MS = 10_000;
const ANSWER_WITHIN_MS = 4000;
/** What was last heard longer ago than this, as after a sleep of the machine, is not the present. */
const UNSURE_AFTER_MS = 20_000;
/** Pages of the day that are asked for, of so many series each. */
const MOST_PAGES = 6;
const PAGE = 100;
/** Frames that may come before the state does. */
const MOST_WAITING = 1000;

export class MrLink {
  readonly known: Cell<Known>;
  /** Whether this page may say what is right from now on. */
  readonly mayChoose = new Cell<boolean>(false);
  readonly state = new Cell<LinkState>({ kind: "connecting", problem: null, since: null, retryInSeconds: null });
  readonly #place: Place;
  readonly #now: () => number;
  readonly #told: (news: News) => void;
  readonly #book = new Book();
  readonly #backoff = new Backoff();
  #settings: SiteSettings | null = null;
  #socket: WebSocket | null = null;
  /** Frames that wait for the state; `null` when it is known. */
  #waiting: unknown[] | null = null;
  #live = false;
  #lostAt: number | null = null;
  #problem: string | null = null;
  #retryAt: number | null = null;
  #heardAt = 0;
  #asking = false;
  /** The state told of something that the socket had not. */
  #suspect = false;
  #attempt = 0;

  /** `told` hears of every verdict that is news, except those that were there when the page was opened. */
  constructor(place: Place, now: () => number, told: (news: News) => void) {
    this.#place = place;
    this.#now = now;
    this.#told = told;
    this.known = new Cell(this.#book.known);
    void this.#connect();
  }

  /** Looks at the time: asks, notices silence, retries. Called a few times a second. */
  tick(): void {
    const now = this.#now();
    if (this.#live) {
      if (!this.#asking && now - this.#heardAt >= ASK_AFTER_MS) void this.#ask();
    } else if (this.#retryAt !== null && now >= this.#retryAt) {
      void this.#connect();
    }
    this.#show();
  }

  async #connect(): Promise<void> {
    this.#retryAt = null;
    const attempt = (this.#attempt += 1);
    this.#show();
    try {
      this.#settings = readSettings(await this.#get("settings"));
      this.mayChoose.value = this.#settings.choose;
    } catch (error) {
      if (attempt === this.#attempt) this.#lose(error instanceof Problem ? error.message : "The gateway does not answer.");
      return;
    }
    if (attempt !== this.#attempt) return;
    const address = socketAddress(this.#settings, location.hostname, this.#place.station);
    try {
      this.#listenTo(new WebSocket(address), attempt, `The gateway's WebSocket at ${address} cannot be reached.`);
    } catch {
      this.#lose(`This browser refuses ${address}: a page opened with https needs a WebSocket with TLS.`);
    }
  }

  #listenTo(socket: WebSocket, attempt: number, unreachable: string): void {
    this.#socket = socket;
    this.#waiting = [];
    const deadline = setTimeout(() => attempt === this.#attempt && !this.#live && this.#lose(unreachable), 2 * ANSWER_WITHIN_MS);
    socket.addEventListener("open", () => void this.#begin(attempt));
    socket.addEventListener("message", (event) => {
      if (this.#socket === socket && typeof event.data === "string") this.#hear(event.data);
    });
    socket.addEventListener("close", () => {
      clearTimeout(deadline);
      if (this.#socket === socket) this.#lose(this.#live ? "The gateway has closed the connection." : unreachable);
    });
  }

  /** The socket listens: what it says from now on comes after the state, or is in it already. */
  async #begin(attempt: number): Promise<void> {
    let state: unknown;
    try {
      state = await this.#get("state");
    } catch {
      if (attempt === this.#attempt) this.#lose("The gateway does not answer.");
      return;
    }
    if (attempt !== this.#attempt) return;
    const returned = this.#lostAt !== null;
    // Verdicts of the time before this page have no time here; those it missed came at some time while it was away.
    const news = this.#book.merge(this.#mine(state), null);
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    this.#live = true;
    this.#lostAt = null;
    this.#problem = null;
    this.#suspect = false;
    this.#backoff.reset();
    this.#heard();
    if (returned) news.forEach(this.#told);
    for (const frame of waiting) this.#take(frame);
    this.known.value = this.#book.known;
    this.#show();
    if (this.#settings?.history) await this.#remember(attempt);
  }

  /** The day so far. A page shows what it has when that does not come: nothing of it is the present. */
  async #remember(attempt: number): Promise<void> {
    const { station } = this.#place;
    const asked = new URLSearchParams({ since: sinceMidnight(Date.now()), limit: String(PAGE) });
    if (station !== null) asked.set("station", station);
    try {
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const read = readHistory(await this.#get(`history?${asked.toString()}`));
        if (read === null || attempt !== this.#attempt) return;
        this.#book.remember(read.series);
        this.known.value = this.#book.known;
        if (read.next === null) return;
        asked.set("before", String(read.next));
      }
    } catch {
      // As above; the next connection asks again.
    }
  }

  /** Says that this series is right from now on; what is returned is why not, or `null` when it is so. */
  async choose(station: string, uid: string): Promise<string | null> {
    try {
      const body = JSON.stringify({ station, uid });
      const headers = { "content-type": "application/json" };
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const response = await fetch(`${this.#place.root}choose`, { method: "POST", body, headers, signal });
      if (response.ok) return null;
      const told = (await response.text()).replace(/^Tieline: /, "").trim().slice(0, 300);
      return told === "" ? `The gateway answered with HTTP status ${response.status}.` : told;
    } catch {
      return "The gateway does not answer.";
    }
  }

  async #ask(): Promise<void> {
    if (this.#suspect) return this.#lose("The connection had gone silent.");
    this.#asking = true;
    const attempt = this.#attempt;
    try {
      const state = await this.#get("state");
      if (attempt !== this.#attempt) return;
      this.#heard();
      const news = this.#book.merge(this.#mine(state), Date.now());
      if (news.length === 0) return;
      this.#suspect = true;
      news.forEach(this.#told);
      this.known.value = this.#book.known;
    } catch {
      if (attempt === this.#attempt) this.#lose("The gateway does not answer.");
    } finally {
      this.#asking = false;
    }
  }

  #hear(text: string): void {
    this.#heard();
    this.#suspect = false;
    const frame = this.#decoded(parseJson(text));
    if (this.#waiting === null) {
      this.#take(frame);
      this.known.value = this.#book.known;
    } else if (this.#waiting.length < MOST_WAITING) {
      this.#waiting.push(frame);
    } else {
      this.#lose("More came than this page could take before it knew the state.");
    }
  }

  #take(frame: unknown): void {
    const { station } = this.#place;
    if (station !== null && isObject(frame) && frame["station"] !== station) return;
    const news = this.#book.hear(frame, Date.now());
    if (news) this.#told(news);
  }

  /** What of the state this page is about. */
  #mine(state: unknown): unknown {
    const { station } = this.#place;
    if (station === null || !isObject(state)) return state;
    return Object.fromEntries(Object.entries(state).filter(([, one]) => isObject(one) && one["station"] === station));
  }

  #decoded(value: unknown): unknown {
    return this.#settings?.escapeHtml ? decodedAll(value) : value;
  }

  async #get(name: string): Promise<unknown> {
    const response = await fetch(this.#place.root + name, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS), cache: "no-store" });
    if (response.status === 401 || response.status === 403) throw new Problem("The gateway does not let this page in.");
    if (!response.ok) throw new Problem(`The gateway answered with HTTP status ${response.status}.`);
    const value = (await response.json()) as unknown;
    return name === "settings" ? value : this.#decoded(value);
  }

  #heard(): void {
    this.#heardAt = this.#now();
  }

  #lose(problem: string): void {
    const socket = this.#socket;
    if (this.#live) this.#lostAt = Date.now() - this.#silentFor();
    this.#socket = null;
    this.#attempt += 1;
    this.#waiting = null;
    this.#live = false;
    this.#problem = problem;
    this.#retryAt = this.#now() + this.#backoff.next();
    socket?.close();
    this.#show();
  }

  /** A connection that was found to be dead has been so since it was last heard, at worst. */
  #silentFor(): number {
    return this.#socket?.readyState === WebSocket.OPEN ? this.#now() - this.#heardAt : 0;
  }

  #show(): void {
    const next = this.#present();
    if (JSON.stringify(next) !== JSON.stringify(this.state.value)) this.state.value = next;
  }

  #present(): LinkState {
    const silentFor = this.#now() - this.#heardAt;
    if (this.#live && silentFor < UNSURE_AFTER_MS) return { kind: "live" };
    if (this.#live) return { kind: "away", problem: "Nothing was heard for a while.", since: secondsOf(Date.now() - silentFor), retryInSeconds: null };
    const retryInSeconds = this.#retryAt === null ? null : Math.max(0, Math.ceil((this.#retryAt - this.#now()) / 1000));
    return { kind: this.#lostAt === null ? "connecting" : "away", problem: this.#problem, since: this.#lostAt, retryInSeconds };
  }
}

/** Whole seconds: two clocks never agree to the millisecond. */
function secondsOf(ms: number): number {
  return Math.round(ms / 1000) * 1000;
}

/** What went wrong, as a sentence for people. */
class Problem extends Error {}

function readSettings(json: unknown): SiteSettings {
  const port = isObject(json) ? asNumber(json["port"]) : null;
  if (!isObject(json) || port === null) throw new Problem("The gateway's answer could not be read.");
  const says = (name: string) => json[name] === true;
  return { port, tls: says("tls"), escapeHtml: says("escape_html"), history: says("history"), choose: says("choose") };
}
