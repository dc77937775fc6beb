// One line of text, made smaller until it fits its width; what is still too long then wraps.
import { useLayoutEffect, useRef } from "preact/hooks";

const SMALLEST = 0.45;

export function fitLine(element: HTMLElement): void {
  element.style.removeProperty("font-size");
  element.classList.remove("wraps");
  const ratio = element.clientWidth / element.scrollWidth;
  if (!(ratio < 1)) return;
  const size = Number.parseFloat(getComputedStyle(element).fontSize);
  element.style.setProperty("font-size", `${Math.floor(size * Math.max(SMALLEST, ratio * 0.98))}px`);
  element.classList.toggle("wraps", ratio < SMALLEST);
}

export function FitLine({ text, class: className, quiet }: { readonly text: string; readonly class: string; readonly quiet?: boolean }) {
  const line = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    const element = line.current;
    if (!element) return;
    const fit = () => fitLine(element);
    fit();
    let width = element.clientWidth;
    const watcher = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      fit();
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [text]);
  return (
    <p ref={line} class={`fit-line ${className}${quiet ? " quiet" : ""}`}>
      {text}
    </p>
  );
}
