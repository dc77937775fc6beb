// The head of the overview: which gateway this is, how long it has run, whether this page still hears it.
import mark from "../shared/mark.svg";
import { clockTime, duration } from "../shared/format.ts";
import type { TailState } from "../shared/tail.ts";
import { useTick } from "../shared/ticking.ts";
import type { Snapshot } from "./feed.ts";

/** An answer older than this is no longer the present. */
const LATE_MS = 3500;

interface Link {
  readonly kind: "live" | "wait" | "bad";
  readonly text: string;
  readonly detail: string;
}

export function Header({ snapshot, tail }: { readonly snapshot: Snapshot; readonly tail: TailState }) {
  useTick(1000);
  const { gateway, nowMs, answeredAtMs } = snapshot;
  const link = describeLink(snapshot, tail);
  const uptime = gateway && nowMs !== null && answeredAtMs !== null ? duration(nowMs - gateway.startedMs) : "–";
  return (
    <header class="top">
      <div class="top-name">
        <img src={mark} alt="" width="32" height="32" />
        <h1>{gateway?.name === "tieline" || !gateway ? "Tieline" : gateway.name}</h1>
        <span class="version">{gateway ? gateway.version : ""}</span>
        {gateway?.demo && (
          <span class="pill pill-demo">
            <span>
              Demo<span class="wide-only">: all instruments are simulated</span>
            </span>
          </span>
        )}
      </div>
      <dl class="top-facts">
        <div>
          <dt>Running for</dt>
          <dd>{uptime}</dd>
        </div>
      </dl>
      <div class="top-link" role="status">
        <span class={`pill pill-${link.kind}`}>
          <span class="dot" aria-hidden="true" />
          {link.text}
        </span>
        <span class="link-detail">{link.detail}</span>
        {snapshot.replaced && <a href="">This page is older than the gateway: load it again</a>}
      </div>
    </header>
  );
}

function describeLink({ link, problem, answeredAtMs }: Snapshot, tail: TailState): Link {
  if (link === "connecting") return { kind: "wait", text: "Connecting", detail: "" };
  const since = answeredAtMs === null ? "" : `Figures are from ${clockTime(answeredAtMs)}.`;
  if (link === "away") return { kind: "bad", text: "Reconnecting", detail: `${problem ?? ""} ${since}`.trim() };
  if (answeredAtMs !== null && Date.now() - answeredAtMs > LATE_MS) return { kind: "bad", text: "Stale", detail: `The gateway is slow to answer. ${since}` };
  if (tail === "away") return { kind: "bad", text: "Reconnecting", detail: "The live messages have stopped." };
  return { kind: "live", text: "Live", detail: "" };
}
