// "This is right from now on": the series becomes the template of its study and sequence, after one question. Offered where
// the gateway lets this page do so.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Series } from "../book.ts";
import { changes } from "../parameters.ts";
import { seriesName, type Verdict } from "../verdict.ts";

/** Of what changes; the rest is counted. */
const MOST = 12;

interface Props {
  readonly series: Series;
  /** Says so; what is returned is why not, or `null` when it is done. */
  readonly choose: (uid: string) => Promise<string | null>;
}

export function ChooseButton({ series, choose }: Props) {
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState<number | null>(null);
  const { verdict, report, key } = series;
  if (report === null || verdict.kind === "conforms" || verdict.reason !== null) return null;
  if (chosen === key) return <p class="chosen" role="status">Chosen: the next series are compared with this one.</p>;
  return (
    <div class="choose">
      <button type="button" class="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        This is right from now on
      </button>
      {open && <Question verdict={verdict} ask={() => choose(report.uid)} done={() => setChosen(key)} close={() => setOpen(false)} />}
    </div>
  );
}

interface QuestionProps {
  readonly verdict: Verdict;
  readonly ask: () => Promise<string | null>;
  readonly done: () => void;
  readonly close: () => void;
}

/** A modal dialog: the browser keeps the focus inside, closes it on Escape and gives the focus back. */
function Question({ verdict, ask, done, close }: QuestionProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const say = async () => {
    setAsking(true);
    const why = await ask();
    setAsking(false);
    setProblem(why);
    if (why === null) {
      done();
      close();
    }
  };
  const all = changes(verdict.differences);
  return (
    <dialog ref={dialog} class="question" aria-labelledby="question-head" onClose={close}>
      <h2 id="question-head">Is this right from now on?</h2>
      <p>
        <strong>{seriesName(verdict)}</strong> becomes the template: every later series of this name in this study is compared with it.
      </p>
      {all.length > 0 && (
        <table class="parameters">
          <thead>
            <tr>
              <th scope="col">Parameter</th>
              <th scope="col">Until now</th>
              <th scope="col">From now on</th>
            </tr>
          </thead>
          <tbody>
            {all.slice(0, MOST).map(({ label, before, after }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td>{before}</td>
                <td>{after}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {all.length > MOST && <p class="facts">And {all.length - MOST} more.</p>}
      {all.length === 0 && <p>There was no template until now.</p>}
      <p class="facts">Series that were judged before keep their verdict.</p>
      {problem !== null && <p class="question-problem" role="alert">{problem}</p>}
      <div class="question-buttons">
        <button type="button" class="button" autofocus onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button type="button" class="button button-firm" disabled={asking} onClick={() => void say()}>
          Yes, from now on
        </button>
      </div>
    </dialog>
  );
}
