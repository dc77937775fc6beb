// The page of all variables: by the parts of the plant they belong to, one row each; the chosen one in full beside them.
import { useEffect, useRef, useState } from "preact/hooks";
import { useCell } from "../../../shared/cell.ts";
import { count } from "../../../shared/format.ts";
import mark from "../../../shared/mark.svg";
import { LinkPill, NotConnected } from "../../../shared/not-connected.tsx";
import { useTick } from "../../../shared/ticking.ts";
import type { Shown, View } from "./book.ts";
import { Detail } from "./detail.tsx";
import type { PlantLink } from "./link.ts";
import { VariableRow } from "./row.tsx";

const SEARCH_AFTER_MS = 200;

export function PlantPage({ link }: { readonly link: PlantLink }) {
  useTick(1000);
  useCell(link.turn);
  const state = useCell(link.state);
  const view = useCell(link.view);
  const [chosen, setChosen] = useState<string | null>(null);
  const [search, setSearch] = useState("");
  const live = state.kind === "live";
  const bad = view.shown.filter(({ series }) => series.latest !== null && series.latest.quality === "bad").length;
  useEffect(() => {
    document.title = `${live ? (bad > 0 ? `${bad} bad · ` : "") : "Not connected · "}Plant`;
  }, [live, bad]);
  useEffect(() => {
    const timer = setTimeout(() => link.search(search), SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [link, search]);
  const shown = view.shown.find(({ variable }) => variable.name === chosen);
  const close = () => {
    setChosen(null);
    document.querySelector<HTMLElement>('.name[tabindex="0"]')?.focus();
  };
  return (
    <div class="plant">
      <header class="plant-top">
        <img src={mark} alt="" width="32" height="32" />
        <h1>Plant</h1>
        <LinkPill state={state} />
        <div class="plant-search">
          <label for="search">Search</label>
          <input id="search" class="field" type="search" value={search} spellcheck={false} autocomplete="off" aria-describedby="found" onInput={(event) => setSearch(event.currentTarget.value)} />
        </div>
      </header>
      <NotConnected state={state} known={view.shown.length > 0} />
      <main class={`plant-main${live ? "" : " stale"}${shown ? " with-detail" : ""}`}>
        <p id="found" class="plant-note" role="status">
          {note(view, live)}
        </p>
        {shown && <Detail key={shown.variable.name} link={link} shown={shown} live={live} close={close} />}
        <Groups view={view} chosen={chosen} choose={setChosen} />
      </main>
    </div>
  );
}

function note({ total, found, shown }: View, live: boolean): string {
  if (total === null) return live ? "" : "The variables appear here as soon as the gateway tells them.";
  if (total === 0) return "No variables are configured: add them below [[opcua.server]] in tieline.toml.";
  if (found === 0) return "No variable is found by these words.";
  if (shown.length < found) return `The first ${count(shown.length)} of ${count(found)} variables: search to see others.`;
  return found === total ? `${count(total)} ${total === 1 ? "variable" : "variables"}` : `${count(found)} of ${count(total)} variables`;
}

interface GroupsProps {
  readonly view: View;
  readonly chosen: string | null;
  readonly choose: (name: string | null) => void;
}

/** One stop for the tab key; arrows move between the rows. */
function Groups({ view, chosen, choose }: GroupsProps) {
  const list = useRef<HTMLDivElement>(null);
  const [stop, setStop] = useState<string | null>(null);
  const names = view.shown.map(({ variable }) => variable.name);
  const at = stop !== null && names.includes(stop) ? stop : names[0];
  const move = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>(".name") ?? [])];
    const here = buttons.findIndex((button) => button === document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (event.key === "Escape") choose(null);
    if (to === undefined || here < 0) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, to))]?.focus();
  };
  const groups = new Map<string, Shown[]>();
  for (const one of view.shown) groups.set(one.variable.group, [...(groups.get(one.variable.group) ?? []), one]);
  return (
    <div ref={list} class="groups" onKeyDown={move}>
      {[...groups].map(([group, all]) => (
        <section key={group} class="group" aria-label={group || "Variables"}>
          {(groups.size > 1 || group !== "") && <h2>{group || "Others"}</h2>}
          <table class="variables">
            <colgroup>
              <col class="col-name" />
              <col class="col-value" />
              <col class="col-spark" />
              <col class="col-age" />
            </colgroup>
            <thead class="visually-hidden">
              <tr>
                <th scope="col">Variable</th>
                <th scope="col">Value</th>
                <th scope="col">Last two minutes</th>
                <th scope="col">Changed</th>
              </tr>
            </thead>
            <tbody>
              {all.map((one) => (
                <VariableRow
                  key={one.variable.name}
                  shown={one}
                  isChosen={one.variable.name === chosen}
                  isStop={one.variable.name === at}
                  choose={() => choose(one.variable.name === chosen ? null : one.variable.name)}
                  focused={() => setStop(one.variable.name)}
                />
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}
