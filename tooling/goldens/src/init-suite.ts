import { describe, expect, test } from 'vitest';
import { compareTensors } from './compare.ts';
import { readDocument } from './files.ts';
import type { Library, LibraryTensor } from './library.ts';
import { readBack } from './run-op.ts';
import { bind, camelCase } from './signature.ts';
import { type GoldenTensor, goldenTensor } from './tensor.ts';
import { toleranceFor } from './tolerances.ts';
import type { GoldenValue } from './values.ts';

/** Plain numbers as `misc.json` has them: a tensor, or the number of a tensor without dimensions. */
export type PlainNumbers = number | { readonly shape: readonly number[]; readonly data: readonly number[] };

/** The tensor that plain numbers stand for. */
export function plainTensor(value: PlainNumbers): GoldenTensor {
  if (typeof value === 'number') return goldenTensor('float32', [], Float32Array.of(value));
  return goldenTensor('float32', value.shape, Float32Array.from(value.data));
}

interface InitCase {
  readonly fn: string;
  readonly shape: readonly number[];
  readonly args: readonly number[];
  readonly kwargs: Readonly<Record<string, number | string>>;
  readonly seed: number;
  readonly values: PlainNumbers;
}

const signatures: Readonly<Record<string, string>> = {
  trunc_normal_: 'tensor mean std a b',
  xavier_uniform_: 'tensor gain',
  xavier_normal_: 'tensor gain',
  kaiming_uniform_: 'tensor | a mode nonlinearity',
  kaiming_normal_: 'tensor | a mode nonlinearity',
  orthogonal_: 'tensor gain',
  sparse_: 'tensor sparsity std',
  dirac_: 'tensor groups',
};

/** Registers one test per recorded use of `nn.init`, and one per gain. */
export function describeInit<T extends LibraryTensor>(library: Library<T>, init: object): void {
  const document = readDocument<{ init: { cases: InitCase[]; gains: Record<string, number> } }>('misc').init;
  const functions = init as Record<string, ((...args: unknown[]) => unknown) | undefined>;
  describe('nn.init', () => {
    for (const { fn, shape, args, kwargs, seed, values } of document.cases) {
      test(`${fn}(${[JSON.stringify(shape), ...args, ...Object.entries(kwargs).map(([k, v]) => `${k}=${v}`)].join(', ')})`, async () => {
        const empty = goldenTensor('float32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
        const tensor = library.tensor(empty, false);
        const { positional, options } = bind(signatures[fn], [null, ...args] as GoldenValue[], kwargs);
        const rest = positional.slice(1);
        library.manualSeed(seed);
        const call = functions[camelCase(fn)];
        expect(call, `nn.init.${camelCase(fn)}`).toBeTypeOf('function');
        const got = call?.(tensor, ...rest, ...(Object.keys(options).length > 0 ? [options] : []));
        expect(got).toBe(tensor);
        expect(
          compareTensors(await readBack(tensor), plainTensor(values), toleranceFor('random', 'float32', 0)),
        ).toBeNull();
      });
    }
    test.each(Object.entries(document.gains))('calculateGain of %s', (name, gain) => {
      const [nonlinearity, slope] = name.split(' ');
      expect(functions.calculateGain?.(nonlinearity, slope === undefined ? undefined : Number(slope))).toBeCloseTo(
        gain,
        12,
      );
    });
  });
}
