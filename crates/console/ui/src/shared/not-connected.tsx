// Whether a page is connected, as it says it: a pill for its head, and a notice over everything else while what is shown
// is not the present.
import { clockTime } from "./format.ts";
import "./not-connected.css";

export type LinkState =
  | { readonly kind: "connecting" | "away"; readonly problem: string | null; readonly since: number | null; readonly retryInSeconds: number | null }
  | { readonly kind: "live" };

export function LinkPill({ state }: { readonly state: LinkState }) {
  const [kind, text] = state.kind === "live" ? ["live", "Live"] : state.kind === "away" ? ["bad", "Not connected"] : ["wait", "Connecting"];
  return (
    <span class={`pill pill-${kind}`}>
      <span class="dot" aria-hidden="true" />
      {text}
    </span>
  );
}

export function NotConnected({ state, known }: { readonly state: LinkState; readonly known: boolean }) {
  if (state.kind === "live") return null;
  const { problem, retryInSeconds, since } = state;
  const retry = retryInSeconds === null ? "Connecting…" : retryInSeconds > 0 ? `Trying again in ${retryInSeconds} s.` : "Trying again…";
  return (
    <div class={`not-connected not-connected-${state.kind}`} role="alert">
      <p class="not-connected-head">
        {since === null ? "Not connected yet" : `Not connected since ${clockTime(since)}`}
        {known && since !== null && ", last known state"}
      </p>
      <p class="not-connected-text">
        {problem !== null && `${problem} `}
        {/* Figures that change each second are for eyes alone. */}
        <span aria-hidden="true">{retry}</span>
      </p>
    </div>
  );
}
