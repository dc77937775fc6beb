// The overview page: who listens, what passes, and what the dialects that have a panel tell.
import { DIALECT_PAGES } from "../dialects/panels.ts";
import { useCell } from "../shared/cell.ts";
import type { Tail } from "../shared/tail.ts";
import type { Feed } from "./feed.ts";
import { Header } from "./header.tsx";
import { ListenerCard } from "./listener-card.tsx";
import { TailPanel } from "./tail-panel.tsx";

export function OverviewPage({ feed, tail }: { readonly feed: Feed; readonly tail: Tail }) {
  const snapshot = useCell(feed.snapshot);
  const tailState = useCell(tail.state);
  const listeners = snapshot.gateway?.listeners ?? null;
  const away = snapshot.link === "away";
  return (
    <>
      <Header snapshot={snapshot} tail={tailState} />
      <main class={away || tailState === "away" ? "away" : ""}>
        <h2 class="visually-hidden">Listeners</h2>
        <ul class="cards">
          {listeners?.map((listener) => (
            <li key={listener.dialect}>
              <ListenerCard listener={listener} rates={snapshot.rates(listener.dialect)} stale={snapshot.link !== "live"} />
            </li>
          ))}
          {listeners === null && [0, 1].map((place) => <li key={place} class="card card-waiting" aria-hidden="true" />)}
          {listeners?.length === 0 && (
            <li class="card empty">No dialect listens: add a section such as [vxvue] or [fme] to tieline.toml, then start the gateway again.</li>
          )}
        </ul>
        <div class="panels">
          {[...DIALECT_PAGES].map(([dialect, { Panel }]) => (
            <Panel key={dialect} tail={tail} listening={listeners && listeners.some((one) => one.dialect === dialect)} />
          ))}
        </div>
        <TailPanel tail={tail} />
      </main>
    </>
  );
}
