import { describe, expect, test } from 'vitest';
import { readIndex, readOps } from './cases.ts';
import { bind, camelCase } from './signature.ts';
import { goldenTensor } from './tensor.ts';
import { flambeauName, translateOp } from './translate-op.ts';
import type { GoldenValue } from './values.ts';

const x = goldenTensor('float32', [2], new Float32Array([1, 2]));
const y = goldenTensor('float32', [2], new Float32Array([3, 4]));

function call(op: string, args: GoldenValue[], kwargs: Record<string, GoldenValue> = {}): unknown[] {
  const [input = null, ...rest] = args;
  const { name, positional, options } = translateOp(op, { input, args: rest, kwargs });
  return [name, ...positional, ...(Object.keys(options).length > 0 ? [options] : [])];
}

test.each([
  ['leaky_relu', 'leakyRelu'],
  ['keepdim', 'keepDim'],
  ['addmm', 'addmm'],
  ['zero_', 'zero_'],
  ['log_softmax', 'logSoftmax'],
  ['max_pool2d', 'maxPool2d'],
])('camelCase spells %s as %s', (python, flambeau) => {
  expect(camelCase(python)).toBe(flambeau);
});

test.each([
  ['nn.functional.leaky_relu', 'leakyRelu'],
  ['div/no_rounding_mode', 'div'],
  ['linalg.vector_norm', 'linalg.vectorNorm'],
  ['__rsub__', 'sub'],
  ['nn.functional._scaled_dot_product_attention', 'scaledDotProductAttention'],
])('%s is %s', (op, name) => {
  expect(flambeauName(op)).toBe(name);
});

describe('translateOp', () => {
  test('moves keyword arguments into options', () => {
    expect(call('add', [x, y], { alpha: 2 })).toEqual(['add', x, y, { alpha: 2 }]);
    expect(call('sum', [x], { dim: 0, keepdim: true })).toEqual(['sum', x, 0, { keepDim: true }]);
    expect(call('max/reduction_with_dim', [x, 0, true])).toEqual(['max', x, 0, { keepDim: true }]);
    expect(call('nn.functional.conv2d', [x, y, null], { stride: [1, 2], groups: 1 })).toEqual([
      'conv2d',
      x,
      y,
      null,
      { stride: [1, 2], groups: 1 },
    ]);
  });

  test('drops what changes no value', () => {
    expect(call('zeros', [[2, 3]], { dtype: { kind: 'dtype', name: 'int64' }, device: 'cpu' })).toEqual([
      'zeros',
      [2, 3],
      { dtype: { kind: 'dtype', name: 'int64' } },
    ]);
    expect(call('float', [x], { memory_format: { kind: 'memoryFormat', name: 'preserve_format' } })).toEqual([
      'float',
      x,
    ]);
    expect(call('nn.functional.max_pool1d', [x], { kernel_size: 2, stride: null })).toEqual(['maxPool1d', x, 2]);
  });

  test('keeps the options behind the last positional parameter', () => {
    expect(call('norm', [x], { keepdim: true })).toEqual(['norm', x, undefined, undefined, { keepDim: true }]);
  });

  test('keeps null before a given argument', () => {
    expect(call('clamp', [x, null, y])).toEqual(['clamp', x, null, y]);
    expect(call('clamp', [x, y, null])).toEqual(['clamp', x, y]);
  });

  test('spells unbiased as correction', () => {
    expect(call('var', [x, false])).toEqual(['var', x, undefined, { correction: 0 }]);
    expect(call('std', [x], { dim: 0, unbiased: true, keepdim: false })).toEqual([
      'std',
      x,
      0,
      { correction: 1, keepDim: false },
    ]);
  });

  test('turns reflected operators round', () => {
    expect(call('__rsub__', [x, y])).toEqual(['sub', y, x]);
    expect(call('nn.functional.embedding', [x, y])).toEqual(['embedding', y, x]);
  });

  test('reads a list index as PyTorch does', () => {
    const slice = { kind: 'slice', start: 0, stop: 3, step: null } as const;
    expect(call('__getitem__', [x, [1, 2]])).toEqual(['index', x, [1, 2]]);
    expect(call('__getitem__', [x, [slice, 1]])).toEqual(['index', x, slice, 1]);
    expect(call('__getitem__', [x, [[0, 1]]])).toEqual(['index', x, [0, 1]]);
    expect(call('__getitem__', [x, y])).toEqual(['index', x, y]);
  });

  test('fails on an argument without a place', () => {
    expect(() => bind('input dim', [x, 0, 1], {})).toThrow('argument 2 has no place');
    expect(() => bind('input dim', [x], { keepdim: true })).toThrow('argument keepdim has no place');
    expect(() => bind('input dim', [x, 0], { dim: 0 })).toThrow('dim is given twice');
  });
});

const groups = Object.keys(readIndex().ops.groups);

test.each(groups)('every sample of %s translates', (group) => {
  for (const { op, samples } of readOps(group)) {
    for (const sample of samples) expect(translateOp(op, sample).name).toBe(flambeauName(op));
  }
});
