// The room display's entry: reads its options, connects, keeps the screen awake where the browser lets it.
import { render } from "preact";
import "../../../shared/tokens.css";
import "../../../shared/base.css";
import "./display.css";
import { elapsedClock } from "../../../shared/elapsed.ts";
import { DisplayPage } from "./display.tsx";
import { DisplayLink } from "./link.ts";
import { readReceiver } from "./options.ts";

const LOOK_EVERY_MS = 250;

const receiver = readReceiver(location.search);
const link = new DisplayLink(receiver.type, elapsedClock());
setInterval(() => link.tick(), LOOK_EVERY_MS);
addEventListener("pagehide", () => link.forget());

// The browser takes the lock back whenever the page is hidden; refusing it is no fault.
function keepAwake(): void {
  if (!document.hidden) void navigator.wakeLock?.request("screen").catch(() => undefined);
}
document.addEventListener("visibilitychange", keepAwake);
keepAwake();

const page = document.getElementById("page");
if (page) render(<DisplayPage link={link} receiver={receiver} />, page);
