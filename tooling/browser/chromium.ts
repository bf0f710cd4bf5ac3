import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

/** What playwright's `launch` is told. */
export interface LaunchOptions {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/** Nothing that fetches, updates or draws with hardware; containers have no sandbox of their own. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where a machine's own Chromium or Chrome usually is. */
const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const require = createRequire(import.meta.url);
const cache = fileURLToPath(new URL('../../node_modules/.cache/flambeau/', import.meta.url));

/** Writes the regular files of a tar archive into one folder. */
function untar(archive: Uint8Array, folder: string): void {
  const text = (from: number, to: number): string =>
    new TextDecoder().decode(archive.subarray(from, to)).replace(/\0.*$/s, '');
  mkdirSync(folder, { recursive: true });
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, at + 136), 8);
    const isFile = archive[at + 156] === 0 || archive[at + 156] === 0x30;
    if (isFile) {
      writeFileSync(join(folder, basename(text(at, at + 100))), archive.subarray(at + 512, at + 512 + size));
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** The folder of the unpacked npm package: the program, and in `lib` the libraries that a bare machine lacks. */
function unpack(): string {
  const home = dirname(dirname(require.resolve('@sparticuz/chromium')));
  const key = createHash('sha256')
    .update(readFileSync(join(home, 'package.json')))
    .digest('hex');
  const folder = join(cache, `chromium-${key.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  // Made aside and renamed, so that a run beside this one never sees half of it.
  const aside = `${folder}.${process.pid}`;
  const content = (name: string): Uint8Array => brotliDecompressSync(readFileSync(join(home, 'bin', `${name}.br`)));
  untar(content('al2023.tar'), join(aside, 'lib'));
  writeFileSync(join(aside, 'chromium'), content('chromium'));
  chmodSync(join(aside, 'chromium'), 0o755);
  try {
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/**
 * The Chromium that tests run in, or `undefined` where there is none: the one that `FLAMBEAU_CHROMIUM` names, else on
 * Linux x86-64 the one inside the npm package, so that everybody has the same, else one that the machine has.
 */
function findChromium(): LaunchOptions | undefined {
  const env = { ...process.env } as Record<string, string>;
  const chosen = process.env.FLAMBEAU_CHROMIUM;
  if (chosen) return { executablePath: chosen, args, env };
  if (process.platform === 'linux' && process.arch === 'x64') {
    const folder = unpack();
    const path = [join(folder, 'lib'), env.LD_LIBRARY_PATH].filter(Boolean).join(':');
    return { executablePath: join(folder, 'chromium'), args, env: { ...env, LD_LIBRARY_PATH: path } };
  }
  const executablePath = installed.find((path) => existsSync(path));
  return executablePath ? { executablePath, args, env } : undefined;
}

/**
 * The Chromium that tests run in; without one, says loudly that `what` is left out.
 *
 * @throws {Error} There is none, in continuous integration.
 */
export function requireChromium(what: string): LaunchOptions | undefined {
  const found = findChromium();
  if (found) return found;
  const remedy = 'no Chromium was found. Set FLAMBEAU_CHROMIUM to the path of a Chromium or Chrome.';
  if (process.env.CI) throw new Error(`${what} cannot run: ${remedy}`);
  console.warn(`\n  SKIPPED: ${what}: ${remedy}\n`);
  return undefined;
}
