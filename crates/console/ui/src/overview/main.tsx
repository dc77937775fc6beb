// The overview's entry: one feed, one tail, one page.
import { render } from "preact";
import "../shared/tokens.css";
import "../shared/base.css";
import "./overview.css";
import { topicsOf } from "../dialects/panels.ts";
import { Tail } from "../shared/tail.ts";
import { Feed } from "./feed.ts";
import { OverviewPage } from "./overview.tsx";

const REST_AFTER_HIDDEN_MS = 30_000;

const feed = new Feed();
const tail = new Tail(topicsOf);
feed.run(true);

// A page that nobody looks at gives its connections back after a while.
let resting: ReturnType<typeof setTimeout> | undefined;
function rest(hidden: boolean): void {
  feed.run(!hidden);
  tail.rest(hidden);
}
document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (document.hidden) resting = setTimeout(() => rest(true), REST_AFTER_HIDDEN_MS);
  else rest(false);
});

const page = document.getElementById("page");
if (page) render(<OverviewPage feed={feed} tail={tail} />, page);
