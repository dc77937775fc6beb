// The page of the measuring project: what there is on one side, what is looked at in the middle, imports on the other side.
import { useEffect, useState } from "preact/hooks";
import { fetchGateway, socketAddress } from "../../../shared/api.ts";
import { useCell } from "../../../shared/cell.ts";
import mark from "../../../shared/mark.svg";
import { LinkPill, NotConnected } from "../../../shared/not-connected.tsx";
import { useTick } from "../../../shared/ticking.ts";
import { isOpen, seriesTitle } from "../job.ts";
import { hashOf, newestPlace, readPlace, stageAt, type Place } from "../place.ts";
import type { Project } from "../project.ts";
import { counted } from "../words.ts";
import { StageView } from "./elements.tsx";
import { Import } from "./import.tsx";
import { Jobs } from "./jobs.tsx";
import type { ProjectLink } from "./link.ts";
import type { Sender } from "./sender.ts";
import { SeriesView } from "./series.tsx";

interface Props {
  readonly link: ProjectLink;
  readonly sender: Sender;
}

export function ProjectPage({ link, sender }: Props) {
  useTick(1000);
  const state = useCell(link.state);
  const project = useCell(link.project);
  const jobs = useCell(link.jobs);
  const place = usePlace(project);
  const live = state.kind === "live";
  const open = jobs?.jobs.filter(isOpen).length ?? 0;
  useEffect(() => {
    document.title = `${live ? (open > 0 ? `${open} running · ` : "") : "Not connected · "}Measuring project`;
  }, [live, open]);
  return (
    <div class="project">
      <header class="project-top">
        <img src={mark} alt="" width="32" height="32" />
        <h1>Measuring project</h1>
        <LinkPill state={state} />
      </header>
      <NotConnected state={state} known={project !== null} />
      {project === null ? (
        <main>
          <p class="quiet">The project appears here as soon as the gateway tells it.</p>
        </main>
      ) : (
        <main class={`project-main${live ? "" : " stale"}`}>
          <Contents project={project} place={place} />
          <Shown link={link} project={project} place={place} />
          <div class="project-side">
            <Import sender={sender} project={project} live={live} series={place?.kind === "series" ? (project.series.find(({ id }) => id === place.id) ?? null) : null} />
            <Jobs link={link} />
          </div>
        </main>
      )}
    </div>
  );
}

/** Follows the address; a visitor who names nothing is shown what is newest, once. */
function usePlace(project: Project | null): Place | null {
  const [place, setPlace] = useState(() => readPlace(location.hash));
  useEffect(() => {
    const follow = () => setPlace(readPlace(location.hash));
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    const newest = place === null && project ? newestPlace(project) : null;
    if (newest === null) return;
    history.replaceState(null, "", hashOf(newest));
    setPlace(newest);
  }, [project, place]);
  return place;
}

/** Everything there is, as links. */
function Contents({ project: { series, stages, clipboard }, place }: { readonly project: Project; readonly place: Place | null }) {
  const here = place && hashOf(place);
  const link = (to: Place, title: string, note: string) => (
    <li key={hashOf(to)}>
      <a href={hashOf(to)} aria-current={here === hashOf(to) ? "true" : undefined}>
        <span class="contents-name">{title}</span> <span class="contents-note">{note}</span>
      </a>
    </li>
  );
  return (
    <nav class="box contents" aria-label="The project">
      <h2>Series</h2>
      {series.length === 0 && <p class="quiet">None yet: the first image makes one.</p>}
      <ul>{series.map(({ id, name, images }) => link({ kind: "series", id }, seriesTitle(name), counted(images, "image")))}</ul>
      <h2>Elements</h2>
      {clipboard === null && stages.length === 0 && <p class="quiet">None yet: import a .gxml file.</p>}
      <ul>
        {clipboard && link({ kind: "clipboard" }, clipboard.name, counted(clipboard.elements, "element"))}
        {stages.map(({ id, name, elements }) => id !== null && link({ kind: "stage", id }, name, counted(elements, "element")))}
      </ul>
    </nav>
  );
}

interface ShownProps {
  readonly link: ProjectLink;
  readonly project: Project;
  readonly place: Place | null;
}

function Shown({ link, project, place }: ShownProps) {
  const epoch = useCell(link.epoch);
  if (place === null) return <Begin />;
  const series = place.kind === "series" ? project.series.find(({ id }) => id === place.id) : undefined;
  if (series) return <SeriesView key={series.id} link={link} series={series} epoch={epoch} />;
  const stage = stageAt(project, place);
  if (stage) return <StageView key={stage.id ?? "clipboard"} link={link} stage={stage} epoch={epoch} />;
  return (
    <section class="view">
      <p class="quiet">
        What this address names is not in the project{newestPlace(project) === null ? "." : ": choose something else."}
      </p>
      {newestPlace(project) === null && <Begin />}
    </section>
  );
}

const EXAMPLE = '{"image":{"file":"C:/temp/part-1.jpg","name":"Left","focal_length":"50.0"}}';

/** How an empty project gets its first content. */
function Begin() {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    const found = fetchGateway().then(({ listeners }) => listeners.find((one) => one.dialect === "inspect"));
    found.then((listener) => current && listener && setAddress(socketAddress(listener, location.hostname)), () => undefined);
    return () => void (current = false);
  }, []);
  return (
    <section class="view begin" aria-labelledby="view-title">
      <h2 id="view-title">Nothing has been imported yet</h2>
      <p>By hand: choose an image or a .gxml file under “Import”, or drop it anywhere on this page.</p>
      <p>
        From a script: connect a WebSocket to{" "}
        <code class="code">{address ?? "the listener of [inspect]"}</code> and send one request per message. The file is one that the gateway may read (
        <code class="code">allow_paths</code>).
      </p>
      <pre class="code" tabIndex={0} aria-label="A request">
        {EXAMPLE}
      </pre>
      <p>What is imported appears here by itself.</p>
    </section>
  );
}
