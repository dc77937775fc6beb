// The three verdicts as shapes that differ without any colour: a tick in a disc, a crossed-out equals sign in an octagon,
// a question mark in a dashed ring.
import type { VerdictKind } from "./verdict.ts";

export function VerdictSymbol({ kind }: { readonly kind: VerdictKind }) {
  return (
    <svg class={`symbol symbol-${kind}`} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      {kind === "conforms" && (
        <>
          <circle class="symbol-ground" cx="16" cy="16" r="14" />
          <path class="symbol-line" d="M9.5 16.5l4.5 4.5 9-9.5" />
        </>
      )}
      {kind === "differs" && (
        <>
          <path class="symbol-ground" d="M10.2 2h11.6L30 10.2v11.6L21.8 30H10.2L2 21.8V10.2z" />
          <path class="symbol-line" d="M9 13h14M9 19h14M20 8.5l-8 15" />
        </>
      )}
      {kind === "no_template" && (
        <>
          <circle class="symbol-ring" cx="16" cy="16" r="13" />
          <path class="symbol-mark" d="M12 12.5a4 4 0 1 1 5.6 3.7c-1.1.5-1.6 1.2-1.6 2.5" />
          <circle class="symbol-dot" cx="16" cy="22.6" r="1.6" />
        </>
      )}
    </svg>
  );
}
