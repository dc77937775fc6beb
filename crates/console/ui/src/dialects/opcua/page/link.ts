// The page's connection: finds the gateway's listener, asks what variables there are, watches those that are shown, notices
// silence, comes back by itself. A page cannot see WebSocket pings, so it asks for nothing in particular while nothing
// comes: any answer shows that the gateway lives.
import { fetchGateway, socketAddress, type Listener } from "../../../shared/api.ts";
import { Backoff } from "../../../shared/backoff.ts";
import { Cell } from "../../../shared/cell.ts";
import { isObject } from "../../../shared/json.ts";
import type { LinkState } from "../../../shared/not-connected.tsx";
import { nameWords } from "../status.ts";
import { readValue, type Reading } from "../value.ts";
import { readVariable, WRITABLE_TYPES, type Variable } from "../variable.ts";
import { Book, type View } from "./book.ts";
import { Conversation, Unanswered, type Answer } from "./conversation.ts";

export const ASK_AFTER_MS = 10_000;
const OPEN_WITHIN_MS = 8000;
/** What was last heard longer ago than this, as after a sleep of the machine, is not the present. */
const UNSURE_AFTER_MS = 20_000;
/** Names in one request. */
const CHUNK = 500;
/** Variables this page knows of at most. */
const MOST_VARIABLES = 20_000;
/** Values of a history at most. */
const MOST_VALUES = 5000;
/** The last hour. */
export const HISTORY_MS = 3_600_000;

export interface History {
  readonly values: readonly Reading[];
  /** There is more than the page asked for. */
  readonly truncated: boolean;
  /** Why there is none, in words. */
  readonly problem: string | null;
}

