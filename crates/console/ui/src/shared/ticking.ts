// Renders a component again at a steady pace, for texts that tell how long ago something was.
import { useEffect, useState } from "preact/hooks";

export function useTick(everyMs: number): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setCount((count) => count + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
