import { describe, expect, test } from 'vitest';
import { isTensor } from '../core/dispatch.ts';
import { type GradNode, OpNode } from '../core/graph.ts';
import { gradcheck, gradgradcheck } from '../gradcheck.ts';
import { elementwiseRows } from '../ops/elementwise-rows.ts';
import { inputsOf, type Sample, type SampleRow, samples } from './samples.ts';

/** Names of the primitive ops behind a sample's result. */
function opsBehind(sample: Sample): Set<string> {
  const result = sample.run(...inputsOf(sample));
  const stack = (isTensor(result) ? [result] : result).map((out) => out.gradFn);
  const seen = new Set<GradNode>();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node === null || seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.edges.map((edge) => edge?.node ?? null));
  }
  return new Set([...seen].filter((node) => node instanceof OpNode).map((node) => node.op));
}

const rows = Object.entries<SampleRow>(samples);

describe.each(rows.filter(([, row]) => row !== 'none') as [string, readonly Sample[]][])('%s', (op, row) => {
  test('is what the samples record', () => {
    for (const sample of row) expect(opsBehind(sample)).toContain(op);
  });

  test('has the gradient that differences give', () => {
    for (const sample of row) expect(gradcheck(sample.run, inputsOf(sample), sample.options)).toBe(true);
  });

  test('has the second derivative that differences give', () => {
    for (const sample of row) {
      if (!sample.noSecond) expect(gradgradcheck(sample.run, inputsOf(sample), sample.options)).toBe(true);
    }
  });
});

test('ops without a derivative are comparisons, tests and bit ops', () => {
  const none = rows.filter(([, row]) => row === 'none').map(([op]) => op);
  expect(none.filter((op) => elementwiseRows[op as keyof typeof elementwiseRows].result !== 'bool')).toEqual([
    'heaviside',
    'bitwiseAnd',
    'bitwiseOr',
    'bitwiseXor',
    'bitwiseLeftShift',
    'bitwiseRightShift',
    'bitwiseNot',
  ]);
});

test('gradcheck finds a wrong gradient', () => {
  const x = inputsOf({ inputs: [[[3], 1, 2]], run: (input) => input as never })[0] as never;
  expect(() => gradcheck((input) => input!.mul(input!.detach()), [x])).toThrow(/gradient of input 0/);
  expect(gradcheck((input) => input!.mul(input!.detach()), [x], { raiseException: false })).toBe(false);
});
