// The one browser of a test file: Debian's own, with a new empty profile, cut off from everything but the loopback.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const BROWSER = process.env.TIELINE_BROWSER ?? "/usr/bin/chromium";

export class Browser {
  static async open() {
    const profile = await mkdtemp(join(tmpdir(), "tieline-browser-"));
    const context = await chromium.launchPersistentContext(profile, { executablePath: BROWSER, headless: true, args: FLAGS, viewport: { width: 1440, height: 900 } });
    context.setDefaultTimeout(15_000);
    return new Browser(context, profile);
  }

  constructor(context, profile) {
    this.context = context;
    this.profile = profile;
  }

  /** A page that keeps account of every complaint of its console and every request that leaves this machine. */
  async page({ clock = false, viewport, ...media } = {}) {
    const page = await this.context.newPage();
    const seen = { complaints: [], foreign: [] };
    const record = (url) => ["127.0.0.1", "localhost"].includes(new URL(url).hostname) || /^(data|blob):/.test(url) || seen.foreign.push(url);
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.complaints.push(message.text()));
    page.on("pageerror", (error) => seen.complaints.push(String(error)));
    page.on("request", (request) => record(request.url()));
    page.on("websocket", (socket) => record(socket.url()));
    if (viewport) await page.setViewportSize(viewport);
    if (Object.keys(media).length > 0) await page.emulateMedia(media);
    if (clock) await page.clock.install();
    page.seen = seen;
    return page;
  }

  async close() {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The page is as quiet as it should be: nothing in its console, nothing asked of any other machine. */
export function assertClean(page, { expected = /^$/ } = {}) {
  assert.deepEqual(page.seen.complaints.filter((text) => !expected.test(text)), [], "complaints in the browser's console");
  assert.deepEqual(page.seen.foreign, [], "requests that left this machine");
}

/** What a browser itself says when a server is away; no page can keep it from saying so. */
export const AWAY = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|WebSocket connection to/;

/** Waits until `check` is true, looking often; fails with `what` after `withinMs`. */
export async function until(check, what, withinMs = 15_000) {
  const end = Date.now() + withinMs;
  while (!(await check())) {
    if (Date.now() > end) assert.fail(`not within ${withinMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/**
 * Gives the page another size and waits until it is laid out in it: the page's own listeners and observers have run.
 * A frame that is waited for by `requestAnimationFrame` says nothing of that where the page's clock is a test's own.
 */
export async function resize(page, width, height) {
  const { width: before, height: was } = page.viewportSize();
  if (before === width && was === height) return;
  await page.evaluate(() => {
    window.resized = new Promise((done) => {
      const observe = () => {
        // Made last, it is told last.
        const observer = new ResizeObserver(() => {
          observer.disconnect();
          done();
        });
        observer.observe(document.documentElement);
      };
      addEventListener("resize", observe, { once: true });
    });
  });
  await page.setViewportSize({ width, height });
  await page.evaluate(() => window.resized);
}

/** Nothing is wider than the page. */
export async function assertNoSidewaysScroll(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `content is ${content} px wide in a window of ${window} px`);
}
