// The page's view of the gateway: asks what there is, hears of every job that ends, asks again what that changed, notices
// silence, comes back by itself. Nothing tells of a job that begins: the newest job is looked at every two seconds.
import { Backoff } from "../../../shared/backoff.ts";
import { Cell } from "../../../shared/cell.ts";
import type { LinkState } from "../../../shared/not-connected.tsx";
import type { Listening, Tail } from "../../../shared/tail.ts";
import { isOpen, mergedJobs, readJob, readJobs, type Job, type JobList } from "../job.ts";
import { readProject, type Project } from "../project.ts";

export const ROOT = "api/inspect/";
const ANSWER_WITHIN_MS = 8000;
const ASK_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 2000;
/** News that come together are asked for together. */
const NEWS_WAIT_MS = 150;
const NEWS_EVERY_MS = 500;
/** What was last heard longer ago than this, as after a sleep of the machine, is not the present. */
const UNSURE_AFTER_MS = 25_000;
const JOBS_AT_ONCE = 50;
/** Jobs that have not ended and are asked for one by one, since newer ones fill the list. */
const MOST_SINGLE = 10;

/** What went wrong, as a sentence for people. */
export class Problem extends Error {}

export class ProjectLink {
  readonly state = new Cell<LinkState>({ kind: "connecting", problem: null, since: null, retryInSeconds: null });
  readonly project = new Cell<Project | null>(null);
  readonly jobs = new Cell<JobList | null>(null);
  /** Counts the times it came back: what was not to be had may be there now. */
  readonly epoch = new Cell(0);
  readonly #now: () => number;
  readonly #tail: Tail;
  readonly #backoff = new Backoff();
  readonly #listening: Listening = { hear: () => this.hurry(), miss: () => this.hurry() };
  #live = false;
  #resting = false;
  #asking = false;
  #askAt = 0;
  #lookAt = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #heardAt = 0;
  #lostAt: number | null = null;
  #problem: string | null = null;

