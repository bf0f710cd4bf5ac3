import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requireChromium } from '../browser/chromium.ts';
import { consumer, install, minutes, packAll, run } from './packing.ts';
import { type Served, serve } from './serve.ts';

/** What a page has told when its training ended. */
interface Told {
  readonly losses?: number[];
  readonly error?: string;
  readonly isolated: boolean;
  /** Console warnings. */
  readonly warnings: string[];
  /** Whether any of the scripts that the page and its workers loaded asks for a GPU. */
  readonly mentionsGpu: boolean;
}

const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const steps = 20;
const launchOptions = requireChromium('the packed packages in a page');

let folder: string;
let browser: Browser;
let served: Served | undefined;
let expected: number[];

/** The paths of the packages' files by what an import says. */
async function importMap(): Promise<Record<string, string>> {
  const modules = join(folder, 'node_modules');
  const scoped = (await readdir(join(modules, '@flambeau'))).map((name) => `@flambeau/${name}`);
  const imports: Record<string, string> = {};
  for (const name of ['flambeau', ...scoped]) {
    const manifest = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8')) as {
      exports: Record<string, string | { default: string }>;
    };
    for (const [path, target] of Object.entries(manifest.exports)) {
      if (typeof target === 'object') {
        imports[join(name, path)] = `/${join('node_modules', name, target.default)}`;
      }
    }
  }
  return imports;
}

/** Opens a page that trains on the device, from a server that sends the headers; it ends with so many workers. */
async function open(page: string, query: string, headers: Record<string, string>, workers: number): Promise<Told> {
  await served?.close();
  served = await serve(folder, headers);
  const context = await browser.newContext();
  const tab = await context.newPage();
  const warnings: string[] = [];
  const broken: string[] = [];
  const scripts: Promise<string>[] = [];
  tab.on('response', (response) => response.url().endsWith('.js') && scripts.push(response.text()));
  tab.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  tab.on('pageerror', (error) => broken.push(String(error)));
  try {
    await tab.goto(`${served.url}/${page}.html?steps=${steps}&${query}`);
    // Not `waitForFunction`, whose looks after the first a content security policy may forbid.
    await expect
      .poll(() => tab.evaluate('globalThis.report'), { timeout: minutes })
      .toBeDefined()
      .catch((error) => {
        throw new Error(`the page told nothing; it broke with: ${broken.join('; ')}`, { cause: error });
      });
    const told = (await tab.evaluate('globalThis.report')) as Told;
    await expect.poll(() => tab.workers().length, { timeout: minutes / 4 }).toBe(workers);
    const mentionsGpu = (await Promise.all(scripts)).some((script) => script.includes('requestAdapter'));
    return { ...told, warnings, mentionsGpu };
  } finally {
    await context.close();
  }
}

/** Whether the page has trained as Node has on the cpu. */
function expectTrained({ error, losses = [] }: Told): void {
  expect(error).toBeUndefined();
  expect(losses).toHaveLength(steps);
  expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
  for (const [step, loss] of losses.entries()) expect(loss).toBeCloseTo(expected[step] as number, 4);
}

describe.skipIf(!launchOptions)('a page with the packed packages', { timeout: 2 * minutes }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flambeau-page-'));
    await install(folder, await packAll(folder), ['flambeau', '@flambeau/backend-wasm']);
    for (const file of ['mlp', 'page', 'print-losses']) {
      await copyFile(join(consumer, `${file}.js`), join(folder, `${file}.js`));
    }
    const map = JSON.stringify({ imports: await importMap() });
    const page = (head: string, script: string): string =>
      `<!doctype html><title>Flambeau</title>${head}<body><script type="module" src="${script}"></script>`;
    await writeFile(join(folder, 'mapped.html'), page(`<script type="importmap">${map}</script>`, '/page.js'));
    await run(folder, 'esbuild', 'page.js', '--bundle', '--splitting', '--minify', '--format=esm', '--outdir=bundle');
    await writeFile(join(folder, 'bundled.html'), page('', '/bundle/page.js'));
    expected = JSON.parse(await run(folder, process.execPath, 'print-losses.js', 'cpu', '0', `${steps}`));
    browser = await chromium.launch({ ...launchOptions, headless: true });
  }, 5 * minutes);

  afterEach(() => served?.close());

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(['mapped', 'bundled'])('that is %s', (page) => {
    test('trains on cpu', async () => {
      const told = await open(page, 'device=cpu', {}, 0);
      expectTrained(told);
      expect(told).toMatchObject({ isolated: false, warnings: [] });
    });

    test('trains on wasm with the threads asked for where it is cross-origin isolated', async () => {
      const told = await open(page, 'device=wasm&threads=2', isolation, 1);
      expectTrained(told);
      expect(told).toMatchObject({ isolated: true, warnings: [] });
    });

    test('trains on wasm with one thread elsewhere, and says so once', async () => {
      const told = await open(page, 'device=wasm&threads=2', {}, 0);
      expectTrained(told);
      expect(told.isolated).toBe(false);
      expect(told.warnings).toEqual([expect.stringMatching(/cross-origin isolated/)]);
    });

    test('trains on webgpu, whose code nobody else loads', async () => {
      const told = await open(page, 'device=webgpu', {}, 0);
      expectTrained(told);
      expect(told).toMatchObject({ isolated: false, warnings: [], mentionsGpu: true });
      expect(await open(page, 'device=cpu', {}, 0)).toMatchObject({ mentionsGpu: false });
    });
  });

  // An import map does not hold in workers.
  test.each(['cpu', 'webgpu'])('that is bundled trains on %s in a worker', async (device) => {
    const told = await open('bundled', `device=${device}&worker=1`, {}, 1);
    expectTrained(told);
    expect(told.warnings).toEqual([]);
  });

  describe('under a content security policy', () => {
    const policy = (text: string): Record<string, string> => ({ ...isolation, 'Content-Security-Policy': text });

    test.each(['cpu', 'webgpu'])('trains on %s without any permission', async (device) => {
      expectTrained(await open('bundled', `device=${device}`, policy("default-src 'self'"), 0));
    });

    test('trains on wasm with the permissions that the README names', async () => {
      const told = await open(
        'bundled',
        'device=wasm&threads=2',
        policy("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob: 'self'"),
        1,
      );
      expectTrained(told);
      expect(told).toMatchObject({ isolated: true, warnings: [] });
    });

    test('trains on wasm with one thread where workers are refused, and says which permission they need', async () => {
      const headers = policy("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'");
      const told = await open('bundled', 'device=wasm&threads=2', headers, 0);
      expectTrained(told);
      expect(told.warnings).toEqual([expect.stringContaining('worker-src blob:')]);
    });

    test('is told which permission wasm lacks', async () => {
      const told = await open('bundled', 'device=wasm', policy("default-src 'self'"), 0);
      expect(told.losses).toBeUndefined();
      expect(told.error).toMatch(/'wasm-unsafe-eval'/);
    });
  });
});
