import { cast, constant, type Expr, type Kernel, load, op } from '@flambeau/backend';
import { expect, it } from 'vitest';
import { Evaluation } from './evaluate.ts';
import { Library } from './library.ts';
import { Lines } from './lines.ts';

const kernel: Kernel = {
  kind: 'loop',
  inputs: ['float32'],
  outputs: ['float32'],
  scalars: [],
  outer: 1,
  accesses: [
    { role: 'input', buffer: 0, steps: ['unit'], bounds: 0, fill: 0 },
    { role: 'output', buffer: 0, steps: ['unit'], bounds: 0, fill: 0 },
  ],
  stages: [],
};

function evaluate(expr: Expr, known?: ReadonlyMap<Expr, string>): { readonly name: string; readonly text: string } {
  const lines = new Lines();
  const refuse = (): never => {
    throw new Error('not expected');
  };
  const site = { kernel, library: new Library(), lines, gather: refuse, index: refuse, stage: refuse, scalar: refuse };
  const own = { load: (access: number) => `x[${access}]`, zero: () => 'zero' };
  const name = new Evaluation({ ...site, ...own }, known).of(expr);
  return { name, text: lines.text };
}

it('computes what occurs twice once', () => {
  const sum = op('add', load(0), load(0));
  const { name, text } = evaluate(op('mul', sum, sum));
  expect(text).toBe('  let v0 = x[0];\n  let v1 = (v0 + v0);\n  let v2 = (v1 * v1);\n');
  expect(name).toBe('v2');
});

it('takes what is known by its name', () => {
  const sum = op('add', load(0), load(0));
  expect(evaluate(op('neg', sum), new Map([[sum, 'sum']])).text).toBe('  let v0 = (-sum);\n');
});

it('hides a literal where WGSL would compute the result itself, and refuse it', () => {
  const large = constant(3e38, 'float32');
  expect(evaluate(op('mul', large, large)).text).toBe(
    '  let v0 = bitcast<f32>(bitcast<i32>(3e+38f) | zero);\n  let v1 = (v0 * 3e+38f);\n',
  );
  expect(evaluate(cast(constant(300, 'int32'), 'int8')).text).toBe(
    '  let v0 = 300i | zero;\n  let v1 = ((v0 << 24u) >> 24u);\n',
  );
});

it('hides a 0 from compilers that would leave out what it is added to or multiplied by', () => {
  const zero = 'bitcast<f32>(bitcast<i32>(0f) | zero)';
  expect(evaluate(op('add', load(0), constant(0, 'float32'))).text).toBe(
    `  let v0 = x[0];\n  let v1 = ${zero};\n  let v2 = (v0 + v1);\n`,
  );
  expect(evaluate(op('max', load(0), constant(0, 'float32'))).text).toBe(
    '  let v0 = x[0];\n  let v1 = f_max(v0, 0f);\n',
  );
});
