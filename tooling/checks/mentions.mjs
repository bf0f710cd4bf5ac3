// Nothing in the repository may name a folder of somebody's machine or the host of a package registry. Exit 1 on any.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMentions } from './machine-words.mjs';

const root = join(fileURLToPath(import.meta.url), '..', '..', '..');
const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
const files = listed.split('\0').filter((file) => file && existsSync(join(root, file)));
let count = 0;
for (const file of files) {
  const bytes = readFileSync(join(root, file));
  if (bytes.includes(0)) continue;
  for (const { line, text } of findMentions(bytes.toString('utf8'))) {
    console.error(`${file}:${line}  mentions ${text}`);
    count++;
  }
}
console.log(`mentions: ${files.length} files, ${count} problems`);
process.exitCode = count > 0 ? 1 : 0;
