import { afterAll, describe, expect, test } from 'vitest';
import { type OpCases, readIndex, readOps } from './cases.ts';
import { fitting, opLack } from './device-rules.ts';
import { excuseList } from './excused.ts';
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
 * An op that exists and has samples must run at least one of them, in one of its variants.
 */
export function describeOps<T extends LibraryTensor>({
  title,
  library: given,
  includes,
  promised,
}: OpSuiteOptions<T>): void {
  const library = fitting(given);
  const tally = new Tally(title);
  /** Samples that run, by op without variant. */
  const found = new Map<string, number>();

  for (const { op, samples } of allOps()) {
    const [first] = samples;
    if (!includes(op) || !first) continue;
    const place = findOp(library, translateOp(op, first));
    if (place === null) {
      tally.absent(op);
      continue;
    }
    describe(op, () => {
      let running = 0;
      for (const sample of samples) {
        const forms: OpForm[] = hasInPlace(library, op, sample) ? ['plain', 'inPlace'] : ['plain'];
        const reason = opSkipReason(op, sample);
        const lack = opLack(op, sample, library.dtypes);
        for (const form of forms) {
          const name = `${sample.dtype} ${sample.sample}${formName[form]}`;
          const skipped = reason ?? lack;
          // What this device cannot hold does not count as left out.
          if (reason === null) running++;
          if (skipped !== null) {
            tally.skip(op, skipped);
            test.skip(`${name}: ${skipped}`, () => {});
            continue;
          }
          test(name, async () => {
            const problems = await runOp(library, op, sample, form);
            expect(problems.length, problems.join('\n')).toBe(0);
            tally.pass(op);
          });
        }
      }
      const [base = op] = op.split('/');
      found.set(base, (found.get(base) ?? 0) + running);
    });
  }

  test('no op is skipped as a whole', () => {
    expect([...found].filter(([, running]) => running === 0)).toEqual([]);
  });

  test.each(promised.map((op) => [op]))('%s exists and has samples', (op) => {
    expect([...found.keys()]).toContain(op);
  });

  afterAll(() =>
    console.log([tally.summary(), ...excuseList(new Set(found.keys())).map((line) => `  excused: ${line}`)].join('\n')),
  );
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
