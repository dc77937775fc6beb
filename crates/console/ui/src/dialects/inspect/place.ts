// What of the project is looked at, as the end of the page's address: a link to it can be kept and sent.
import type { Project, Stage } from "./project.ts";

export type Place = { readonly kind: "series"; readonly id: number } | { readonly kind: "stage"; readonly id: number } | { readonly kind: "clipboard" };

export function readPlace(hash: string): Place | null {
  if (hash === "#clipboard") return { kind: "clipboard" };
  const [, kind, id] = /^#(series|stage)-(\d{1,15})$/.exec(hash) ?? [];
  return kind === undefined ? null : { kind: kind as "series" | "stage", id: Number(id) };
}

export function hashOf(place: Place): string {
  return place.kind === "clipboard" ? "#clipboard" : `#${place.kind}-${place.id}`;
}

/** Where something was put last: what a visitor most likely came for. */
export function newestPlace({ series, stages, clipboard }: Project): Place | null {
  const all: readonly { readonly place: Place; readonly at: number }[] = [
    ...series.map(({ id, latest }) => ({ place: { kind: "series", id } as const, at: latest ?? 0 })),
    ...stages.map(({ id, at }) => ({ place: { kind: "stage", id: id ?? 0 } as const, at: at ?? 0 })),
    ...(clipboard ? [{ place: { kind: "clipboard" } as const, at: clipboard.at ?? 0 }] : []),
  ];
  return [...all].sort((one, other) => other.at - one.at)[0]?.place ?? null;
}

export function stageAt({ stages, clipboard }: Project, place: Place): Stage | null {
  if (place.kind === "clipboard") return clipboard;
  return place.kind === "stage" ? (stages.find(({ id }) => id === place.id) ?? null) : null;
}
