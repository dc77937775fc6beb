// Round lengths for scale bars and graticules.

/** The largest 1, 2 or 5 times a power of ten that is not above `limit`. */
export function roundStep(limit: number): number {
  if (!(limit > 0) || !Number.isFinite(limit)) return 1;
  const power = 10 ** Math.floor(Math.log10(limit));
  const lead = limit / power;
  return Number((power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1)).toPrecision(1));
}
