import { afterAll, describe, expect, test } from 'vitest';
import { type ModuleCase, readIndex, readModules } from './cases.ts';
import { fitting, type Holdable, moduleLack } from './device-rules.ts';
import type { LibraryTensor } from './library.ts';
import { type ModuleLibrary, runModule } from './run-module.ts';
import { Tally } from './tally.ts';

/** Which module classes a suite covers. */
export interface ModuleSuiteOptions<T extends LibraryTensor, M> {
  readonly title: string;
  readonly library: ModuleLibrary<T, M>;
  /** The library must have these classes; one that is missing fails. */
  readonly promised: readonly string[];
}

/** Why a single case is left out, or `null`. A rule never names a whole class. */
function skipReason(recorded: ModuleCase, dtypes: Holdable): string | null {
  if (recorded.sparseGrads || recorded.kwargs.sparse === true) return 'sparse gradients do not exist in Flambeau';
  return moduleLack(recorded, dtypes);
}

/**
 * Registers one test per recorded case of every class that the library has, and prints what passed and what was left out.
 *
 * A class that exists and has cases must run at least one of them.
 */
export function describeModules<T extends LibraryTensor, M>({
  title,
  library: given,
  promised,
}: ModuleSuiteOptions<T, M>): void {
  const library = fitting<T, ModuleLibrary<T, M>>(given);
  const tally = new Tally(title);
  const found = new Set<string>();

  for (const { className, cases } of Object.keys(readIndex().modules.families).flatMap(readModules)) {
    if (typeof (library.classes as Record<string, unknown>)[className] !== 'function') {
      tally.absent(className);
      continue;
    }
    found.add(className);
    describe(className, () => {
      let running = 0;
      for (const recorded of cases) {
        const reason = skipReason(recorded, library.dtypes);
        if (reason !== null) {
          tally.skip(className, reason);
          test.skip(`${recorded.id}: ${reason}`, () => {});
          continue;
        }
        running++;
        test(recorded.id, async () => {
          const problems = await runModule(library, recorded, className);
          expect(problems.length, problems.join('\n')).toBe(0);
          tally.pass(className);
        });
      }
      test('is not skipped as a whole', () => {
        expect(running).toBeGreaterThan(0);
      });
    });
  }

  test.each(promised.map((className) => [className]))('%s exists and has cases', (className) => {
    expect(found).toContain(className);
  });

  afterAll(() => console.log(tally.summary()));
}
