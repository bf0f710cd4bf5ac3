// Unpacks what npm packages carry compressed, once, into node_modules/.cache/flambeau.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const cache = join(workspace(), 'node_modules', '.cache', 'flambeau');
const chromium = dirname(dirname(require.resolve('@sparticuz/chromium')));

/** The workspace's folder, also for a program that this file was bundled into. */
function workspace() {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    if (folder === dirname(folder)) throw new Error('this must run within the workspace');
    folder = dirname(folder);
  }
  return folder;
}

/**
 * A file of the npm package that carries Chromium and SwiftShader, decompressed.
 *
 * @param {string} name
 * @returns {Uint8Array}
 */
export function chromiumFile(name) {
  return brotliDecompressSync(readFileSync(join(chromium, 'bin', `${name}.br`)));
}

/**
 * Writes the regular files of a tar archive into one folder; with `wanted`, those whose names it holds.
 *
 * @param {Uint8Array} archive
 * @param {string} folder
 * @param {readonly string[]} [wanted]
 */
export function untar(archive, folder, wanted) {
  /** @param {number} from @param {number} to */
  const text = (from, to) => new TextDecoder().decode(archive.subarray(from, to)).replace(/\0.*$/s, '');
  mkdirSync(folder, { recursive: true });
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, at + 136), 8);
    const isFile = archive[at + 156] === 0 || archive[at + 156] === 0x30;
    const name = basename(text(at, at + 100));
    if (isFile && (!wanted || wanted.includes(name))) {
      writeFileSync(join(folder, name), archive.subarray(at + 512, at + 512 + size));
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/**
 * The folder called `name` of what `fill` takes from this version of the npm package; filled when it is missing.
 *
 * @param {string} name
 * @param {(folder: string) => void} fill
 * @returns {string}
 */
export function unpackOnce(name, fill) {
  const key = createHash('sha256')
    .update(readFileSync(join(chromium, 'package.json')))
    .digest('hex');
  const folder = join(cache, `${name}-${key.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  // Made aside and renamed, so that a run beside this one never sees half of it.
  const aside = `${folder}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  fill(aside);
  try {
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
