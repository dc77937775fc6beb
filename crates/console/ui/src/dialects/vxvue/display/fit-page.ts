// Makes the large lines of the display smaller, all of them alike, until the page fits its window: the band at the top takes
// the room it needs, whatever it has to say, and nothing is cut off.
import { fitLine } from "../../../shared/fit-line.tsx";

const STEP = 0.92;
/** Smaller than this is of no use from afar; the page may then be scrolled. */
const SMALLEST = 0.3;

export function fitPage(page: HTMLElement): void {
  for (let scale = 1; ; scale *= STEP) {
    page.style.setProperty("--scale", scale.toFixed(3));
    page.querySelectorAll<HTMLElement>(".fit-line").forEach(fitLine);
    if (document.documentElement.scrollHeight <= window.innerHeight || scale * STEP < SMALLEST) return;
  }
}
