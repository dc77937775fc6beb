// The last session of a scanner that has ended: what it lacks. Whole ones are one quiet line.
import type { ComponentChildren } from "preact";
import { clockTime, count } from "../../../shared/format.ts";
import type { Session } from "../book.ts";
import { isWhole } from "../reports.ts";

/** Of each list; a session that lacks more has another trouble. */
const MOST = 12;

export function SessionStrip({ session, of }: { readonly session: Session | null; readonly of: string }) {
  if (session === null) return null;
  const { report, at } = session;
  const when = at === null ? "" : ` ${clockTime(at)}`;
  if (isWhole(report)) return <p class="session session-whole">Last session{when}: complete, as always.</p>;
  const { missing, incomplete, repeated, differing } = report;
  return (
    <section class="session" aria-label={`Last session, ${of}`}>
      <p class="session-head">Last session{when}</p>
      <dl>
        <Line name="Missing" all={missing} />
        <Line
          name="Incomplete"
          all={incomplete}
          show={({ sequence, expected, got }) => (
            <>
              {sequence} <span class="session-count">{`${count(got)} of ${count(expected)} images`}</span>
            </>
          )}
        />
        <Line name="Repeated" all={repeated} />
        <Line name="Differing" all={differing} />
      </dl>
    </section>
  );
}

interface LineProps<One> {
  readonly name: string;
  readonly all: readonly One[];
  readonly show?: (one: One) => ComponentChildren;
}

function Line<One>({ name, all, show = (one) => String(one) }: LineProps<One>) {
  if (all.length === 0) return null;
  return (
    <div class={`session-line session-${name.toLowerCase()}`}>
      <dt>{name}</dt>
      <dd>
        <ul>
          {all.slice(0, MOST).map((one, place) => (
            <li key={place}>{show(one)}</li>
          ))}
          {all.length > MOST && <li>and {all.length - MOST} more</li>}
        </ul>
      </dd>
    </div>
  );
}