  constructor(now: () => number, tail: Tail) {
    this.#now = now;
    this.#tail = tail;
    this.#askAt = now();
    tail.want(this.#listening, ["inspect.>"]);
    // It is back: no need to wait for the next attempt.
    tail.state.watch((state) => state === "live" && !this.#live && !this.#resting && (this.#askAt = Math.min(this.#askAt, this.#now())));
  }

  /** Looks at the time: asks, notices silence, retries. Called a few times a second. */
  tick(): void {
    if (!this.#resting && !this.#asking) {
      if (this.#now() >= this.#askAt) void this.#ask();
      else if (this.#live && this.#now() >= this.#lookAt) void this.#look();
    }
    this.#show();
  }

  /** Asks soon: something has changed. */
  hurry(): void {
    // While it is away, its own pace decides.
    if (!this.#live) return;
    this.#askAt = Math.min(this.#askAt, Math.max(this.#now() + NEWS_WAIT_MS, this.#askedAt + NEWS_EVERY_MS));
  }

  /** Asks nothing while nobody looks. */
  rest(resting: boolean): void {
    this.#resting = resting;
    this.#tail.rest(resting);
    if (!resting) this.#askAt = this.#now();
  }

  /** What stands at this path below the gateway's API for this dialect. */
  async get(path: string): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(ROOT + path, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS), cache: "no-store" });
    } catch {
      throw new Problem("The gateway does not answer.");
    }
    if (response.status === 401 || response.status === 403) throw new Problem("The gateway does not let this page in.");
    if (response.status === 503) throw new Problem("The gateway answers, but what imports for it has stopped.");
    if (response.status === 404) {
      throw new Problem(path === "project" ? "This gateway has no measuring project: its configuration has no [inspect] section." : "It is no longer there.");
    }
    if (!response.ok) throw new Problem(`The gateway answered with HTTP status ${response.status}.`);
    try {
      return (await response.json()) as unknown;
    } catch {
      throw new Problem("The gateway's answer could not be read.");
    }
  }

  /** Asks for jobs from before those that are known. */
  async olderJobs(): Promise<void> {
    const known = this.jobs.value;
    const oldest = known?.jobs[known.jobs.length - 1];
    if (!known || !oldest) return;
    const told = readJobs(await this.get(`jobs?before=${oldest.id}&limit=${JOBS_AT_ONCE}`));
    if (!told) throw new Problem("The gateway's answer could not be read.");
    const now = this.jobs.value ?? known;
    this.jobs.value = { jobs: mergedJobs(now.jobs, told.jobs, false), total: now.total };
  }

  /** A job that this page itself asked for has ended. */
  ended(job: Job): void {
    const known = this.jobs.value;
    if (known && !known.jobs.some(({ id }) => id === job.id)) {
      this.jobs.value = { jobs: mergedJobs(known.jobs, [job], false), total: known.total + 1 };
    }
    this.hurry();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#askedAt = this.#now();
    this.#askAt = Number.POSITIVE_INFINITY;
    try {
      const [project, jobs] = await Promise.all([this.get("project").then(readProject), this.get(`jobs?limit=${JOBS_AT_ONCE}`).then(readJobs)]);
      if (!project || !jobs) throw new Problem("The gateway's answer could not be read.");
      this.#keep(this.project, project);
      const open = await this.#openOnes(jobs.jobs);
      const merged = mergedJobs(mergedJobs(this.jobs.value?.jobs ?? [], jobs.jobs, true), open, false);
      this.#keep(this.jobs, { jobs: merged, total: jobs.total });
      this.#heardAt = this.#now();
      if (!this.#live) this.epoch.value += 1;
      this.#live = true;
      this.#lostAt = null;
      this.#problem = null;
      this.#backoff.reset();
      this.#lookAt = this.#now() + LOOK_EVERY_MS;
      this.#askAt = Math.min(this.#askAt, this.#now() + (merged.some(isOpen) ? LOOK_EVERY_MS : ASK_EVERY_MS));
    } catch (error) {
      if (this.#live) this.#lostAt = Date.now();
      this.#live = false;
      this.#problem = error instanceof Problem ? error.message : "The gateway's answer could not be read.";
      this.#askAt = this.#now() + this.#backoff.next();
    } finally {
      this.#asking = false;
      this.#show();
    }
  }

  /** Whether the newest job is another one than it was. */
  async #look(): Promise<void> {
    this.#lookAt = Number.POSITIVE_INFINITY;
    const told = await this.get("jobs?limit=1").then(readJobs, () => null);
    this.#lookAt = this.#now() + LOOK_EVERY_MS;
    const known = this.jobs.value;
    if (told === null || told.total !== known?.total || JSON.stringify(told.jobs[0]) !== JSON.stringify(known.jobs[0])) this.hurry();
    else this.#heardAt = this.#now();
  }

  /** Older jobs that had not ended when they were last told. */
  async #openOnes(told: readonly Job[]): Promise<readonly Job[]> {
    const open = (this.jobs.value?.jobs ?? []).filter((job) => isOpen(job) && !told.some(({ id }) => id === job.id)).slice(0, MOST_SINGLE);
    const found = await Promise.all(open.map(({ id }) => this.get(`jobs/${id}`).then(readJob, () => null)));
    return found.filter((job) => job !== null);
  }

  /** What has not changed stays the same thing, so that nothing is drawn again for it. */
  #keep<T>(cell: Cell<T>, value: T): void {
    if (JSON.stringify(cell.value) !== JSON.stringify(value)) cell.value = value;
  }

  #show(): void {
    const next = this.#present();
    if (JSON.stringify(next) !== JSON.stringify(this.state.value)) this.state.value = next;
  }

  #present(): LinkState {
    const silentFor = this.#now() - this.#heardAt;
    if (this.#live && silentFor < UNSURE_AFTER_MS) return { kind: "live" };
    if (this.#live) return { kind: "away", problem: "Nothing was heard for a while.", since: secondsOf(Date.now() - silentFor), retryInSeconds: null };
    const retryInSeconds = Number.isFinite(this.#askAt) ? Math.max(0, Math.ceil((this.#askAt - this.#now()) / 1000)) : null;
    return { kind: this.#lostAt === null ? "connecting" : "away", problem: this.#problem, since: this.#lostAt === null ? null : secondsOf(this.#lostAt), retryInSeconds };
  }
}

/** Whole seconds: two clocks never agree to the millisecond. */
function secondsOf(ms: number): number {
  return Math.round(ms / 1000) * 1000;
}
