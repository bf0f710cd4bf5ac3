import { afterAll, describe, expect, test } from 'vitest';
import { type OpCases, readIndex, readOps } from './cases.ts';
import type { Library, LibraryTensor } from './library.ts';
import { hasInPlaceForm, opSkipReason } from './op-skips.ts';
import { findOp, type OpForm, runOp } from './run-op.ts';
import { Tally } from './tally.ts';
import { translateOp } from './translate-op.ts';

/** Which ops a suite covers. */
export interface OpSuiteOptions<T extends LibraryTensor> {
  readonly title: string;
  readonly library: Library<T>;
  /** Ops of the reference that belong to this suite. */
  readonly includes: (op: string) => boolean;
  /** Flambeau must have these, by PyTorch's name; one that is missing fails. */
  readonly promised: readonly string[];
}

const formName: Readonly<Record<OpForm, string>> = { plain: '', inPlace: ' in place' };

/** Every op with cases, group by group. */
function allOps(): OpCases[] {
  return Object.keys(readIndex().ops.groups).flatMap(readOps);
}

/**
 * Registers one test per recorded sample of every op that the library has, and prints what passed and what was left out.
 *
 * An op that exists and has samples must run at least one of them.
 */
export function describeOps<T extends LibraryTensor>({ title, library, includes, promised }: OpSuiteOptions<T>): void {
  const tally = new Tally(title);
  const found = new Set<string>();

  for (const { op, samples } of allOps()) {
    const [first] = samples;
    if (!includes(op) || !first) continue;
    const place = findOp(library, translateOp(op, first));
    if (place === null) {
      tally.absent(op);
      continue;
    }
    found.add(op.split('/')[0] ?? op);
    describe(op, () => {
      let running = 0;
      for (const sample of samples) {
        const forms: OpForm[] = hasInPlace(library, op, sample) ? ['plain', 'inPlace'] : ['plain'];
        const reason = opSkipReason(op, sample);
        for (const form of forms) {
          const name = `${sample.dtype} ${sample.sample}${formName[form]}`;
          if (reason !== null) {
            tally.skip(op, reason);
            test.skip(`${name}: ${reason}`, () => {});
            continue;
          }
          running++;
          test(name, () => {
            expect(runOp(library, op, sample, form)).toEqual([]);
            tally.pass(op);
          });
        }
      }
      test('is not skipped as a whole', () => {
        expect(running).toBeGreaterThan(0);
      });
    });
  }

  test.each(promised.map((op) => [op]))('%s exists and has samples', (op) => {
    expect(found).toContain(op);
  });

  afterAll(() => console.log(tally.summary()));
}

function hasInPlace<T extends LibraryTensor>(
  library: Library<T>,
  op: string,
  sample: OpCases['samples'][number],
): boolean {
  const { name, property, positional } = translateOp(op, sample);
  const method = `${name}_`;
  return !property && positional[0] === sample.input && method in library.tensorPrototype && hasInPlaceForm(sample);
}
