// Many buttons as one stop for the tab key: arrows move between them, by rows where they stand in several.

/** Moves the focus among the elements that `selector` finds in `list`; says whether the key was one of its own. */
export function rove(event: KeyboardEvent, list: HTMLElement | null, selector: string): boolean {
  const all = [...(list?.querySelectorAll<HTMLElement>(selector) ?? [])];
  const here = all.findIndex((one) => one === document.activeElement);
  if (here < 0) return false;
  const tops = all.map((one) => Math.round(one.getBoundingClientRect().top));
  const across = Math.max(1, tops.filter((top) => top === tops[0]).length);
  const to = { ArrowDown: here + across, ArrowUp: here - across, ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return false;
  event.preventDefault();
  all[Math.max(0, Math.min(all.length - 1, to))]?.focus();
  return true;
}
