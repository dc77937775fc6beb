// A line to paste into a terminal. Where the browser gives no clipboard (a page without TLS), the line is selected instead.
import { useEffect, useRef, useState } from "preact/hooks";

export function CopyLine({ text }: { readonly text: string }) {
  const [done, setDone] = useState<"copied" | "selected" | null>(null);
  const line = useRef<HTMLElement>(null);
  useEffect(() => {
    if (done === null) return;
    const timer = setTimeout(() => setDone(null), 3000);
    return () => clearTimeout(timer);
  }, [done]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone("copied");
    } catch {
      if (line.current) getSelection()?.selectAllChildren(line.current);
      setDone("selected");
    }
  };
  return (
    <p class="copy-line">
      <code ref={line} class="code" tabIndex={0} aria-label="A line to paste into a terminal">
        {text}
      </code>
      <button type="button" class="button" onClick={() => void copy()}>
        <span aria-live="polite">{done === "copied" ? "Copied" : done === "selected" ? "Selected" : "Copy"}</span>
      </button>
    </p>
  );
}
