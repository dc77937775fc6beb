// The tokens' colours for what draws on a canvas, read once per colour scheme.

export type Colour = "ground" | "surface" | "sunken" | "ink" | "ink-soft" | "line" | "line-strong" | "accent" | "second" | "warn";

const dark = matchMedia("(prefers-color-scheme: dark)");
const known = new Map<string, string>();

dark.addEventListener("change", () => known.clear());

export function colour(name: Colour): string {
  let value = known.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    known.set(name, value);
  }
  return value;
}

/** Calls `then` whenever the viewer changes between light and dark, until the returned function is called. */
export function onSchemeChange(then: () => void): () => void {
  dark.addEventListener("change", then);
  return () => dark.removeEventListener("change", then);
}

export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
