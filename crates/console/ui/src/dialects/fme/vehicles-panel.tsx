// The overview's plan of whatever a stream says is somewhere: choose a stream, see things move, ask one for its details.
import { useEffect, useRef, useState } from "preact/hooks";
import { Listbox } from "../../shared/listbox.tsx";
import { isObject } from "../../shared/json.ts";
import { NotListening, Panel } from "../../shared/panel.tsx";
import type { TailMessage } from "../../shared/tail.ts";
import type { PanelProps } from "../panels.ts";
import { Plan, PlanCanvas } from "./plan.tsx";
import { Fleet, QUIET_AFTER_MS, readPosition, type Thing } from "./positions.ts";
import { streamsOf, streamTopic } from "./topics.ts";
import "./vehicles.css";

const FIRST_STREAM = "vehicles";
const REFRESH_MS = 500;
const MOST_LISTED = 100;
const MOST_STREAMS = 50;

export function VehiclesPanel({ tail, listening }: PanelProps) {
  const [stream, setStream] = useState(FIRST_STREAM);
  const [draft, setDraft] = useState(FIRST_STREAM);
  const [known, setKnown] = useState<readonly string[]>([FIRST_STREAM]);
  const [fleet] = useState(() => new Fleet());
  const [, refresh] = useState(0);
  const [chosen, setChosen] = useState<string | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const [heard, setHeard] = useState(0);
  const plan = useRef<Plan | null>(null);

  useEffect(() => {
    fleet.clear();
    plan.current?.refit();
    setHeard(0);
    setChosen(null);
    let count = 0;
    const listener = {
      hear(message: TailMessage) {
        count += 1;
        const position = readPosition(isObject(message.event) ? message.event["message"] : null);
        if (position && fleet.hear(position, performance.now())) plan.current?.wake();
      },
    };
    tail.want(listener, [streamTopic(stream)]);
    const timer = setInterval(() => {
      fleet.sweep(performance.now());
      setHeard(count);
      refresh((turn) => turn + 1);
    }, REFRESH_MS);
    return () => {
      clearInterval(timer);
      tail.want(listener, []);
    };
  }, [stream, tail, fleet]);

  useEffect(() => tail.overhear((message) => {
    if (message.dialect !== "fme") return;
    const names = streamsOf(message.event);
    setKnown((before) => (names.every((name) => before.includes(name)) ? before : [...new Set([...before, ...names])].slice(0, MOST_STREAMS)));
  }), [tail]);

  const shown = hovered ?? chosen;
  useEffect(() => plan.current?.choose(shown), [shown]);

  const now = performance.now();
  const things = fleet.all().sort((a, b) => a.position.id.localeCompare(b.position.id, "en", { numeric: true }));
  const thing = shown === null ? undefined : fleet.get(shown);
  const tools = (
    <form
      class="stream-form"
      onSubmit={(event) => {
        event.preventDefault();
        setStream(draft.trim() || FIRST_STREAM);
      }}
    >
      <label for="stream-name">Stream</label>
      <input
        id="stream-name"
        class="field"
        list="stream-names"
        value={draft}
        maxLength={256}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => setDraft(event.currentTarget.value)}
        onChange={(event) => setStream(event.currentTarget.value.trim() || FIRST_STREAM)}
      />
      <datalist id="stream-names">{known.map((name) => <option key={name} value={name} />)}</datalist>
    </form>
  );
  return (
    <Panel name="vehicles" title="Vehicles" note={`${things.length} on the plan`} tools={tools}>
      {listening === false ? (
        <NotListening section="fme" what="The stream server" />
      ) : (
        <div class="vehicles">
          <div class="plan-frame">
            <PlanCanvas
              fleet={fleet}
              summary={`Plan of stream ${stream}: ${things.length} things. The list beside it tells the same in words.`}
              hover={setHovered}
              choose={setChosen}
              ready={(made) => (plan.current = made)}
            />
            <div class="plan-tools" role="group" aria-label="Plan">
              <button type="button" class="button" onClick={() => plan.current?.zoom(1.4)} aria-label="Zoom in">+</button>
              <button type="button" class="button" onClick={() => plan.current?.zoom(1 / 1.4)} aria-label="Zoom out">−</button>
              <button type="button" class="button" onClick={() => plan.current?.refit()}>Fit</button>
            </div>
            {things.length === 0 && <p class="plan-empty">{emptyText(heard, stream)}</p>}
          </div>
          <Listbox
            label="On the plan"
            name="thing"
            class="things"
            chosen={chosen}
            choose={setChosen}
            hover={setHovered}
            rows={things.slice(0, MOST_LISTED).map((one) => ({ key: one.position.id, content: <ThingRow thing={one} now={now} /> }))}
          />
          <ThingDetails thing={thing} now={now} />
        </div>
      )}
    </Panel>
  );
}

function emptyText(heard: number, stream: string): string {
  return heard === 0
    ? `Nothing heard on stream “${stream}” yet.`
    : `Messages on “${stream}” name no place: the plan shows what has lon and lat, or x and y.`;
}

function ThingRow({ thing, now }: { readonly thing: Thing; readonly now: number }) {
  const speed = thing.position.fields["speed_kmh"];
  const quiet = now - thing.heardAtMs > QUIET_AFTER_MS;
  return (
    <>
      <span class="thing-name">{thing.position.id}</span>
      <span class="thing-note">{quiet ? "quiet" : typeof speed === "number" ? `${Math.round(speed)} km/h` : ""}</span>
    </>
  );
}

function ThingDetails({ thing, now }: { readonly thing: Thing | undefined; readonly now: number }) {
  if (!thing) return <p class="thing-details thing-hint">Point at a vehicle, or choose one from the list, to see what it last said.</p>;
  return (
    <div class="thing-details" role="group" aria-label="What it last said" tabIndex={0}>
      <dl>
        {Object.entries(thing.position.fields).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fieldText(value)}</dd>
          </div>
        ))}
        <div>
          <dt>heard</dt>
          <dd>{Math.max(0, Math.round((now - thing.heardAtMs) / 1000))} s ago</dd>
        </div>
      </dl>
    </div>
  );
}

function fieldText(value: unknown): string {
  return typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toFixed(5))) : String(value);
}
