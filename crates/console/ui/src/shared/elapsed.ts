// Time that never goes back and does not stop while the machine sleeps: `performance.now` stops in some browsers, the
// wall clock can be set back. What matters here is never to believe that less time has passed than really has.

export function elapsedClock(wall: () => number = Date.now, steady: () => number = () => performance.now()): () => number {
  let lastWall = wall();
  let lastSteady = steady();
  let total = 0;
  return () => {
    const [nowWall, nowSteady] = [wall(), steady()];
    total += Math.max(nowWall - lastWall, nowSteady - lastSteady, 0);
    [lastWall, lastSteady] = [nowWall, nowSteady];
    return total;
  };
}
