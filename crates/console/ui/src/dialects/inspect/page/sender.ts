// Files on their way: one after the other, with how much of each has left, until one is told to stop. An upload cannot be
// followed with `fetch`, so this is the older way to send.
import { Cell } from "../../../shared/cell.ts";
import type { Job } from "../job.ts";
import { fileProblem, MOST_FILES, outcomeOf, uploadQuery, type Fields, type Outcome } from "../upload.ts";
import { ROOT } from "./link.ts";

export type Sending =
  | { readonly kind: "waiting" }
  | { readonly kind: "sending"; readonly part: number }
  /** All of it has left; the gateway imports. */
  | { readonly kind: "working" }
  | { readonly kind: "ended"; readonly ok: boolean; readonly text: string };

export interface Sent {
  readonly key: number;
  readonly file: string;
  readonly bytes: number;
  readonly sending: Sending;
}

export class Sender {
  /** What was given to it last, in that order. */
  readonly list = new Cell<readonly Sent[]>([]);
  readonly busy = new Cell(false);
  readonly #ended: (job: Job) => void;
  #request: XMLHttpRequest | null = null;
  #stopped = false;
  #keys = 0;

  constructor(ended: (job: Job) => void) {
    this.#ended = ended;
  }

  /** Sends these files; resolves when the last has ended. */
  async send(files: readonly File[], fields: Fields, most: number | null): Promise<void> {
    if (this.busy.value) return;
    this.busy.value = true;
    this.#stopped = false;
    const waiting = files.slice(0, MOST_FILES).map((file) => ({ file, key: (this.#keys += 1) }));
    this.list.value = waiting.map(({ file, key }) => ({ key, file: file.name, bytes: file.size, sending: { kind: "waiting" } }));
    for (const { file, key } of waiting) {
      const problem = this.#stopped ? "Not sent: stopped before." : fileProblem(file.size, most);
      const outcome: Outcome = problem === null ? await this.#one(file, key, fields) : { ok: false, text: problem, job: null };
      this.#say(key, { kind: "ended", ok: outcome.ok, text: outcome.text });
      if (outcome.job) this.#ended(outcome.job);
    }
    this.busy.value = false;
  }

  /** Stops what is on its way, and all that waits. */
  stop(): void {
    this.#stopped = true;
    this.#request?.abort();
  }

  #one(file: File, key: number, fields: Fields): Promise<Outcome> {
    const request = new XMLHttpRequest();
    this.#request = request;
    return new Promise((done) => {
      const failed = (text: string) => done({ ok: false, text, job: null });
      request.upload.addEventListener("progress", ({ loaded, total }) => this.#say(key, loaded < total ? { kind: "sending", part: loaded / total } : { kind: "working" }));
      request.upload.addEventListener("load", () => this.#say(key, { kind: "working" }));
      request.addEventListener("load", () => done(outcomeOf(request.status, request.responseText)));
      request.addEventListener("error", () => failed("The connection was lost: whether it was imported is not known, the jobs tell."));
      request.addEventListener("abort", () => failed("Stopped: whether it was imported is not known, the jobs tell."));
      request.open("POST", `${ROOT}upload?${uploadQuery(fields, file.name)}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      this.#say(key, { kind: "sending", part: 0 });
      request.send(file);
    });
  }

  #say(key: number, sending: Sending): void {
    this.list.value = this.list.value.map((one) => (one.key === key && one.sending.kind !== "ended" ? { ...one, sending } : one));
  }
}
