// Writes the declarations of the package in the current folder to dist/, one .d.ts per source file.
// Dependencies are read from their own built declarations, so this is also the proof that those are complete.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const folder = process.cwd();
const dist = join(folder, 'dist');

/** The declarations that are in dist now. */
function declarations() {
  if (!existsSync(dist)) return [];
  const entries = readdirSync(dist, { encoding: 'utf8', recursive: true });
  return entries.filter((entry) => entry.endsWith('.d.ts')).map((entry) => join(dist, entry));
}

const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const cache = join(folder, 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const config = join(cache, 'tsconfig.types.json');
const toFolder = (path) => relative(cache, join(folder, path));
writeFileSync(
  config,
  JSON.stringify({
    extends: toFolder('tsconfig.json'),
    include: [],
    files: Object.values(exports).flatMap((target) =>
      target['flambeau-source'] ? [toFolder(target['flambeau-source'])] : [],
    ),
    compilerOptions: {
      noEmit: false,
      emitDeclarationOnly: true,
      customConditions: [],
      rewriteRelativeImportExtensions: true,
      rootDir: toFolder('src'),
      outDir: toFolder('dist'),
    },
  }),
);
for (const entry of declarations()) rmSync(entry);
const { status } = spawnSync('tsc', ['-p', config], { stdio: 'inherit', shell: process.platform === 'win32' });
if (status !== 0) process.exit(status ?? 1);

// Declarations keep the sources' `.ts` specifiers; published ones must name the files that exist. And a user whose
// project names no newer library must still know what Symbol.dispose is.
for (const path of declarations()) {
  const text = readFileSync(path, 'utf8');
  const library = /\bSymbol\.(asyncD|d)ispose\b/.test(text) ? '/// <reference lib="esnext.disposable" />\n' : '';
  const rewritten = library + text.replace(/((?:from|import)\s*\(?\s*["']\.\.?\/[^"']*)\.ts(["'])/g, '$1.js$2');
  if (rewritten !== text) writeFileSync(path, rewritten);
}
