// The room display's connection: finds the hub, registers, pings, notices silence, comes back by itself. It keeps the exam
// in one place so that forgetting a patient is one assignment, and lets go of it whenever it may no longer be shown. Besides
// the console's messages it asks the hub whether the console is there.
import { fetchGateway, socketAddress, type Listener } from "../../../shared/api.ts";
import { Backoff } from "../../../shared/backoff.ts";
import { Cell } from "../../../shared/cell.ts";
import { Freshness } from "../../../shared/freshness.ts";
import { asNumber, asText, isObject, parseLoosely } from "../../../shared/json.ts";
import { COMMAND, IDLE, nextExam, type Exam } from "../exam.ts";
import { readPresence, type Presence } from "../presence.ts";

export const PING_EVERY_MS = 4000;
export const LIMITS = { staleAfterMs: 10_000, hideAfterMs: 60_000 };
const REGISTER_WITHIN_MS = 5000;

export interface Shown {
  readonly exam: Exam;
  /** Registered, and heard from lately. */
  readonly sure: boolean;
  readonly unsureForMs: number;
  /** Was sure at least once since the page was opened. */
  readonly wasSure: boolean;
  /** What was shown has been taken away because it was too old, or the console is away for too long. */
  readonly hidden: boolean;
  /** Whether the console is there; `null` when the hub does not say. */
  readonly presence: Presence | null;
  /** It is known that nobody is announced. */
  readonly nobody: boolean;
  /** How long what is not up to date is shown. */
  readonly hideAfterMs: number;
  /** What stands in the way, a sentence; `null` while all is well. */
  readonly problem: string | null;
  /** Seconds until the next attempt; `null` while one is under way or all is well. */
  readonly retryInSeconds: number | null;
}

export class DisplayLink {
  readonly shown = new Cell<Shown>({ exam: IDLE, sure: false, unsureForMs: 0, wasSure: false, hidden: false, presence: null, nobody: false, hideAfterMs: LIMITS.hideAfterMs, problem: null, retryInSeconds: null });
  readonly #receiver: number;
  readonly #now: () => number;
  readonly #limits = { ...LIMITS };
  readonly #freshness: Freshness;
  readonly #backoff = new Backoff();
  #socket: WebSocket | null = null;
  #listener: Listener | null = null;
  #exam: Exam = IDLE;
  /** What the hub tells right after the register reply, until all of it is known; `null` at other times. */
  #incoming: Exam | null = null;
  #registered = false;
  #wasSure = false;
  #hidden = false;
  #presence: Presence | null = null;
  #nobody = false;
  #problem: string | null = null;
  #retryAt: number | null = null;
  #openedAt = 0;
  #pingedAt = 0;
  #attempt = 0;

  constructor(receiver: number, now: () => number) {
    this.#receiver = receiver;
    this.#now = now;
    this.#freshness = new Freshness(this.#limits, now());
    void this.#connect();
  }

