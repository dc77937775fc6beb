// A titled region of the overview, with one line for what it has to say about itself.
import type { ComponentChildren } from "preact";

interface Props {
  readonly name: string;
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly faded?: boolean;
  readonly children: ComponentChildren;
}

export function Panel({ name, title, note, tools, faded, children }: Props) {
  return (
    <section class={`panel panel-${name}${faded ? " faded" : ""}`} aria-labelledby={`${name}-title`}>
      <header class="panel-head">
        <h2 id={`${name}-title`}>{title}</h2>
        {note !== undefined && <p class="panel-note">{note}</p>}
        {tools !== undefined && <div class="panel-tools">{tools}</div>}
      </header>
      {children}
    </section>
  );
}

/** Instead of a panel's content, when its dialect is off. */
export function NotListening({ section, what }: { readonly section: string; readonly what: string }) {
  return (
    <p class="empty">
      {what} is not listening here: add a <code class="code">[{section}]</code> section to <code class="code">tieline.toml</code> to switch it on.
    </p>
  );
}
