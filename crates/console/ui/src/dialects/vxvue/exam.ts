// What an X-ray room is at, told by the console's events alone: a patient is announced, the exam starts, steps follow, and
// when it completes everything is forgotten at once.
import { isObject, asText } from "../../shared/json.ts";
import { readPatient, type Patient } from "./patient.ts";

export const COMMAND = { ping: 1, register: 11, patient: 101, step: 601, start: 1001, complete: 1002 } as const;

export interface Step {
  readonly bodyPart: string | null;
  readonly projection: string | null;
}

export interface Exam {
  readonly patient: Patient | null;
  /** A patient was announced in a way that this page cannot read. */
  readonly unreadable: boolean;
  readonly step: Step | null;
  readonly running: boolean;
}

export const IDLE: Exam = { patient: null, unreadable: false, step: null, running: false };

export type Phase = "idle" | "ready" | "running";

export function phaseOf(exam: Exam): Phase {
  if (exam.running) return "running";
  return exam.patient || exam.unreadable || exam.step ? "ready" : "idle";
}

/** The exam after one more event; commands that say nothing about the exam leave it as it is. */
export function nextExam(exam: Exam, command: number, data: unknown): Exam {
  switch (command) {
    case COMMAND.patient: {
      const patient = readPatient(data);
      if (patient === null) return { ...IDLE, unreadable: true };
      // Details of the same patient may be corrected while the exam runs; another patient's exam has not begun. One that began
      // before its patient was known belongs to this patient: kept messages come in that order after a correction.
      const other = exam.unreadable || (exam.patient !== null && exam.patient.id !== patient.id);
      return { patient, unreadable: false, step: null, running: exam.running && !other };
    }
    case COMMAND.step:
      return { ...exam, step: readStep(data) };
    case COMMAND.start:
      return { ...exam, running: true };
    case COMMAND.complete:
      return IDLE;
    default:
      return exam;
  }
}

export function readStep(data: unknown): Step | null {
  if (!isObject(data)) return null;
  const step = { bodyPart: asText(data["bodypartAlias"]), projection: asText(data["projectionAlias"]) };
  return step.bodyPart || step.projection ? step : null;
}
