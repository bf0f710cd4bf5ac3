import { appendFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** A count of tests by outcome. */
type Counts = { passed: number; failed: number; skipped: number };

function count(modules: readonly TestModule[], errors: readonly SerializedError[]): Counts {
  const counts: Counts = { passed: 0, failed: errors.length, skipped: 0 };
  for (const module of modules) {
    // A file or a suite that breaks outside its tests has none to show for it.
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') counts.passed++;
      else if (state === 'failed') counts.failed++;
      else counts.skipped++;
    }
  }
  return counts;
}

/**
 * Ends a run with the plain line `N passed, N failed, N skipped`.
 *
 * With `FLAMBEAU_COUNTS` set to a file, the counts are also appended to it as a line of JSON, so that several runs
 * can be summed.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const counts = count(modules, errors);
    const file = process.env.FLAMBEAU_COUNTS;
    if (file) appendFileSync(file, `${JSON.stringify(counts)}\n`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