  /** Looks at the time: pings, notices silence, retries. Called a few times a second. */
  tick(): void {
    const now = this.#now();
    if (this.#socket) {
      if (this.#registered && !this.#freshness.read(now).sure) this.#lose("The gateway has gone silent.");
      else if (!this.#registered && now - this.#openedAt >= REGISTER_WITHIN_MS) this.#lose("The gateway does not answer.");
      else if (this.#registered && now - this.#pingedAt >= PING_EVERY_MS) this.#send(COMMAND.ping);
    } else if (this.#retryAt !== null && now >= this.#retryAt) {
      void this.#connect();
    }
    if (this.#freshness.read(now).hide && this.#exam !== IDLE) {
      this.#exam = IDLE;
      this.#hidden = true;
    }
    this.#show();
  }

  /** Forgets the patient: the page is being left. */
  forget(): void {
    this.#exam = IDLE;
    this.#lose("This page was left.");
  }

  async #connect(): Promise<void> {
    this.#retryAt = null;
    const attempt = (this.#attempt += 1);
    try {
      const gateway = await fetchGateway();
      this.#listener = gateway.listeners.find((one) => one.dialect === "vxvue") ?? null;
      if (this.#listener === null && attempt === this.#attempt) {
        return this.#lose("This gateway has no X-ray console hub: its configuration has no [vxvue] section.");
      }
    } catch {
      // The console may be away while the hub is not: the address it last had is worth an attempt.
    }
    if (attempt !== this.#attempt) return;
    const address = this.#listener && socketAddress(this.#listener, location.hostname);
    if (!address) return this.#lose("The gateway does not answer.");
    try {
      this.#listenTo(new WebSocket(address), `The X-ray console hub at ${address} cannot be reached.`);
    } catch {
      this.#lose(`This browser refuses ${address}: a page opened with https needs a hub with TLS.`);
    }
  }

  #listenTo(socket: WebSocket, unreachable: string): void {
    this.#socket = socket;
    this.#openedAt = this.#now();
    socket.addEventListener("open", () => {
      if (this.#socket !== socket) return;
      this.#send(COMMAND.register);
      this.#send(COMMAND.ping);
    });
    socket.addEventListener("message", (event) => {
      if (this.#socket === socket && typeof event.data === "string") this.#hear(event.data);
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#lose(this.#registered ? "The gateway has closed the connection." : unreachable);
    });
    this.#show();
  }

  #send(command: number): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#pingedAt = this.#now();
    const asks = command === COMMAND.register ? { tieline: "presence" } : {};
    this.#socket.send(JSON.stringify({ sender: this.#receiver, command, ...asks }));
  }

  #hear(text: string): void {
    // What a console says arrives as it was written, and the hub takes it loosely written too.
    const message = parseLoosely(text);
    if (!isObject(message)) return this.#hearUnreadable();
    const [command, data] = [asNumber(message["command"]), message["data"]];
    if (message["res"] === 0 && message["sender"] === 1) {
      const words = isObject(data) ? asText(data["message"]) : null;
      if (command === COMMAND.register) this.#lose(`The hub refuses this display: ${words ?? "no reason given"}`);
      return;
    }
    const presence = message["sender"] === 1 ? readPresence(message["presence"]) : null;
    if (presence) {
      this.#learn(presence);
    } else if (command === COMMAND.register) {
      this.#incoming = IDLE;
      this.#presence = null;
      this.#nobody = true;
    } else if (this.#incoming && command === COMMAND.ping) {
      // The hub answers in order, so this first pong comes after all that it had kept: the room is known now. What was
      // remembered from before is replaced, for it may have ended while nobody listened.
      this.#exam = this.#incoming;
      this.#incoming = null;
      this.#registered = this.#wasSure = true;
      this.#hidden = false;
      this.#problem = null;
      this.#backoff.reset();
    } else if (command !== null) {
      // An end that the gateway tells is not the console's word: who is next, or whether anybody is, is not known.
      if (command === COMMAND.complete) this.#nobody = message["sender"] !== 1;
      if (command === COMMAND.patient || command === COMMAND.corrected) this.#nobody = false;
      if (this.#incoming) this.#incoming = nextExam(this.#incoming, command, data);
      else if (this.#registered) this.#exam = nextExam(this.#exam, command, data);
    }
    if (this.#registered) this.#freshness.heard(this.#now());
    this.#show();
  }

  /** It may have named the next patient, so whoever was shown before is shown no longer. */
  #hearUnreadable(): void {
    this.#nobody = false;
    const unknown = { ...IDLE, unreadable: true };
    if (this.#incoming) this.#incoming = unknown;
    else if (this.#registered) this.#exam = unknown;
    if (this.#registered) this.#freshness.heard(this.#now());
    this.#show();
  }

  #learn(presence: Presence): void {
    // What was asked for may cross what is told by itself.
    if (this.#presence && presence.revision < this.#presence.revision) return;
    this.#presence = presence;
    this.#nobody = presence.nobody;
    this.#limits.hideAfterMs = presence.hideAfterMs ?? LIMITS.hideAfterMs;
  }

  #lose(problem: string): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#attempt += 1;
    this.#registered = false;
    this.#incoming = null;
    this.#freshness.closed(this.#now());
    this.#problem = problem;
    this.#retryAt = this.#now() + this.#backoff.next();
    socket?.close();
    this.#show();
  }

  #show(): void {
    const now = this.#now();
    const { sure, unsureForMs } = this.#freshness.read(now);
    const retryInSeconds = this.#retryAt === null ? null : Math.max(0, Math.ceil((this.#retryAt - now) / 1000));
    // What is hidden for want of a console is not forgotten: it is shown again when one returns in time.
    const isLeft = this.#presence?.state === "away" && this.#presence.hidden;
    const next = {
      exam: isLeft ? IDLE : this.#exam,
      sure: sure && this.#registered,
      unsureForMs: Math.floor(unsureForMs / 1000) * 1000,
      wasSure: this.#wasSure,
      hidden: this.#hidden || (isLeft && this.#exam !== IDLE),
      presence: this.#presence,
      nobody: this.#nobody,
      hideAfterMs: this.#limits.hideAfterMs,
      problem: this.#problem,
      retryInSeconds,
    };
    const former = this.shown.value;
    if ((Object.keys(next) as (keyof Shown)[]).some((key) => next[key] !== former[key])) this.shown.value = next;
  }
}
