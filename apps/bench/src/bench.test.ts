import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bench } from './bench.ts';
import { parseFlags, UsageError } from './flags.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flambeau-bench-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('prints a table for each workload that was asked for, and writes the same as data', async () => {
  const printed: string[] = [];
  const path = join(folder, 'results.json');
  const flags = parseFlags(['tiny', 'threads', '--device', 'cpu', '--peers', 'roof', '--rounds', '1', '--json', path]);
  expect(await bench(flags, (text) => printed.push(text))).toBe(0);
  expect(printed[0]).toContain(process.version);
  expect(printed[0]).toMatch(/(relaxed|plain) SIMD/);
  expect(printed.join('\n')).toMatch(/tiny.*flambeau cpu[\s\S]*steps\/s[\s\S]*left out/);
  const report = JSON.parse(readFileSync(path, 'utf8'));
  expect(report).toMatchObject({ device: 'cpu', threads: 1, rounds: 1, absent: [] });
  expect(report.workloads[0]).toMatchObject({ workload: 'tiny', cases: [{ unit: 'steps/s', failures: [] }] });
});

it('says before it works that results cannot be written', async () => {
  const flags = parseFlags(['tiny', '--json', join(folder, 'nowhere', 'results.json')]);
  await expect(bench(flags, () => {})).rejects.toThrow(UsageError);
});
