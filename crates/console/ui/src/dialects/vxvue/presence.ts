// Whether the X-ray console is there, as the gateway tells its own pages; it knows what a browser cannot see.
import { asCount, asNumber, asText, isObject } from "../../shared/json.ts";

export interface Presence {
  /** Rises with every change that is told. */
  readonly revision: number;
  /** `waiting`: none has registered since the gateway started. */
  readonly state: "waiting" | "here" | "away";
  /** Since when it is away; `null` when it is not, or not known. */
  readonly sinceMs: number | null;
  /** It has been away for so long that the patient is not to be shown. */
  readonly hidden: boolean;
  /** The console has completed its exam and named nobody since. */
  readonly nobody: boolean;
  readonly consoles: number;
  readonly addresses: readonly string[];
  readonly hideAfterMs: number | null;
}

export function readPresence(data: unknown): Presence | null {
  if (!isObject(data)) return null;
  const state = data["state"];
  if (state !== "waiting" && state !== "here" && state !== "away") return null;
  const since = Date.parse(String(data["since"]));
  const addresses = Array.isArray(data["addresses"]) ? data["addresses"] : [];
  return {
    revision: asCount(data["revision"]),
    state,
    sinceMs: Number.isNaN(since) ? null : since,
    hidden: data["hidden"] === true,
    nobody: data["nobody"] === true,
    consoles: asCount(data["consoles"]),
    addresses: addresses.flatMap((one) => asText(one) ?? []),
    hideAfterMs: asNumber(data["hideAfterMs"]),
  };
}

/** `Console away since 14:05`, in the viewer's own time. */
export function awayText(presence: Presence): string {
  if (presence.sinceMs === null) return "Console away";
  const at = new Date(presence.sinceMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `Console away since ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What is wrong when more than one console is there; `null` when not. */
export function rivalsText(presence: Presence): string | null {
  return presence.consoles > 1 ? `${presence.consoles} X-ray consoles are connected: ${presence.addresses.join(", ")}` : null;
}
