// Something asked of the gateway for a component: kept while it is asked for again, tried again when it fails.
import { useEffect, useState } from "preact/hooks";
import { Problem } from "./link.ts";

export interface Loaded<T> {
  readonly value: T | null;
  readonly problem: string | null;
}

const AGAIN_MS = 3000;

/** Loads anew whenever `version` changes; what was loaded for another `subject` is never shown. */
export function useLoaded<T>(subject: string, version: string, load: () => Promise<T>): Loaded<T> {
  const [kept, setKept] = useState<{ readonly subject: string } & Loaded<T>>({ subject, value: null, problem: null });
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const value = await load();
        if (current) setKept({ subject, value, problem: null });
      } catch (error) {
        if (!current) return;
        const problem = error instanceof Problem ? error.message : "The gateway's answer could not be read.";
        setKept((before) => ({ subject, value: before.subject === subject ? before.value : null, problem }));
        timer = setTimeout(() => void ask(), AGAIN_MS);
      }
    };
    void ask();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [subject, version]);
  return kept.subject === subject ? kept : { value: null, problem: null };
}
