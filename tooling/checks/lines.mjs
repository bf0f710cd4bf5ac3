// Prints the lines of every source file, package by package, longest first, and marks those over the house's limits.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '..', '..', '..');
const codeLimit = 400;
const tableLimit = 600;

/** A table is a file of rows; it says so in its name. */
const isTable = (/** @type {string} */ name) =>
  /(^|[/-])(table|ops|derivatives|decompositions|routines)\.ts$/.test(name);

/** @param {string} folder */
function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/](node_modules|dist)[\\/]/.test(path))
    .map((path) => ({
      name: relative(folder, path).replaceAll('\\', '/'),
      lines: readFileSync(path, 'utf8').trimEnd().split('\n').length,
    }))
    .sort((a, b) => b.lines - a.lines);
}

const folders = ['packages', 'apps', 'tooling']
  .flatMap((part) => readdirSync(join(root, part)).map((name) => `${part}/${name}`))
  .filter((folder) => existsSync(join(root, folder, 'src')) || folder === 'tooling/checks');
let over = 0;
let total = 0;
for (const folder of folders) {
  const files = sourcesIn(join(root, folder));
  const code = files.filter(({ name }) => !/\.test(-d)?\.ts$/.test(name));
  const sum = (/** @type {typeof files} */ list) => list.reduce((lines, file) => lines + file.lines, 0);
  console.log(`\n${folder}  ${sum(code)} lines of code, ${sum(files) - sum(code)} of tests, ${files.length} files`);
  for (const { name, lines } of files) {
    const limit = isTable(name) ? tableLimit : codeLimit;
    const mark = lines > limit && !name.includes('.test') ? `  ← over ${limit}` : '';
    if (mark) over++;
    console.log(`${String(lines).padStart(6)}  ${name}${mark}`);
  }
  total += sum(files);
}
console.log(`\n${total} lines; ${over} files over the limit (code ${codeLimit}, tables ${tableLimit})`);
