// The way to import by hand: files chosen or dropped, what the command needs to know, and what became of each file.
import { useEffect, useRef, useState } from "preact/hooks";
import { useCell } from "../../../shared/cell.ts";
import type { Project, Series } from "../project.ts";
import { commandFor, fieldsProblem, MOST_FILES, type Fields } from "../upload.ts";
import { bytesText, counted, exactText } from "../words.ts";
import type { Sender, Sent } from "./sender.ts";

interface Props {
  readonly sender: Sender;
  readonly project: Project;
  readonly live: boolean;
  /** The series that is looked at: what is imported most likely belongs there. */
  readonly series: Series | null;
}

const MODES: readonly (readonly [string, string])[] = [
  ["clipboard", "the clipboard, in place of what is there"],
  ["new_stage", "a new stage"],
];

export function Import({ sender, project, live, series }: Props) {
  const busy = useCell(sender.busy);
  const list = useCell(sender.list);
  const [files, setFiles] = useState<readonly File[]>([]);
  const [fields, setFields] = useState<Fields>({ command: project.commands[0] ?? "image", series: "", focalLength: "", importMode: "clipboard" });
  const [problem, setProblem] = useState<string | null>(null);
  const [isOver, setIsOver] = useState(false);
  const touched = useRef(false);
  const chooser = useRef<HTMLInputElement>(null);
  const change = (some: Partial<Fields>) => {
    setProblem(null);
    setFields((before) => ({ ...before, ...some }));
  };
  const focalOf = (one: Series | null | undefined) => (one?.focalLength == null ? {} : { focalLength: exactText(one.focalLength) });
  // What somebody has written stays.
  useEffect(() => {
    if (series !== null && !touched.current) change({ series: series.name, ...focalOf(series) });
  }, [series?.id]);

  const take = (chosen: readonly File[]) => {
    setFiles(chosen.slice(0, MOST_FILES));
    setProblem(chosen.length > MOST_FILES ? `Only the first ${MOST_FILES} files are taken.` : null);
    const command = chosen[0] && commandFor(chosen[0].name, project.commands);
    if (command) setFields((before) => ({ ...before, command }));
  };
  // A file may be dropped anywhere: a browser would otherwise leave the page for it.
  const taking = useRef(take);
  taking.current = take;
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setIsOver(false);
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsOver(false);
      const { current } = chooser;
      if (!current || current.disabled || !event.dataTransfer) return;
      current.files = event.dataTransfer.files;
      taking.current([...event.dataTransfer.files]);
      current.focus();
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);

  const submit = async (event: Event) => {
    event.preventDefault();
    const found = files.length === 0 ? "No file is chosen." : fieldsProblem(fields);
    setProblem(found);
    if (found !== null) return;
    await sender.send(files, fields, project.uploadBytes);
    setFiles([]);
    if (chooser.current) chooser.current.value = "";
  };
  const { command } = fields;
  return (
    <section class={`box import${isOver ? " import-over" : ""}`} aria-labelledby="import-title">
      <h2 id="import-title">Import</h2>
      <form class="import-form" aria-label="Import" onSubmit={(event) => void submit(event)}>
        <div class="drop">
          <label for="files">Files: choose them, or drop them anywhere on this page</label>
          <input ref={chooser} id="files" type="file" multiple disabled={busy} onChange={(event) => take([...(event.currentTarget.files ?? [])])} />
          <p class="quiet" role="status">
            {chosenWords(files)}
          </p>
        </div>
        <div class="import-field">
          <label for="command">Import as</label>
          <select id="command" class="field" value={command} disabled={busy} onChange={(event) => change({ command: event.currentTarget.value })}>
            {project.commands.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </div>
        {command === "image" && (
          <>
            <div class="import-field">
              <label for="series">Series</label>
              <input
                id="series"
                class="field"
                list="series-names"
                value={fields.series}
                maxLength={500}
                disabled={busy}
                autocomplete="off"
                onInput={(event) => {
                  touched.current = true;
                  const name = event.currentTarget.value;
                  change({ series: name, ...focalOf(project.series.find((one) => one.name === name)) });
                }}
              />
              <datalist id="series-names">
                {project.series.map(({ id, name }) => (
                  <option key={id} value={name} />
                ))}
              </datalist>
            </div>
            <div class="import-field">
              <label for="focal">Focal length in mm</label>
              <input
                id="focal"
                class="field"
                value={fields.focalLength}
                inputMode="decimal"
                maxLength={50}
                disabled={busy}
                autocomplete="off"
                aria-invalid={problem !== null && files.length > 0}
                aria-describedby="import-problem"
                onInput={(event) => {
                  touched.current = true;
                  change({ focalLength: event.currentTarget.value });
                }}
              />
            </div>
          </>
        )}
        {command === "elements" && (
          <div class="import-field">
            <label for="mode">Into</label>
            <select id="mode" class="field" value={fields.importMode} disabled={busy} onChange={(event) => change({ importMode: event.currentTarget.value })}>
              {MODES.map(([mode, words]) => (
                <option key={mode} value={mode}>
                  {words}
                </option>
              ))}
            </select>
          </div>
        )}
        <p id="import-problem" class="import-problem" role="alert">
          {problem ?? ""}
        </p>
        <div class="import-tools">
          <button type="submit" class="button button-strong" disabled={busy || !live}>
            Import
          </button>
          {busy && (
            <button type="button" class="button" onClick={() => sender.stop()}>
              Stop
            </button>
          )}
        </div>
      </form>
      <SentList list={list} busy={busy} />
    </section>
  );
}

function chosenWords(files: readonly File[]): string {
  const [first] = files;
  if (!first) return "";
  const bytes = bytesText(files.reduce((sum, { size }) => sum + size, 0));
  return files.length === 1 ? `${first.name}, ${bytes}` : `${counted(files.length, "file")}, ${bytes}`;
}

function SentList({ list, busy }: { readonly list: readonly Sent[]; readonly busy: boolean }) {
  if (list.length === 0) return null;
  const ended = list.filter(({ sending }) => sending.kind === "ended");
  const fine = ended.filter(({ sending }) => sending.kind === "ended" && sending.ok).length;
  return (
    <>
      <p class="quiet" role="status">
        {busy ? `${ended.length} of ${counted(list.length, "file")} ended.` : `${fine} of ${counted(list.length, "file")} imported.`}
      </p>
      <ol class="sent-list" tabIndex={0} aria-label="Files">
        {list.map((one) => (
          <li key={one.key} class="sent">
            <span class="sent-file">{one.file}</span>
            <SendingState sent={one} />
          </li>
        ))}
      </ol>
    </>
  );
}

function SendingState({ sent: { file, sending } }: { readonly sent: Sent }) {
  switch (sending.kind) {
    case "waiting":
      return <span class="quiet">Waiting</span>;
    case "sending":
      return <progress max={1} value={sending.part} aria-label={`${file}, on its way`} />;
    case "working":
      return <span class="quiet">Sent; the gateway works on it…</span>;
    case "ended":
      return (
        <span class={sending.ok ? "sent-fine" : "sent-bad"}>
          <span aria-hidden="true">{sending.ok ? "✓ " : "✕ "}</span>
          {sending.text}
        </span>
      );
  }
}
