// Who asked for what, how it went and how long it took: newest first.
import { useState } from "preact/hooks";
import { useCell } from "../../../shared/cell.ts";
import { count } from "../../../shared/format.ts";
import { isOpen, jobTitle, MOST_JOBS, STATE, type Job } from "../job.ts";
import { dayAndTime, tookText } from "../words.ts";
import { Problem, type ProjectLink } from "./link.ts";

export function Jobs({ link }: { readonly link: ProjectLink }) {
  const list = useCell(link.jobs);
  const [problem, setProblem] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const older = async () => {
    setAsking(true);
    setProblem(null);
    try {
      await link.olderJobs();
    } catch (error) {
      setProblem(error instanceof Problem ? error.message : "The gateway's answer could not be read.");
    }
    setAsking(false);
  };
  const known = list?.jobs ?? [];
  const open = known.filter(isOpen).length;
  const hasOlder = list !== null && known.length < list.total && known.length < MOST_JOBS;
  return (
    <section class="box jobs" aria-labelledby="jobs-title">
      <header class="view-head">
        <h2 id="jobs-title">Jobs</h2>
        <p class="view-facts">{list === null ? "" : `${known.length < list.total ? `the newest ${count(known.length)} of ` : ""}${count(list.total)}${open > 0 ? ` · ${count(open)} not finished` : ""}`}</p>
      </header>
      {list !== null && known.length === 0 && <p class="quiet">Nobody has asked for anything yet.</p>}
      {known.length > 0 && (
        <ol class="job-list" tabIndex={0} aria-label="Jobs, newest first">
          {known.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
          {hasOlder && (
            <li class="job-older">
              <button type="button" class="button" disabled={asking} onClick={() => void older()}>
                Older jobs
              </button>
            </li>
          )}
        </ol>
      )}
      {problem !== null && (
        <p class="view-problem" role="status">
          {problem}
        </p>
      )}
    </section>
  );
}

/** A reply that needs no line of its own. */
const SHORT = 12;

function JobRow({ job }: { readonly job: Job }) {
  const { mark, word } = STATE[job.state];
  const isFine = job.state === "done" || isOpen(job);
  // A detail that only repeats the reply says nothing.
  const [inLine, below] = isFine && job.reply !== null && job.reply.length <= SHORT ? [job.reply, null] : [null, job.reply];
  const said = [below, job.detail === job.reply ? null : job.detail].filter((one) => one !== null);
  return (
    <li class={`job job-${job.state}`}>
      <span class="job-mark" aria-hidden="true">
        {mark}
      </span>
      <span class="job-title" title={job.file ?? ""}>
        {jobTitle(job)}
      </span>
      <span class="job-state">
        {word}
        {job.tookMs !== null && ` in ${tookText(job.tookMs)}`}
      </span>
      <span class="job-who">
        {job.at !== null && <time dateTime={new Date(job.at).toISOString()}>{dayAndTime(job.at)}</time>} {job.by === "" ? "" : `by ${job.by}`} · job {job.id}
        {inLine !== null && ` · ${inLine}`}
      </span>
      {said.map((text, at) => (
        <span key={at} class={isFine ? "job-said" : "job-said job-bad"}>
          {text}
        </span>
      ))}
    </li>
  );
}
