// A stage or the clipboard: its elements in space and in a table, found by words, in the order somebody wants.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count } from "../../../shared/format.ts";
import { elementTitle, figureName, figureText, filtered, ownFigures, sorted, type Column, type Order } from "../elements.ts";
import { readElements, type Element, type Elements, type Stage } from "../project.ts";
import { columnText, counted, dayAndTime, exactText } from "../words.ts";
import { Problem, type ProjectLink } from "./link.ts";
import { useLoaded } from "./loaded.ts";
import { Pager } from "./pager.tsx";
import { rove } from "./roving.ts";
import { Scene } from "./scene.tsx";

/** Elements in one request, and those a page has at most. */
const AT_ONCE = 1000;
const MOST_ELEMENTS = 5000;
const ROWS = 200;

interface Props {
  readonly link: ProjectLink;
  readonly stage: Stage;
  readonly epoch: number;
}

export function StageView({ link, stage, epoch }: Props) {
  const path = stage.id === null ? "clipboard" : `stages/${stage.id}`;
  const { value, problem } = useLoaded(path, JSON.stringify([stage, epoch]), () => loadElements(link, path));
  return (
    <section class="view" aria-labelledby="view-title">
      <header class="view-head">
        <h2 id="view-title">{stage.name}</h2>
        <p class="view-facts">
          {[counted(stage.elements, "element"), stage.file === null ? null : `from ${stage.file}`, stage.at === null ? null : `imported ${dayAndTime(stage.at)}`].filter((one) => one !== null).join(" · ")}
        </p>
      </header>
      {problem !== null && (
        <p class="view-problem" role="status">
          {problem}
        </p>
      )}
      {value === null && problem === null && <p class="quiet">Asking for the elements…</p>}
      {value !== null && <ElementsView key={path} elements={value} />}
    </section>
  );
}

async function loadElements(link: ProjectLink, path: string): Promise<Elements> {
  const all: Element[] = [];
  for (;;) {
    const told = readElements(await link.get(`${path}?offset=${all.length}&limit=${AT_ONCE}`));
    if (told === null) throw new Problem("The gateway's answer could not be read.");
    all.push(...told.elements);
    if (told.elements.length === 0 || all.length >= told.total || all.length >= MOST_ELEMENTS) return { total: told.total, elements: all.slice(0, MOST_ELEMENTS) };
  }
}

const COLUMNS: readonly (readonly [Column, string])[] = [
  ["number", "No."],
  ["name", "Name"],
  ["kind", "Kind"],
  ["id", "ID"],
  ["x", "X"],
  ["y", "Y"],
  ["z", "Z"],
];

function ElementsView({ elements: { elements, total } }: { readonly elements: Elements }) {
  const [words, setWords] = useState("");
  const [order, setOrder] = useState<Order>({ column: "number", isUp: true });
  const [chosen, setChosen] = useState<number | null>(null);
  const [offset, setOffset] = useState(0);
  /** Counts what was picked in the picture: the table shows it then. */
  const [picks, setPicks] = useState(0);
  const found = useMemo(() => filtered(elements, words), [elements, words]);
  const all = useMemo(() => sorted(found, order), [found, order]);
  const from = offset < all.length ? offset : 0;
  const pick = (number: number | null) => {
    setChosen(number);
    const at = all.findIndex((one) => one.number === number);
    if (at >= 0) setOffset(at - (at % ROWS));
    setPicks(picks + 1);
  };
  return (
    <>
      <Scene elements={found} chosen={chosen} choose={pick} />
      <div class="table-tools">
        <label for="filter">Filter</label>
        <input
          id="filter"
          class="field"
          type="search"
          value={words}
          spellcheck={false}
          autocomplete="off"
          aria-describedby="filter-found"
          onInput={(event) => {
            setWords(event.currentTarget.value);
            setOffset(0);
          }}
        />
        <p id="filter-found" class="quiet" role="status">
          {note(found.length, elements.length, total)}
        </p>
      </div>
      <Table elements={all.slice(from, from + ROWS)} order={order} setOrder={setOrder} chosen={chosen} choose={setChosen} picks={picks} />
      <Pager what="elements" offset={from} size={ROWS} total={all.length} go={setOffset} />
    </>
  );
}

function note(found: number, loaded: number, total: number): string {
  const cut = loaded < total ? ` Only the first ${count(loaded)} of ${count(total)} elements are here.` : "";
  if (found === 0) return `No element is found by these words.${cut}`;
  return (found === loaded ? counted(found, "element") : `${count(found)} of ${counted(loaded, "element")}`) + cut;
}

interface TableProps {
  readonly elements: readonly Element[];
  readonly order: Order;
  readonly setOrder: (order: Order) => void;
  readonly chosen: number | null;
  readonly choose: (number: number | null) => void;
  readonly picks: number;
}

