// Where a page is: all stations, or one scanner's; and where the site's other addresses are from there.
export interface Place {
  /** The scanner this page is for; `null` for all. */
  readonly station: string | null;
  /** From the page's address to the site's root. */
  readonly root: "./" | "../";
}

export function readPlace(pathname: string): Place {
  const name = /\/scanner\/([^/]+)$/.exec(pathname)?.[1];
  return name === undefined ? { station: null, root: "./" } : { station: unescaped(name), root: "../" };
}

export interface SiteSettings {
  readonly port: number;
  readonly tls: boolean;
  readonly escapeHtml: boolean;
  /** Whether the site remembers series: `/history`. */
  readonly history: boolean;
  /** Whether this page may say what is right from now on: `/choose`. */
  readonly choose: boolean;
}

/** What this page hears besides verdicts. */
const ALSO = "?series=1&sessions=1";

/** Where the WebSocket is, on the host this page came from. */
export function socketAddress({ port, tls }: Pick<SiteSettings, "port" | "tls">, hostName: string, station: string | null): string {
  return `${tls ? "wss" : "ws"}://${hostName}:${port}/${station === null ? "" : `station/${encodeURIComponent(station)}`}${ALSO}`;
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
