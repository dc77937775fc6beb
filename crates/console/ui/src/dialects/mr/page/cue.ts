// Two short tones when a series differs, for people who look elsewhere. Off until somebody switches it on.
import { Cell } from "../../../shared/cell.ts";

const REMEMBERED_AS = "tieline.mr.sound";
/** Hertz, one after the other. */
const TONES = [880, 660];
const TONE_SECONDS = 0.16;
const LOUDNESS = 0.25;

export type CueState = "off" | "on" | "waits";

export class Cue {
  /** `waits`: it is on, and the browser keeps every page silent until it is used. */
  readonly state = new Cell<CueState>("off");
  #context: AudioContext | null = null;

  constructor() {
    if (remembered() === "on") this.#begin();
  }

  /** Switches it; what it will sound like is heard at once. */
  switch(on: boolean): void {
    remember(on ? "on" : "off");
    if (on) {
      this.#begin();
      void this.#wake().then(() => this.play());
    } else {
      void this.#context?.close();
      this.#context = null;
      this.#look();
    }
  }

  /** Sounds, when it is on and the browser lets it. */
  play(): void {
    const context = this.#context;
    if (context?.state !== "running") return;
    for (const [place, hertz] of TONES.entries()) {
      const begin = context.currentTime + 0.02 + place * TONE_SECONDS * 1.25;
      const tone = new OscillatorNode(context, { type: "triangle", frequency: hertz });
      const volume = new GainNode(context, { gain: 0 });
      // Rises and falls in a moment, for a wave that is cut off clicks.
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.015);
      volume.gain.setValueAtTime(LOUDNESS, begin + TONE_SECONDS - 0.03);
      volume.gain.linearRampToValueAtTime(0, begin + TONE_SECONDS);
      tone.connect(volume).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + TONE_SECONDS);
    }
  }

  #begin(): void {
    if (this.#context) return;
    const context = new AudioContext();
    this.#context = context;
    context.addEventListener("statechange", () => this.#look());
    const wake = () => {
      if (this.#context === context) void this.#wake();
    };
    for (const use of ["pointerdown", "keydown"] as const) addEventListener(use, wake, { once: true });
    this.#look();
  }

  /** Lets it be heard. One that is switched off meanwhile is closed before it can be, which is no fault. */
  async #wake(): Promise<void> {
    await this.#context?.resume().catch(() => undefined);
  }

  #look(): void {
    this.state.value = this.#context === null ? "off" : this.#context.state === "running" ? "on" : "waits";
  }
}

/** A browser may forbid a page to remember anything: then it is off the next time. */
function remembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED_AS);
  } catch {
    return null;
  }
}

function remember(value: "on" | "off"): void {
  try {
    localStorage.setItem(REMEMBERED_AS, value);
  } catch {
    // As above.
  }
}
