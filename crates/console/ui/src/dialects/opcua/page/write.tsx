// A value to write: said, confirmed, sent once, and what became of it in words.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { valueProblem, type Variable } from "../variable.ts";
import type { PlantLink } from "./link.ts";

interface Props {
  readonly link: PlantLink;
  readonly variable: Variable;
  readonly live: boolean;
}

type Stage = "typing" | "asked" | "sent";

export function WriteForm({ link, variable, live }: Props) {
  const isTruth = variable.type === "Boolean";
  const [draft, setDraft] = useState(isTruth ? "true" : "");
  const [stage, setStage] = useState<Stage>("typing");
  const [problem, setProblem] = useState<string | null>(null);
  const [answer, setAnswer] = useState<{ readonly ok: boolean; readonly text: string } | null>(null);
  const confirm = useRef<HTMLButtonElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const text = variable.type === "String" ? draft : draft.trim();
  // At once: a key that is pressed now is meant for the question.
  useLayoutEffect(() => {
    if (stage === "asked") confirm.current?.focus();
  }, [stage]);
  // What was confirmed was meant for the connection that was there then.
  useEffect(() => {
    if (!live) setStage((now) => (now === "asked" ? "typing" : now));
  }, [live]);

  const back = () => {
    setStage("typing");
    form.current?.querySelector<HTMLElement>("#value")?.focus();
  };
  const check = (event: Event) => {
    event.preventDefault();
    setAnswer(null);
    const found = valueProblem(variable, text);
    setProblem(found);
    if (found === null) setStage("asked");
  };
  const send = async () => {
    setStage("sent");
    const came = await link.write(variable, text);
    setAnswer(came);
    back();
  };
  return (
    <form ref={form} class="write" aria-label={`Write ${variable.title}`} onSubmit={check}>
      <label for="value">New value{variable.unit !== "" && ` in ${variable.unit}`}</label>
      <div class="write-line">
        {isTruth ? (
          <select id="value" class="field" value={draft} disabled={stage !== "typing"} onChange={(event) => setDraft(event.currentTarget.value)}>
            <option value="true">yes</option>
            <option value="false">no</option>
          </select>
        ) : (
          <input
            id="value"
            class="field"
            value={draft}
            maxLength={1000}
            inputMode={variable.type === "String" ? "text" : "decimal"}
            autocomplete="off"
            spellcheck={false}
            disabled={stage !== "typing"}
            aria-invalid={problem !== null}
            aria-describedby="write-answer"
            onInput={(event) => {
              setDraft(event.currentTarget.value);
              setProblem(null);
            }}
          />
        )}
        {stage === "typing" && (
          <button type="submit" class="button" disabled={!live}>
            Write…
          </button>
        )}
      </div>
      {stage === "asked" && (
        <div
          class="confirm"
          role="group"
          aria-label="Confirm"
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            back();
          }}
        >
          <p>
            Write <strong>{shownAs(variable, text)}</strong> to {variable.title}? The plant follows at once.
          </p>
          <button ref={confirm} type="button" class="button button-strong" onClick={() => void send()}>
            Write it
          </button>
          <button type="button" class="button" onClick={back}>
            Do not
          </button>
        </div>
      )}
      <p id="write-answer" role="status" class={problem !== null || answer?.ok === false ? "write-bad" : "write-good"}>
        {stage === "sent" ? "Writing…" : (problem ?? answer?.text ?? "")}
      </p>
    </form>
  );
}

function shownAs({ type, unit }: Variable, text: string): string {
  if (type === "Boolean") return text === "true" ? "yes" : "no";
  return `${text === "" ? "an empty text" : text}${unit === "" ? "" : ` ${unit}`}`;
}