export class PlantLink {
  readonly view: Cell<View>;
  readonly state = new Cell<LinkState>({ kind: "connecting", problem: null, since: null, retryInSeconds: null });
  /** Counts what has come, at the pace at which the page shows it. */
  readonly turn = new Cell(0);
  readonly #now: () => number;
  readonly #book = new Book();
  readonly #backoff = new Backoff();
  readonly #watched = new Map<string, () => void>();
  #listener: Listener | null = null;
  #socket: WebSocket | null = null;
  #conversation: Conversation | null = null;
  #live = false;
  #lostAt: number | null = null;
  #problem: string | null = null;
  #retryAt: number | null = null;
  #heardAt = 0;
  #asking = false;
  #news = false;
  #attempt = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.view = new Cell(this.#book.view);
    void this.#connect();
  }

  /** Looks at the time: shows what came, asks, notices silence, retries. Called a few times a second. */
  tick(): void {
    const now = this.#now();
    if (this.#live) {
      if (!this.#asking && now - this.#heardAt >= ASK_AFTER_MS) void this.#askForLife();
    } else if (this.#retryAt !== null && now >= this.#retryAt) {
      void this.#connect();
    }
    this.#show();
    if (!this.#news) return;
    this.#news = false;
    this.turn.value += 1;
  }

  /** Shows only what is found by these words. */
  search(text: string): void {
    this.#book.search(text);
    this.#follow();
  }

  /** Writes a value, as a text of the variable's type; says how it went, in a sentence. */
  async write(variable: Variable, text: string): Promise<{ readonly ok: boolean; readonly text: string }> {
    const value = { Value: { Type: WRITABLE_TYPES[variable.type], Body: text } };
    const answer = await this.#ask("WRITE_REQUEST", { Variable: variable.name, Value: value });
    if (answer instanceof Unanswered) return { ok: false, text: `${answer.message} Whether the value was written is not known.` };
    if (answer.status !== null) return { ok: false, text: `Not written: ${nameWords(answer.status)}.` };
    return { ok: true, text: "Written." };
  }

  /** The last hour of a variable, oldest first. */
  async history(variable: Variable): Promise<History> {
    const start = new Date(Date.now() - HISTORY_MS).toISOString().replace(/\.\d+Z$/, "Z");
    const answer = await this.#ask("HISTORICALREAD_REQUEST", { Variable: variable.name, StartTime: start, EndTime: "NOW", MaxValues: MOST_VALUES });
    if (answer instanceof Unanswered) return { values: [], truncated: false, problem: answer.message };
    if (answer.status !== null) return { values: [], truncated: false, problem: `No history: ${nameWords(answer.status)}.` };
    const body = isObject(answer.body) ? answer.body : {};
    const values = Array.isArray(body["DataValues"]) ? body["DataValues"].slice(0, MOST_VALUES) : [];
    return { values: values.map(readValue).filter((one) => one !== null), truncated: String(body["Truncated"]) === "true", problem: null };
  }

  async #ask(type: string, body: { readonly [key: string]: unknown }): Promise<Answer | Unanswered> {
    try {
      if (!this.#conversation) throw new Unanswered("There is no connection.");
      return await this.#conversation.ask(type, body);
    } catch (error) {
      return error instanceof Unanswered ? error : new Unanswered("The gateway's answer could not be read.");
    }
  }

  async #connect(): Promise<void> {
    this.#retryAt = null;
    const attempt = (this.#attempt += 1);
    this.#show();
    try {
      const gateway = await fetchGateway();
      this.#listener = gateway.listeners.find((one) => one.dialect === "opcua") ?? null;
      if (this.#listener === null && attempt === this.#attempt) {
        return this.#lose("This gateway has no OPC UA variables: its configuration has no [opcua] section.");
      }
    } catch {
      // The console may be away while the listener is not: the address it last had is worth an attempt.
    }
    if (attempt !== this.#attempt) return;
    const address = this.#listener && socketAddress(this.#listener, location.hostname);
    if (!address) return this.#lose("The gateway does not answer.");
    try {
      this.#converse(new WebSocket(address), attempt, `The gateway's WebSocket at ${address} cannot be reached.`);
    } catch {
      this.#lose(`This browser refuses ${address}: a page opened with https needs a WebSocket with TLS.`);
    }
  }

  #converse(socket: WebSocket, attempt: number, unreachable: string): void {
    this.#socket = socket;
    this.#conversation = new Conversation(socket, () => (this.#heardAt = this.#now()));
    const deadline = setTimeout(() => attempt === this.#attempt && socket.readyState === WebSocket.CONNECTING && this.#lose(unreachable), OPEN_WITHIN_MS);
    socket.addEventListener("open", () => void this.#begin(attempt));
    socket.addEventListener("close", () => {
      clearTimeout(deadline);
      if (this.#socket === socket) this.#lose(this.#live ? "The gateway has closed the connection." : unreachable);
    });
  }

  /** Asks what there is; only then is the page live. */
  async #begin(attempt: number): Promise<void> {
    const listed = await this.#ask("VALUELIST_REQUEST", {});
    if (attempt !== this.#attempt) return;
    if (listed instanceof Unanswered) return this.#lose(listed.message);
    if (listed.status !== null) return this.#lose(`The gateway does not tell its variables: ${nameWords(listed.status)}.`);
    const names = textsIn(listed.body).slice(0, MOST_VARIABLES);
    const variables: Variable[] = [];
    for (let at = 0; at < names.length; at += CHUNK) {
      const told = await this.#ask("VALUEINFO_REQUEST", { Variables: names.slice(at, at + CHUNK) });
      if (attempt !== this.#attempt) return;
      if (told instanceof Unanswered) return this.#lose(told.message);
      variables.push(...listIn(told.body).map(readVariable).filter((one) => one !== null));
    }
    this.#live = true;
    this.#lostAt = null;
    this.#problem = null;
    this.#backoff.reset();
    this.#heardAt = this.#now();
    this.#book.know(variables);
    this.#follow();
    this.#show();
  }

  /** Watches what is shown, and nothing else. */
  #follow(): void {
    this.view.value = this.#book.view;
    const conversation = this.#conversation;
    if (!this.#live || conversation === null) return;
    const names = new Set(this.#book.view.shown.map((one) => one.variable.name));
    for (const [name, stop] of this.#watched) {
      if (names.has(name)) continue;
      this.#watched.delete(name);
      stop();
    }
    for (const name of names) {
      if (this.#watched.has(name)) continue;
      this.#watched.set(name, conversation.monitor(name, (answer) => this.#hear(name, answer)));
    }
  }

  #hear(name: string, { status, body }: Answer): void {
    const reading = readValue(status === null ? body : { StatusCode: status });
    if (reading === null) return;
    this.#book.hear(name, reading, Date.now());
    this.#news = true;
  }

  async #askForLife(): Promise<void> {
    this.#asking = true;
    const attempt = this.#attempt;
    const answer = await this.#ask("VALUEINFO_REQUEST", { Variables: [] });
    this.#asking = false;
    if (attempt === this.#attempt && answer instanceof Unanswered) this.#lose("The gateway does not answer.");
  }

  #lose(problem: string): void {
    const socket = this.#socket;
    if (this.#live) {
      // A connection that was found to be dead has been so since it was last heard, at worst.
      this.#lostAt = Date.now() - (socket?.readyState === WebSocket.OPEN ? this.#now() - this.#heardAt : 0);
      this.#book.interrupt(Date.now());
      this.#news = true;
    }
    this.#socket = null;
    this.#attempt += 1;
    this.#live = false;
    this.#watched.clear();
    this.#conversation?.end();
    this.#conversation = null;
    this.#problem = problem;
    this.#retryAt = this.#now() + this.#backoff.next();
    socket?.close();
    this.#show();
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
    return { kind: this.#lostAt === null ? "connecting" : "away", problem: this.#problem, since: this.#lostAt === null ? null : secondsOf(this.#lostAt), retryInSeconds };
  }
}

/** Whole seconds: two clocks never agree to the millisecond. */
function secondsOf(ms: number): number {
  return Math.round(ms / 1000) * 1000;
}

/** An empty list may come as an empty text. */
function listIn(body: unknown): readonly unknown[] {
  return isObject(body) && Array.isArray(body["Variables"]) ? body["Variables"] : [];
}

function textsIn(body: unknown): readonly string[] {
  return listIn(body).filter((one) => typeof one === "string");
}
