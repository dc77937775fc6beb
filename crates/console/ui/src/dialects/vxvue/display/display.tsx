// The room display: one patient, one step, one state, as large as the screen allows; calm when there is nobody.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useCell } from "../../../shared/cell.ts";
import { clockTime, duration } from "../../../shared/format.ts";
import { useTick } from "../../../shared/ticking.ts";
import { IDLE, phaseOf, type Exam } from "../exam.ts";
import { awayText, rivalsText, type Presence } from "../presence.ts";
import { FitLine } from "../../../shared/fit-line.tsx";
import { fitPage } from "./fit-page.ts";
import { type DisplayLink, type Shown } from "./link.ts";
import type { Receiver } from "./options.ts";

export function DisplayPage({ link, receiver }: { readonly link: DisplayLink; readonly receiver: Receiver }) {
  const shown = useCell(link.shown);
  const page = useRef<HTMLDivElement>(null);
  const fit = () => void (page.current && fitPage(page.current));
  useLayoutEffect(fit);
  useEffect(() => {
    addEventListener("resize", fit);
    return () => removeEventListener("resize", fit);
  }, []);
  const mode = shown.sure ? (isAway(shown) ? "away" : "sure") : shown.wasSure ? "stale" : "waiting";
  return (
    <div ref={page} class={`display mode-${mode}`}>
      <Band shown={shown} />
      <main class="stage-area">
        <h1 class="visually-hidden">X-ray room display</h1>
        {phaseOf(shown.exam) === "idle" ? <Idle shown={shown} /> : <ExamScreen exam={shown.exam} />}
      </main>
      <Foot receiver={receiver} presence={shown.sure ? shown.presence : null} />
    </div>
  );
}

function isAway({ presence }: Shown): boolean {
  return presence?.state === "away";
}

/** The top of the screen: where the exam is while that is sure, and otherwise that it is not. */
function Band({ shown }: { readonly shown: Shown }) {
  const phase = phaseOf(shown.exam);
  const state = phase === "running" ? "Exam in progress" : phase === "ready" ? "Exam not started" : "";
  const lastKnown = state && <span>Last known: {state.toLowerCase()}. </span>;
  if (shown.sure && shown.presence?.state === "away") {
    return (
      <div class="band band-away" role="alert">
        <p class="band-head">{awayText(shown.presence)}</p>
        <p class="band-text">
          {lastKnown}
          <span>The X-ray console is not connected.</span>
        </p>
      </div>
    );
  }
  if (shown.sure) {
    return (
      <div class={`band band-${phase}`} role="status">
        <p class="band-head">{state}</p>
      </div>
    );
  }
  const { problem, retryInSeconds, unsureForMs } = shown;
  const retry = retryInSeconds === null ? "Connecting…" : retryInSeconds > 0 ? `Reconnecting in ${retryInSeconds} s.` : "Reconnecting…";
  return (
    <div class={shown.wasSure ? "band band-stale" : "band band-waiting"} role="alert">
      <p class="band-head">
        {shown.wasSure ? "Not up to date" : "Connecting to the X-ray room"}
        {/* Figures that change each second are for eyes alone. */}
        {shown.wasSure && <span aria-hidden="true"> for {duration(unsureForMs)}</span>}
      </p>
      <p class="band-text">
        {lastKnown}
        <span>{problem ?? ""} </span>
        <span aria-hidden="true">{retry}</span>
        {shown.exam !== IDLE && <span aria-hidden="true"> Hiding the patient in {duration(Math.max(0, shown.hideAfterMs - unsureForMs))}.</span>}
      </p>
    </div>
  );
}

function Idle({ shown }: { readonly shown: Shown }) {
  const [head, text] = idleText(shown);
  return (
    <div class="idle" role="status">
      <p class="idle-head">{head}</p>
      <p class="idle-text">{text}</p>
    </div>
  );
}

function idleText(shown: Shown): readonly [string, string] {
  if (shown.hidden) return ["Patient hidden", "What was shown is too old to be trusted. Look at the X-ray console."];
  if (!shown.sure) return ["No connection to the X-ray room", "Look at the X-ray console."];
  if (shown.nobody && !isAway(shown)) return ["Ready for the next patient", "Nobody is announced."];
  return ["Waiting for the console", "The X-ray console has not said who is next."];
}

function ExamScreen({ exam }: { readonly exam: Exam }) {
  const { patient, unreadable, step } = exam;
  return (
    <div class="exam" role="status">
      <section class="patient" aria-label="Patient">
        <FitLine class="patient-name" text={patient?.name ?? (patient ? "Name not known" : unreadable ? "Patient cannot be read" : "No patient announced")} />
        {patient && patient.otherNames.length > 0 && <p class="patient-other">{patient.otherNames.join(" · ")}</p>}
        <dl class="patient-facts">
          <div>
            <dt>ID</dt>
            <dd>{patient?.id ?? "–"}</dd>
          </div>
          <div>
            <dt>Born</dt>
            <dd>{patient ? (patient.birth ?? "not known") : "–"}</dd>
          </div>
        </dl>
      </section>
      <section class="step" aria-label="Step">
        <FitLine class="step-part" text={step?.bodyPart ?? (step ? "–" : "No step chosen yet")} quiet={!step} />
        <FitLine class="step-projection" text={step?.projection ?? "\u00a0"} />
      </section>
    </div>
  );
}

function Foot({ receiver, presence }: { readonly receiver: Receiver; readonly presence: Presence | null }) {
  const rivals = presence && rivalsText(presence);
  useTick(1000);
  const [full, setFull] = useState(false);
  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, []);
  const toggle = () => void (full ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => undefined);
  return (
    <footer class="foot">
      <span>{receiver.problem ?? `X-ray room display · type ${receiver.type}`}</span>
      {rivals && (
        <span class="foot-rivals" role="alert">
          {rivals}
        </span>
      )}
      {document.fullscreenEnabled && (
        <button type="button" class="button" onClick={toggle}>
          {full ? "Leave full screen" : "Full screen"}
        </button>
      )}
      {/* A clock that stands still tells that the browser does. */}
      <time aria-hidden="true">{clockTime(Date.now())}</time>
    </footer>
  );
}
