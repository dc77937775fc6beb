// The entry of the page for a measuring project.
import { render } from "preact";
import "../../../shared/tokens.css";
import "../../../shared/base.css";
import "./page.css";
import "./view.css";
import "./side.css";
import { elapsedClock } from "../../../shared/elapsed.ts";
import { Tail } from "../../../shared/tail.ts";
import { ProjectLink } from "./link.ts";
import { ProjectPage } from "./page.tsx";
import { Sender } from "./sender.ts";

const LOOK_EVERY_MS = 250;
const REST_AFTER_HIDDEN_MS = 30_000;

const link = new ProjectLink(elapsedClock(), new Tail((_dialect, topic) => [topic]));
const sender = new Sender((job) => link.ended(job));
setInterval(() => link.tick(), LOOK_EVERY_MS);

// A page that nobody looks at asks for nothing after a while.
let resting: ReturnType<typeof setTimeout> | undefined;
document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (document.hidden) resting = setTimeout(() => link.rest(true), REST_AFTER_HIDDEN_MS);
  else link.rest(false);
});
// Leaving would end what is on its way.
window.addEventListener("beforeunload", (event) => sender.busy.value && event.preventDefault());

const page = document.getElementById("page");
if (page) render(<ProjectPage link={link} sender={sender} />, page);
