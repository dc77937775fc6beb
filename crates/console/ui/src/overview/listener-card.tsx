// One listener: what it is, where it is, what passes through it, and a line to try it with.
import type { Listener } from "../shared/api.ts";
import { count, rate, shellArgument } from "../shared/format.ts";
import { CopyLine } from "./copy-line.tsx";
import type { DialectRates } from "./rates.ts";
import { Sparkline } from "./sparkline.tsx";

interface Props {
  readonly listener: Listener;
  readonly rates: DialectRates | undefined;
  readonly stale: boolean;
}

export function ListenerCard({ listener, rates, stale }: Props) {
  const { dialect, title, address, tls, sitePort, sample } = listener;
  const counts = rates?.counts;
  return (
    <article class="card" aria-labelledby={`card-${dialect}`}>
      <header class="card-head">
        <h3 id={`card-${dialect}`}>{title}</h3>
        <p class="card-address code">{`${tls ? "wss" : "ws"}://${address}`}</p>
        {sitePort && <a class="card-site" href={`http://${location.hostname}:${sitePort}/`}>Its own pages</a>}
      </header>
      <dl class="figures">
        <Figure name="Sessions" value={counts ? count(counts.sessions) : "–"} />
        <Figure name="Heard /s" value={rate(rates?.heard ?? null)} kind="heard" />
        <Figure name="Delivered /s" value={rate(rates?.delivered ?? null)} kind="delivered" />
        <Figure name="Refused" value={counts ? count(counts.refused) : "–"} />
        <Figure name="Lost" value={counts ? count(counts.lost) : "–"} {...(counts && counts.lost > 0 ? { kind: "lost" } : {})} />
      </dl>
      <Sparkline history={rates?.history} newest={rates?.history.newest()?.atSeconds ?? 0} faded={stale} title={title} />
      {sample ? <CopyLine text={`tieline send ${shellArgument(sample.topic)} ${shellArgument(sample.message)}${consoleFlag()}`} /> : <p class="copy-line" />}
    </article>
  );
}

function Figure({ name, value, kind }: { readonly name: string; readonly value: string; readonly kind?: string }) {
  return (
    <div class={kind ? `figure figure-${kind}` : "figure"}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** The command line finds the console at its usual address by itself. */
function consoleFlag(): string {
  return location.host === "127.0.0.1:8090" ? "" : ` --console ${shellArgument(location.origin)}`;
}
