// One conversation with the gateway: requests and their answers, monitors and what they tell. It knows no time but how long
// an answer may take, and ends for good when its socket does.
import { asText, isObject, parseJson, type JsonObject } from "../../../shared/json.ts";

/** The gateway gives up on a server after three seconds by default. */
export const ANSWER_WITHIN_MS = 8000;

export interface Answer {
  /** The status that came instead of an answer, by name; `null` when all is well. */
  readonly status: string | null;
  readonly body: unknown;
}

/** No answer will come any more: whether it was carried out is not known. */
export class Unanswered extends Error {}

export class Conversation {
  readonly #socket: WebSocket;
  readonly #heard: () => void;
  readonly #waiting = new Map<string, { readonly done: (answer: Answer) => void; readonly failed: (why: Unanswered) => void; readonly timer: ReturnType<typeof setTimeout> }>();
  readonly #monitors = new Map<string, (answer: Answer) => void>();
  #handles = 0;

  /** `heard` is told of every sign of life. */
  constructor(socket: WebSocket, heard: () => void) {
    this.#socket = socket;
    this.#heard = heard;
    socket.addEventListener("message", (event) => {
      if (typeof event.data === "string") this.#hear(event.data);
    });
    socket.addEventListener("close", () => this.end());
  }

  /** Asks; fails when no answer comes. */
  ask(type: string, body: JsonObject): Promise<Answer> {
    const handle = this.#handle();
    return new Promise((done, failed) => {
      const timer = setTimeout(() => this.#settle(handle)?.failed(new Unanswered("The gateway does not answer.")), ANSWER_WITHIN_MS);
      this.#waiting.set(handle, { done, failed, timer });
      if (!this.#send(type, handle, body)) this.#settle(handle)?.failed(new Unanswered("There is no connection."));
    });
  }

  /** Hears a variable until the returned function is called; what went wrong with the start is told in the same way. */
  monitor(variable: string, told: (answer: Answer) => void): () => void {
    const handle = this.#handle();
    this.#monitors.set(handle, told);
    this.#send("MONITORSTART_REQUEST", handle, { Variable: variable });
    return () => {
      this.#monitors.delete(handle);
      this.#send("MONITORSTOP_REQUEST", handle, { Variable: variable });
    };
  }

  /** Nothing comes any more. */
  end(): void {
    this.#monitors.clear();
    for (const handle of [...this.#waiting.keys()]) this.#settle(handle)?.failed(new Unanswered("The connection was lost."));
  }

  #handle(): string {
    this.#handles += 1;
    return String(this.#handles);
  }

  #send(type: string, handle: string, body: JsonObject): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify({ Header: { MessageType: type, ClientHandle: handle }, Body: body }));
    return true;
  }

  #settle(handle: string) {
    const waiting = this.#waiting.get(handle);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(handle);
    return waiting;
  }

  #hear(text: string): void {
    this.#heard();
    const message = parseJson(text);
    const header = isObject(message) && isObject(message["Header"]) ? message["Header"] : {};
    const handle = String(header["ClientHandle"]);
    const body = isObject(message) ? message["Body"] : undefined;
    const status = asText(header["StatusCode"]) ?? (isObject(body) ? asText(body["StatusCode"]) : null);
    const told = this.#monitors.get(handle);
    if (!told) return this.#settle(handle)?.done({ status, body });
    // That a monitor has started needs no words.
    if (header["MessageType"] === "MONITORUPDATE_MESSAGE" || status !== null) told({ status, body });
  }
}
