// One series in words: what it is called, how many images, since when; in full, or as a line of the history.
import { clockTime, count, duration } from "../../../shared/format.ts";
import type { Series } from "../book.ts";
import { missingSentences } from "../parameters.ts";
import { differingText } from "../reports.ts";
import { VerdictSymbol } from "../symbol.tsx";
import { acquiredAt, inShort, sentences, seriesName, seriesNumber, WORD } from "../verdict.ts";
import { calmText, ComparedTable, HeaderTable } from "./details.tsx";

export function images({ images }: Series): string | null {
  return images === null ? null : images === 1 ? "1 image" : `${count(images)} images`;
}

export function sinceText({ at }: Series): string {
  if (at === null) return "before this page was connected";
  const ms = Date.now() - at;
  return ms < 3000 ? "just now" : `${duration(ms)} ago`;
}

export function SeriesFacts({ series }: { readonly series: Series }) {
  const acquired = acquiredAt(series.verdict);
  const facts = [seriesNumber(series.verdict), images(series), acquired && `acquired ${acquired}`, sinceText(series)];
  return <p class="facts">{facts.filter((fact) => fact !== null).join(" · ")}</p>;
}

/** How many of the images differ: the verdict is that of the whole series. */
export function Extent({ series }: { readonly series: Series }) {
  const text = differingText(series.report);
  return text === null ? null : <p class="extent">{text}</p>;
}

/** How many lines there are to read, for the size they are written in. */
export function lineCount({ verdict, report }: Series): number {
  const missing = missingSentences(report?.missingValues ?? {}).length;
  return Math.max(1, verdict.differences.length) + missing + (differingText(report) === null ? 0 : 1);
}

export function Sentences({ series, most = 100 }: { readonly series: Series; readonly most?: number }) {
  const all = sentences(series.verdict);
  const missing = missingSentences(series.report?.missingValues ?? {});
  return (
    <>
      {all.length === 0 && <p class="calm">{calmText(series.verdict)}</p>}
      {all.length > 0 && (
        <ul class="sentences">
          {all.slice(0, most).map((text) => (
            <li key={text}>{text}</li>
          ))}
          {all.length > most && <li>And {all.length - most} more.</li>}
        </ul>
      )}
      {missing.map((text) => (
        <p key={text} class="formerly">
          {text}
        </p>
      ))}
      {series.formerly && differingText(series.report) === null && <p class="formerly">An earlier image of this series was judged otherwise: {WORD[series.formerly].toLowerCase()}.</p>}
    </>
  );
}

/** A line of the history that opens. */
export function PastSeries({ series }: { readonly series: Series }) {
  const { verdict, at } = series;
  return (
    <details class={`past verdict-${verdict.kind}`}>
      <summary>
        <VerdictSymbol kind={verdict.kind} />
        <span class="past-name">{seriesName(verdict)}</span>
        <span class="past-word">
          {WORD[verdict.kind]}
          {verdict.differences.length > 0 && `: ${inShort(verdict)}`}
        </span>
        <span class="past-time">{at === null ? (acquiredAt(verdict) ?? "earlier") : clockTime(at)}</span>
      </summary>
      <div class="past-body">
        <SeriesFacts series={series} />
        <Extent series={series} />
        <Sentences series={series} />
        <ComparedTable verdict={verdict} />
        <HeaderTable verdict={verdict} />
      </div>
    </details>
  );
}
