// The way through a list that is shown in parts.
import { count } from "../../../shared/format.ts";

interface Props {
  readonly what: string;
  readonly offset: number;
  readonly size: number;
  readonly total: number;
  readonly go: (offset: number) => void;
}

export function Pager({ what, offset, size, total, go }: Props) {
  if (total <= size) return null;
  return (
    <nav class="pager" aria-label={`Parts of the ${what}`}>
      <button type="button" class="button" disabled={offset === 0} onClick={() => go(Math.max(0, offset - size))}>
        Before
      </button>
      <p role="status">
        {count(offset + 1)} to {count(Math.min(total, offset + size))} of {count(total)}
      </p>
      <button type="button" class="button" disabled={offset + size >= total} onClick={() => go(offset + size)}>
        Next
      </button>
    </nav>
  );
}
