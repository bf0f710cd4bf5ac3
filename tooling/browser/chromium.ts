import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumFile, unpackOnce, untar } from '../unpack.mjs';

/** What playwright's `launch` is told. */
export interface LaunchOptions {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/**
 * Nothing that fetches or updates; WebGPU in software, or on the machine's own GPU with `FLAMBEAU_GPU=own`; containers
 * have no sandbox of their own.
 */
const args = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  process.env.FLAMBEAU_GPU === 'own' ? '--enable-features=Vulkan' : '--use-webgpu-adapter=swiftshader',
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

/**
 * Puts the npm package's files where Chromium looks for them: the libraries that a bare machine lacks in `lib`, and
 * those of SwiftShader beside the program.
 */
function unpack(folder: string): void {
  untar(chromiumFile('al2023.tar'), join(folder, 'lib'));
  untar(chromiumFile('swiftshader.tar'), folder);
  writeFileSync(join(folder, 'chromium'), chromiumFile('chromium'));
  chmodSync(join(folder, 'chromium'), 0o755);
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
    const folder = unpackOnce('chromium-swiftshader', unpack);
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
