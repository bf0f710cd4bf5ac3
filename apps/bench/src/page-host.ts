import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Browser, LaunchOptions, Page } from 'playwright';
import type { PageBench } from './page.ts';

/** A file of the workspace: from `dist` as from `src`. */
function file(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

/** How the Chromium is started that tests run in, which only tooling knows. */
async function findChromium(): Promise<LaunchOptions> {
  const outfile = file('node_modules/.cache/flambeau/chromium.mjs');
  const entryPoints = [file('tooling/browser/chromium.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  const { requireChromium } = (await import(pathToFileURL(outfile).href)) as {
    requireChromium(what: string): LaunchOptions | undefined;
  };
  const launch = requireChromium('--page');
  if (!launch) throw new Error('no Chromium was found');
  return launch;
}

/** The page's code, from the workspace's sources. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file('apps/bench/src/page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // A module prints its class name; esbuild would rename classes that mention themselves.
    keepNames: true,
    conditions: ['flambeau-source'],
    external: ['node:*', 'webgpu', 'worker_threads', 'perf_hooks', 'os', 'fs', 'path', 'crypto', 'util'],
    logLevel: 'error',
  });
  return outputFiles[0]?.text as string;
}

async function serve(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? script : '<!doctype html><title>Flambeau</title><script type="module" src="page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** The benchmarks in a page of a headless Chromium. */
export class PageHost {
  readonly #server: Server;
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(server: Server, browser: Browser, page: Page) {
    this.#server = server;
    this.#browser = browser;
    this.#page = page;
  }

  /** @throws {Error} There is no Chromium. */
  static async open(): Promise<PageHost> {
    const launch = await findChromium();
    const { chromium } = await import('playwright');
    const server = await serve(await bundle());
    const browser = await chromium.launch(launch);
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'bench' in globalThis);
    return new PageHost(server, browser, page);
  }

  get version(): string {
    return `Chromium ${this.#browser.version()}`;
  }

  /** Calls what the page offers. */
  call<Name extends keyof PageBench>(
    name: Name,
    ...args: Parameters<PageBench[Name]>
  ): Promise<Awaited<ReturnType<PageBench[Name]>>> {
    return this.#page.evaluate(
      ([method, given]) => {
        const { bench } = globalThis as unknown as { bench: Record<string, (...all: unknown[]) => unknown> };
        return bench[method as string]?.(...(given as unknown[]));
      },
      [name, args] as [string, unknown[]],
    ) as Promise<Awaited<ReturnType<PageBench[Name]>>>;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}
