// A list in which one row is chosen: one stop for the tab key, arrows move the choice. For lists that change while they are read.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface ListboxRow {
  readonly key: string;
  readonly content: ComponentChildren;
}

interface Props {
  readonly label: string;
  readonly name: string;
  readonly class: string;
  readonly rows: readonly ListboxRow[];
  readonly chosen: string | null;
  readonly choose: (key: string | null) => void;
  /** Told of the row under the pointer, `null` when there is none. */
  readonly hover?: (key: string | null) => void;
}

export function Listbox({ label, name, class: className, rows, chosen, choose, hover }: Props) {
  const id = (key: string) => `${name}-${key}`;
  const list = useRef<HTMLDivElement>(null);
  const moved = useRef(false);
  useEffect(() => {
    if (!moved.current || chosen === null) return;
    moved.current = false;
    list.current?.ownerDocument.getElementById(id(chosen))?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const move = (event: KeyboardEvent) => {
    const at = rows.findIndex((row) => row.key === chosen);
    const last = rows.length - 1;
    const to = { ArrowDown: Math.min(last, at + 1), ArrowUp: at < 0 ? 0 : Math.max(0, at - 1), Home: 0, End: last }[event.key];
    if (event.key === "Escape") choose(null);
    if (to === undefined || last < 0) return;
    event.preventDefault();
    moved.current = true;
    choose(rows[to]?.key ?? null);
  };

  const active = chosen !== null && rows.some((row) => row.key === chosen) ? id(chosen) : undefined;
  return (
    <div ref={list} class={className} role="listbox" tabIndex={0} aria-label={label} aria-activedescendant={active} onKeyDown={move}>
      {rows.map((row) => (
        <div
          key={row.key}
          id={id(row.key)}
          role="option"
          aria-selected={row.key === chosen}
          class="row"
          onClick={() => choose(row.key === chosen ? null : row.key)}
          onMouseEnter={() => hover?.(row.key)}
          onMouseLeave={() => hover?.(null)}
        >
          {row.content}
        </div>
      ))}
    </div>
  );
}
