// The entry of the page for MR scans: all stations, or one scanner's screen in the console room.
import { render } from "preact";
import "../../../shared/tokens.css";
import "../../../shared/base.css";
import "../verdict.css";
import "./state.css";
import "./series.css";
import "./page.css";
import "./scanner.css";
import { Cell } from "../../../shared/cell.ts";
import { elapsedClock } from "../../../shared/elapsed.ts";
import type { News } from "../book.ts";
import { Cue } from "./cue.ts";
import { MrLink } from "./link.ts";
import { MrPage } from "./page.tsx";
import { readPlace } from "./place.ts";
import { ScannerPage } from "./scanner.tsx";

const LOOK_EVERY_MS = 250;

const place = readPlace(location.pathname);
const cue = new Cue();
const news = new Cell<News | null>(null);
const link = new MrLink(place, elapsedClock(), (one) => {
  news.value = one;
  if (one.series.verdict.kind === "differs") cue.play();
});
setInterval(() => link.tick(), LOOK_EVERY_MS);

// The browser takes the lock back whenever the page is hidden; refusing it is no fault.
function keepAwake(): void {
  if (!document.hidden) void navigator.wakeLock?.request("screen").catch(() => undefined);
}
if (place.station !== null) {
  document.addEventListener("visibilitychange", keepAwake);
  keepAwake();
}

const page = document.getElementById("page");
if (page) {
  const { station } = place;
  render(station === null ? <MrPage link={link} cue={cue} news={news} /> : <ScannerPage link={link} cue={cue} news={news} station={station} />, page);
}
