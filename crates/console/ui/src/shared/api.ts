// The console's HTTP API as the pages read it. Addresses are relative to the page, so a proxy may add a path in front.
import { asCount, asText, isObject } from "./json.ts";

export interface Listener {
  readonly dialect: string;
  readonly title: string;
  readonly address: string;
  readonly tls: boolean;
  /** The port of its own web pages, on this host. */
  readonly sitePort: number | null;
  readonly sample: { readonly topic: string; readonly message: string } | null;
}

export interface Gateway {
  readonly name: string;
  readonly version: string;
  readonly demo: boolean;
  readonly startedMs: number;
  readonly listeners: readonly Listener[];
}

export interface DialectCounts {
  readonly dialect: string;
  readonly sessions: number;
  readonly heard: number;
  readonly delivered: number;
  readonly lost: number;
  readonly refused: number;
}

export interface Overview {
  readonly nowMs: number;
  readonly dialects: readonly DialectCounts[];
}

/** What went wrong with a request, as a sentence. */
export class ApiError extends Error {}

async function getJson(path: string, timeoutMs: number): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(timeoutMs), cache: "no-store" });
  } catch {
    throw new ApiError("The gateway does not answer.");
  }
  if (response.status === 401 || response.status === 403) throw new ApiError("The gateway does not let this page in.");
  if (!response.ok) throw new ApiError(`The gateway answered with HTTP status ${response.status}.`);
  try {
    return (await response.json()) as unknown;
  } catch {
    throw new ApiError("The gateway's answer could not be read.");
  }
}

export async function fetchGateway(timeoutMs = 4000): Promise<Gateway> {
  return readGateway(await getJson("api/listeners", timeoutMs));
}

export async function fetchOverview(timeoutMs = 4000): Promise<Overview> {
  return readOverview(await getJson("api/overview", timeoutMs));
}

export function readGateway(json: unknown): Gateway {
  if (!isObject(json) || !Array.isArray(json["listeners"])) throw new ApiError("The gateway's answer could not be read.");
  return {
    name: asText(json["name"]) ?? "tieline",
    version: asText(json["version"]) ?? "",
    demo: json["demo"] === true,
    startedMs: Date.parse(String(json["started"])),
    listeners: json["listeners"].filter(isObject).map((one) => {
      const sample = isObject(one["sample"]) ? one["sample"] : null;
      return {
        dialect: String(one["dialect"]),
        title: asText(one["title"]) ?? String(one["dialect"]),
        address: String(one["address"]),
        tls: one["tls"] === true,
        sitePort: Number(/:(\d+)$/.exec(asText(one["site"]) ?? "")?.[1] ?? 0) || null,
        sample: sample ? { topic: String(sample["topic"]), message: String(sample["message"]) } : null,
      };
    }),
  };
}

export function readOverview(json: unknown): Overview {
  if (!isObject(json) || !Array.isArray(json["dialects"])) throw new ApiError("The gateway's answer could not be read.");
  const nowMs = Date.parse(String(json["now"]));
  if (Number.isNaN(nowMs)) throw new ApiError("The gateway's answer could not be read.");
  return {
    nowMs,
    dialects: json["dialects"].filter(isObject).map((one) => ({
      dialect: String(one["dialect"]),
      sessions: asCount(one["sessions"]),
      heard: asCount(one["heard"]),
      delivered: asCount(one["delivered"]),
      lost: asCount(one["lost"]),
      refused: asCount(one["refused"]),
    })),
  };
}

/** Where a browser on this page's host finds a listener's WebSocket. */
export function socketAddress(listener: Listener, pageHostName: string): string | null {
  const port = /:(\d+)$/.exec(listener.address)?.[1];
  return port ? `${listener.tls ? "wss" : "ws"}://${pageHostName}:${port}/` : null;
}
