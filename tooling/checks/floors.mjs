// Who may import whom, which globals where, manifests against imports, import cycles. Prints every breach; exit 1 on any.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRoom } from './house.mjs';

const root = join(fileURLToPath(import.meta.url), '..', '..', '..');

/** @param {string} path */
function readManifest(path) {
  return JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
}

/** @param {string} folder */
function readSources(folder) {
  const paths = readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(paths.map((path) => [relative(folder, path).replaceAll('\\', '/'), readFileSync(path, 'utf8')]));
}

const shared = Object.keys(readManifest(root).devDependencies);
const folders = ['packages', 'apps']
  .flatMap((part) => readdirSync(join(root, part)).map((name) => `${part}/${name}`))
  .filter((folder) => existsSync(join(root, folder, 'package.json')));
let files = 0;
const problems = folders.flatMap((folder) => {
  const sources = readSources(join(root, folder));
  files += sources.size;
  return checkRoom({ folder, manifest: readManifest(join(root, folder)), files: sources }, shared);
});
for (const problem of problems) console.error(problem);
console.log(`floors: ${folders.length} packages, ${files} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
