// Packs every built package as it would be published, and has publint and are-the-types-wrong look at it.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '..', '..', '..');
const checks = [
  ['publint', 'run', '--strict'],
  ['attw', '--pack', '.', '--profile', 'esm-only', '--quiet'],
];
let failures = 0;
for (const name of readdirSync(join(root, 'packages'))) {
  const cwd = join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  const failed = checks.filter(([tool, ...args]) => {
    const { status, stdout, stderr } = spawnSync(join(root, 'node_modules', '.bin', tool), args, {
      cwd,
      encoding: 'utf8',
    });
    if (status !== 0) console.error(`${stdout}${stderr}`);
    return status !== 0;
  });
  failures += failed.length;
  console.log(
    `${manifest.name} ${manifest.version}: ${failed.length ? `${failed.map(([tool]) => tool)} failed` : 'ok'}`,
  );
}
process.exitCode = failures > 0 ? 1 : 0;
