// The open set: what the pages know of single dialects. A dialect without an entry still has its listener card and its tail.
import type { ComponentType } from "preact";
import type { Tail } from "../shared/tail.ts";
import { fmeLine, fmeTopics } from "./fme/topics.ts";
import { VehiclesPanel } from "./fme/vehicles-panel.tsx";
import { ImportsPanel } from "./inspect/imports-panel.tsx";
import { jobLine } from "./inspect/overview.ts";
import { mrLine } from "./mr/overview.ts";
import { ScansPanel } from "./mr/scans-panel.tsx";
import { variableLine } from "./opcua/overview.ts";
import { VariablesPanel } from "./opcua/variables-panel.tsx";
import { roomLine } from "./vxvue/room.ts";
import { RoomPanel } from "./vxvue/room-panel.tsx";

export interface PanelProps {
  readonly tail: Tail;
  /** `null` until the gateway has said what listens. */
  readonly listening: boolean | null;
}

export interface DialectPages {
  readonly Panel: ComponentType<PanelProps>;
  /** All topics of one of its events, where the tail names only one. */
  readonly topics?: (topic: string, event: unknown) => readonly string[];
  /** What one of its events says, in a line. */
  readonly line?: (event: unknown) => string | null;
}

/** In the order in which the overview shows them. */
export const DIALECT_PAGES: ReadonlyMap<string, DialectPages> = new Map<string, DialectPages>([
  ["fme", { Panel: VehiclesPanel, topics: fmeTopics, line: fmeLine }],
  ["vxvue", { Panel: RoomPanel, line: roomLine }],
  ["mr", { Panel: ScansPanel, line: mrLine }],
  ["opcua", { Panel: VariablesPanel, line: variableLine }],
  ["inspect", { Panel: ImportsPanel, line: jobLine }],
]);

export function topicsOf(dialect: string, topic: string, event: unknown): readonly string[] {
  return DIALECT_PAGES.get(dialect)?.topics?.(topic, event) ?? [topic];
}

/** One line for an event: in its dialect's way, or the event itself. */
export function lineOf(dialect: string, event: unknown): string {
  if (typeof event === "string") return event;
  return DIALECT_PAGES.get(dialect)?.line?.(event) ?? JSON.stringify(event) ?? "";
}
