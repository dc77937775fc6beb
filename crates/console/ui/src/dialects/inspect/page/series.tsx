// A measurement series: its images as small pictures; one of them larger, with what is known of it.
import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "../../../shared/format.ts";
import { seriesTitle } from "../job.ts";
import { readImages, type Image, type Series } from "../project.ts";
import { bytesText, counted, dayAndTime, millimetres } from "../words.ts";
import { Problem, ROOT, type ProjectLink } from "./link.ts";
import { useLoaded } from "./loaded.ts";
import { Pager } from "./pager.tsx";
import { rove } from "./roving.ts";

const AT_ONCE = 100;

interface Props {
  readonly link: ProjectLink;
  readonly series: Series;
  readonly epoch: number;
}

export function SeriesView({ link, series, epoch }: Props) {
  const [offset, setOffset] = useState(0);
  const [chosen, setChosen] = useState<number | null>(null);
  const [stop, setStop] = useState<number | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const { value, problem } = useLoaded(`series/${series.id}`, JSON.stringify([series, offset, epoch]), async () => {
    const told = readImages(await link.get(`series/${series.id}?offset=${offset}&limit=${AT_ONCE}`));
    if (told === null) throw new Problem("The gateway's answer could not be read.");
    return { ...told, offset };
  });
  const images = value?.images ?? [];
  const at = images.findIndex(({ id }) => id === chosen);
  const shown = images[at];
  const stopAt = images.some(({ id }) => id === stop) ? stop : images[0]?.id;
  const close = () => {
    setChosen(null);
    list.current?.querySelectorAll<HTMLElement>(".thumb")[at]?.focus();
  };
  const facts = [
    counted(series.images, "image"),
    series.focalLength === null ? null : `focal length ${millimetres(series.focalLength)}`,
    series.latest === null ? null : `newest ${dayAndTime(series.latest)}`,
  ];
  return (
    <section class="view" aria-labelledby="view-title">
      <header class="view-head">
        <h2 id="view-title">{seriesTitle(series.name)}</h2>
        <p class="view-facts">{facts.filter((one) => one !== null).join(" · ")}</p>
      </header>
      {problem !== null && (
        <p class="view-problem" role="status">
          {problem}
        </p>
      )}
      {value === null && problem === null && <p class="quiet">Asking for the images…</p>}
      {value !== null && images.length === 0 && <p class="quiet">This series has no images{offset > 0 && " here"}.</p>}
      <ul ref={list} class="thumbs" aria-label="Images" onKeyDown={(event) => rove(event, list.current, ".thumb")}>
        {images.map((image) => (
          <li key={image.id}>
            <button type="button" class="thumb" tabIndex={image.id === stopAt ? 0 : -1} onFocus={() => setStop(image.id)} onClick={() => setChosen(image.id)}>
              <Thumbnail image={image} epoch={epoch} isEager={false} />
              <span class="thumb-name">{image.file}</span>
              <span class="thumb-facts">{pixels(image)}</span>
            </button>
          </li>
        ))}
      </ul>
      {value !== null && <Pager what="images" offset={value.offset} size={AT_ONCE} total={value.total} go={setOffset} />}
      {shown && (
        <Picture
          image={shown}
          series={series}
          place={`${count((value?.offset ?? 0) + at + 1)} of ${count(value?.total ?? 0)}`}
          isFirst={at === 0}
          isLast={at === images.length - 1}
          epoch={epoch}
          close={close}
          step={(by) => {
            const next = images[at + by];
            if (!next) return;
            setChosen(next.id);
            setStop(next.id);
          }}
        />
      )}
    </section>
  );
}

function pixels({ width, height, format }: Image): string {
  return `${width} × ${height}${format === "" ? "" : ` ${format}`}`;
}

/** The picture that the gateway keeps, or words in its place. */
function Thumbnail({ image, epoch, isEager }: { readonly image: Image; readonly epoch: number; readonly isEager: boolean }) {
  const [failed, setFailed] = useState(false);
  useEffect(() => setFailed(false), [image.hash, epoch]);
  if (failed) return <span class="no-picture">No picture is to be had.</span>;
  return <img src={`${ROOT}thumbnail/${encodeURIComponent(image.hash)}`} alt="" loading={isEager ? "eager" : "lazy"} decoding="async" onError={() => setFailed(true)} />;
}

interface PictureProps {
  readonly image: Image;
  readonly series: Series;
  readonly place: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly epoch: number;
  readonly close: () => void;
  readonly step: (by: number) => void;
}

function Picture({ image, series, place, isFirst, isLast, epoch, close, step }: PictureProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const facts: readonly (readonly [string, string])[] = [
    ["Size", `${image.width} × ${image.height} pixels`],
    ["Format", `${image.format || "not told"}, ${bytesText(image.bytes)}`],
    ["Camera", image.camera ?? "not in the file"],
    ["Focal length", `${series.focalLength === null ? "none" : millimetres(series.focalLength)} for the series; ${image.exifFocalLength === null ? "none" : millimetres(image.exifFocalLength)} in the file`],
    ["Imported", `${image.at === null ? "not told" : dayAndTime(image.at)}${image.job === null ? "" : `, job ${image.job}`}`],
    ["Content hash", image.hash],
  ];
  return (
    <dialog
      ref={dialog}
      class="picture"
      aria-labelledby="picture-title"
      onClose={close}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        step(by);
      }}
    >
      <div class="picture-body">
        <header class="view-head">
          <h2 id="picture-title">{image.file}</h2>
          <p class="view-facts" role="status">
            {place}
          </p>
        </header>
        <div class="picture-frame">
          <Thumbnail key={image.hash} image={image} epoch={epoch} isEager />
        </div>
        <dl class="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class={name === "Content hash" ? "code" : ""}>{value}</dd>
            </div>
          ))}
        </dl>
        <p class="quiet">This is the small picture that the project keeps, not the file itself.</p>
        <div class="picture-tools">
          <button type="button" class="button" aria-disabled={isFirst} onClick={() => step(-1)}>
            Before
          </button>
          <button type="button" class="button" aria-disabled={isLast} onClick={() => step(1)}>
            Next
          </button>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </div>
    </dialog>
  );
}
