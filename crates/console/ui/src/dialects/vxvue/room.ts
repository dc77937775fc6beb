// What the overview tells of an X-ray room: where the exam is, and the last events in people's words. The gateway has taken
// the patient's data out before this page sees an event; nothing here asks for it.
import { asNumber, asText, isObject } from "../../shared/json.ts";
import { Ring } from "../../shared/ring.ts";
import type { TailMessage } from "../../shared/tail.ts";
import { awayText, readPresence, rivalsText, type Presence } from "./presence.ts";
import { COMMAND, IDLE, nextExam, phaseOf, readStep, type Exam } from "./exam.ts";

export const TIMELINE_LENGTH = 10;

export interface TimelineEntry {
  readonly key: number;
  readonly at: string;
  readonly kind: "patient" | "start" | "step" | "complete" | "console" | "other" | "gap";
  readonly text: string;
}

export interface Room {
  readonly exam: Exam;
  /** How many steps this exam has had. */
  readonly steps: number;
  /** When the exam's state last changed; `null` while nothing was heard. */
  readonly since: string | null;
  /** Whether the console is there, as far as it was told since this page was opened. */
  readonly presence: Presence | null;
  /** Events may be missing since the last one. */
  readonly unsure: boolean;
  readonly timeline: readonly TimelineEntry[];
}

export class RoomBook {
  readonly #timeline = new Ring<TimelineEntry>(TIMELINE_LENGTH);
  #room: Room = { exam: IDLE, steps: 0, since: null, presence: null, unsure: false, timeline: [] };
  #gaps = 0;

  get room(): Room {
    return this.#room;
  }

  hear(message: TailMessage): Room {
    const event = isObject(message.event) ? message.event : {};
    const command = asNumber(event["command"]) ?? 0;
    const presence = command === 0 && event["name"] === "presence" ? readPresence(event["data"]) : null;
    // Of a patient nothing is shown here, so nobody can say whether it is the same: what was before is not known to hold.
    const exam = nextExam(command === COMMAND.patient ? IDLE : this.#room.exam, command, event["data"]);
    const entry = presence ? { kind: "console" as const, text: consoleText(presence) } : describe(command, asText(event["name"]), event["data"]);
    this.#timeline.push({ key: message.key, at: message.at, ...entry });
    const steps = command === COMMAND.step ? this.#room.steps + 1 : exam === IDLE || command === COMMAND.patient ? 0 : this.#room.steps;
    const about = entry.kind !== "other" && entry.kind !== "console";
    this.#room = {
      exam,
      steps,
      since: about ? message.at : this.#room.since,
      presence: presence ?? this.#room.presence,
      // Only the end of an exam or a new patient says where the room is, whatever came before.
      unsure: this.#room.unsure && command !== COMMAND.complete && command !== COMMAND.patient,
      timeline: this.#timeline.newestFirst(),
    };
    return this.#room;
  }

  miss(at: string): Room {
    if (this.#room.since === null || this.#room.unsure) return this.#room;
    this.#gaps += 1;
    this.#timeline.push({ key: -this.#gaps, at, kind: "gap", text: "Events may be missing here" });
    this.#room = { ...this.#room, unsure: true, timeline: this.#timeline.newestFirst() };
    return this.#room;
  }
}

function consoleText(presence: Presence): string {
  if (presence.state === "away") return presence.hidden ? `${awayText(presence)}, patient hidden` : awayText(presence);
  return rivalsText(presence) ?? "Console connected";
}

function describe(command: number, name: string | null, data: unknown): Pick<TimelineEntry, "kind" | "text"> {
  switch (command) {
    case COMMAND.patient:
      return { kind: "patient", text: "Patient announced" };
    case COMMAND.corrected:
      return { kind: "patient", text: "Patient corrected" };
    case COMMAND.start:
      return { kind: "start", text: "Exam started" };
    case COMMAND.complete:
      return { kind: "complete", text: "Exam complete, patient forgotten" };
    case COMMAND.step:
      return { kind: "step", text: `Step: ${stepText(data)}` };
    default:
      return { kind: "other", text: name?.slice(0, 120) ?? `Command ${command}` };
  }
}

export function stepText(data: unknown): string {
  const step = readStep(data);
  return [step?.bodyPart, step?.projection].filter(Boolean).join(" · ").slice(0, 120) || "not named";
}

/** The console has been away for so long that what it said last is not shown any more. */
export function isHidden(room: Room): boolean {
  return room.presence?.state === "away" && room.presence.hidden;
}

/** What there is to say of the console; `null` when all is well. */
export function presenceText({ presence }: Room): string | null {
  if (presence === null) return null;
  return presence.state === "away" ? awayText(presence) : rivalsText(presence);
}

export function phaseText(room: Room): string {
  if (isHidden(room)) return "Not known: the console is away";
  if (room.since === null) return "Waiting for the first event";
  switch (phaseOf(room.exam)) {
    case "running":
      return "Exam in progress";
    case "ready":
      return "Patient announced";
    case "idle":
      return "Room is free";
  }
}

/** The command's name and what came with it. */
export function roomLine(event: unknown): string | null {
  if (!isObject(event)) return null;
  const name = asText(event["name"]) ?? `command ${String(event["command"])}`;
  return event["data"] === null || event["data"] === undefined ? name : `${name} ${JSON.stringify(event["data"])}`;
}
