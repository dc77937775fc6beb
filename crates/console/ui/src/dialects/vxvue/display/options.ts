// The room display's one option: as which type of participant it registers.

export const DISPLAY_TYPE = 106;

export interface Receiver {
  readonly type: number;
  /** What was asked for and cannot be, a sentence. */
  readonly problem: string | null;
}

export function readReceiver(search: string): Receiver {
  const asked = new URLSearchParams(search).get("receiver");
  if (asked === null || asked === "") return { type: DISPLAY_TYPE, problem: null };
  const type = /^\d{1,9}$/.test(asked) ? Number(asked) : 0;
  // 1 is the hub, 2 the X-ray console: a display is neither.
  if (type > 2) return { type, problem: null };
  return { type: DISPLAY_TYPE, problem: `receiver= takes the number of a participant type above 2; this display is ${DISPLAY_TYPE}.` };
}
