// Prints the sum of the counts that tooling/closing-line.ts appended to a file; exit 1 when nothing ran or a test failed.
import { readFileSync } from 'node:fs';

const runs = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
const sum = (outcome) => runs.reduce((total, run) => total + run[outcome], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = sum('passed') === 0 || sum('failed') > 0 ? 1 : 0;