function Table({ elements, order, setOrder, chosen, choose, picks }: TableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [stop, setStop] = useState<number | null>(null);
  const at = elements.some(({ number }) => number === stop) ? stop : elements[0]?.number;
  // The page itself stays where it is: the picture may be all that is in sight.
  useEffect(() => {
    const row = body.current?.querySelector<HTMLElement>("tr.chosen");
    const frame = row?.closest<HTMLElement>(".table-frame");
    if (row && frame) frame.scrollTop = Math.max(0, row.offsetTop - frame.clientHeight / 3);
  }, [picks]);
  return (
    <div class="table-frame" role="region" aria-label="Elements" tabIndex={0}>
      <table class="elements">
        <thead>
          <tr>
            {COLUMNS.map(([column, title]) => {
              const isOrder = order.column === column;
              return (
                <th key={column} scope="col" class={`col-${column}`} aria-sort={isOrder ? (order.isUp ? "ascending" : "descending") : "none"}>
                  <button type="button" class="sort" onClick={() => setOrder({ column, isUp: isOrder ? !order.isUp : true })}>
                    {title}
                    <span class="sort-mark" aria-hidden="true">
                      {isOrder ? (order.isUp ? "▲" : "▼") : ""}
                    </span>
                  </button>
                </th>
              );
            })}
            <th scope="col">Numbers</th>
          </tr>
        </thead>
        <tbody
          ref={body}
          onKeyDown={(event) => {
            if (event.key === "Escape") choose(null);
            else rove(event, body.current, ".element-name");
          }}
        >
          {elements.map((element) => (
            <Row
              key={element.number}
              element={element}
              isChosen={element.number === chosen}
              isStop={element.number === at}
              choose={() => choose(element.number === chosen ? null : element.number)}
              focused={() => setStop(element.number)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly element: Element;
  readonly isChosen: boolean;
  readonly isStop: boolean;
  readonly choose: () => void;
  readonly focused: () => void;
}

const FIGURES_IN_ROW = 4;

function Row({ element, isChosen, isStop, choose, focused }: RowProps) {
  const { number, kind, id, points } = element;
  const figures = ownFigures(element);
  return (
    <>
      <tr class={isChosen ? "chosen" : ""} onClick={choose}>
        <td class="figure-cell">{number}</td>
        <th scope="row">
          <button
            type="button"
            class="element-name"
            tabIndex={isStop ? 0 : -1}
            aria-expanded={isChosen}
            onFocus={focused}
            onClick={(event) => {
              event.stopPropagation();
              choose();
            }}
          >
            {elementTitle(element)}
          </button>
        </th>
        <td>{kind}</td>
        <td class="id-cell">{id ?? ""}</td>
        {[0, 1, 2].map((axis) => (
          <td key={axis} class="figure-cell">
            {points[0] ? columnText(points[0][axis] ?? 0) : ""}
          </td>
        ))}
        <td class="figures-cell">
          {[...figures.slice(0, FIGURES_IN_ROW).map(figureText), ...(figures.length > FIGURES_IN_ROW ? ["…"] : []), ...(points.length > 1 ? [counted(points.length, "point")] : [])].join(", ")}
        </td>
      </tr>
      {isChosen && (
        <tr class="chosen">
          <td colSpan={8}>
            <Facts element={element} />
          </td>
        </tr>
      )}
    </>
  );
}

const MOST_SHOWN_POINTS = 100;
const MOST_MORE = 20_000;

function Facts({ element: { type, points, figures, more } }: { readonly element: Element }) {
  const rest = more === null ? "" : JSON.stringify(more, null, 2);
  return (
    <div class="element-facts">
      <dl class="facts">
        {type !== null && (
          <div>
            <dt>Called</dt>
            <dd>{type}</dd>
          </div>
        )}
        {points.length > 0 && (
          <div>
            <dt>{points.length === 1 ? "Place" : "Places"}</dt>
            <dd>
              {points.slice(0, MOST_SHOWN_POINTS).map((point) => `(${point.map(exactText).join(", ")})`).join(" ")}
              {points.length > MOST_SHOWN_POINTS && ` and ${count(points.length - MOST_SHOWN_POINTS)} more`}
            </dd>
          </div>
        )}
        {figures.map((figure, at) => (
          <div key={at}>
            <dt>{figureName(figure)}</dt>
            <dd>
              {exactText(figure.value)}
              {figure.unit !== null && ` ${figure.unit}`}
            </dd>
          </div>
        ))}
      </dl>
      {rest !== "" && (
        <details>
          <summary>All that the file says of it</summary>
          <pre class="code" tabIndex={0} aria-label="All that the file says of it">
            {rest.length > MOST_MORE ? `${rest.slice(0, MOST_MORE)}\n…` : rest}
          </pre>
        </details>
      )}
    </div>
  );
}
