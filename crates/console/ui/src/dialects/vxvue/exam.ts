// What an X-ray room is at, told by the console's events alone: a patient is announced, the exam starts, steps follow, and
// when it completes everything is forgotten at once.
import { isObject, asText } from "../../shared/json.ts";
import { readDetails, readPatient, type Patient } from "./patient.ts";

export const COMMAND = { ping: 1, register: 11, patient: 101, corrected: 102, step: 601, start: 1001, complete: 1002 } as const;

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
      // Details of the same patient may be told again while the exam runs; another patient's exam has not begun. What came
      // before its patient belongs to it: kept messages come in that order after the patient was told again, and where it
      // does not belong to it the gateway says so before.
      const other = exam.unreadable || (exam.patient !== null && exam.patient.id !== patient.id);
      return other ? { ...IDLE, patient } : { ...exam, patient };
    }
    case COMMAND.corrected: {
      const patient = readPatient(data) ?? (exam.patient && isObject(data) ? { id: exam.patient.id, ...readDetails(data) } : null);
      return { ...exam, patient, unreadable: patient === null };
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
