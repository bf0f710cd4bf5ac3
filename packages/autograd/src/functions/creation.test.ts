import { ArgumentError, DeviceError, DTypeError, FlambeauError, ShapeError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import {
  arange,
  bernoulli,
  empty,
  eye,
  fromArray,
  full,
  linspace,
  logspace,
  normal,
  ones,
  rand,
  randint,
  randn,
  randperm,
  type Tensor,
  tensor,
  trilIndices,
  triuIndices,
  zeros,
  zerosLike,
} from '../index.ts';

const facts = (x: Tensor): unknown => [x.dtype, x.shape, x.tolistSync()];

describe('tensor', () => {
  test('infers shape and dtype', () => {
    expect(
      facts(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toEqual([
      'float32',
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(facts(tensor([true, false]))).toEqual(['bool', [2], [true, false]]);
    expect(facts(tensor([1n]))).toEqual(['int64', [1], [1n]]);
    expect(facts(tensor(2.5))).toEqual(['float32', [], 2.5]);
    expect(facts(tensor([]))).toEqual(['float32', [0], []]);
    expect(facts(tensor([[], []]))).toEqual(['float32', [2, 0], [[], []]]);
    expect(facts(tensor(Int8Array.of(-1)))).toEqual(['int8', [1], [-1]]);
    expect(facts(tensor([1.9, -1.9], { dtype: 'int32' }))).toEqual(['int32', [2], [1, -1]]);
  });

  test('copies a tensor, without its history', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const copy = tensor(x.mul(2), { dtype: 'float64' });
    expect([copy.requiresGrad, ...(facts(copy) as unknown[])]).toEqual([false, 'float64', [2], [2, 4]]);
  });

  test('says where rows differ', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(ShapeError);
    expect(() => tensor([[1, 2], [3]])).toThrow(/expected length 2 at data\[1\], got length 1/);
    expect(() => tensor([[1], 2])).toThrow(/data\[1\], got a single value/);
    expect(() => tensor([1, [2]])).toThrow(/data\[1\] is an array/);
  });

  test.each([
    ['a string', 'x'],
    ['null', null],
    ['undefined', undefined],
    ['an object', [{}]],
    ['a hole', [1, undefined]],
  ])('refuses %s', (_, data) => {
    expect(() => tensor(data)).toThrow(ArgumentError);
  });

  test('fromArray needs a known kind of array and the right number of elements', () => {
    expect(() => fromArray(Float32Array.of(1, 2), [3])).toThrow(ShapeError);
    expect(() => fromArray(new Uint32Array(1) as never, [1])).toThrow(DTypeError);
    expect(facts(fromArray(Uint16Array.of(0x3c00), [1], { dtype: 'float16' }))).toEqual(['float16', [1], [1]]);
    const data = Float64Array.of(1, 2);
    const x = fromArray(data, [2]);
    data[0] = 9;
    expect(x.tolistSync()).toEqual([1, 2]);
  });
});

describe('bad arguments', () => {
  test.each<[string, unknown]>([
    ['a number', 3],
    ['a negative size', [-1]],
    ['a fraction', [1.5]],
    ['NaN', [Number.NaN]],
    ['a string', ['2']],
    ['too many elements', [2 ** 30, 2 ** 30]],
    ['nothing', undefined],
  ])('a shape that is %s is a ShapeError', (_, shape) => {
    for (const make of [zeros, ones, empty, rand, randn]) expect(() => make(shape as number[])).toThrow(ShapeError);
    expect(() => full(shape as number[], 1)).toThrow(ShapeError);
  });

  test('an unknown dtype is a DTypeError, an unknown device a DeviceError', () => {
    expect(() => zeros([1], { dtype: 'float' as never })).toThrow(DTypeError);
    expect(() => tensor([1], { dtype: 'complex64' as never })).toThrow(DTypeError);
    expect(() => zeros([1], { device: 'tpu' })).toThrow(DeviceError);
  });

  test.each<[string, () => unknown]>([
    ['arange(0, 1, 0)', () => arange(0, 1, 0)],
    ['arange(0, 1, -1)', () => arange(0, 1, -1)],
    ['arange(NaN)', () => arange(Number.NaN)],
    ['linspace of -1 steps', () => linspace(0, 1, -1)],
    ['linspace of 1.5 steps', () => linspace(0, 1, 1.5)],
    ['eye(-1)', () => eye(-1)],
    ['randperm(-1)', () => randperm(-1)],
    ['randint(0)', () => randint(0, [1])],
    ['randint of fractions', () => randint(0.5, 2, [1])],
    ['bernoulli of integers', () => bernoulli(tensor([1], { dtype: 'int32' }))],
    ['normal without a shape', () => normal(0, 1)],
    ['full of nothing', () => full([1], undefined as never)],
    ['zerosLike of an array', () => zerosLike([1] as never)],
    ['uniform_ from above', () => zeros([1]).uniform_(1, 0)],
    ['normal_ of negative deviation', () => zeros([1]).normal_(0, -1)],
    ['integers that require gradients', () => arange(3, { requiresGrad: true })],
  ])('%s', (_, make) => {
    expect(make).toThrow(FlambeauError);
  });
});

describe('series', () => {
  test('arange counts in int32, or in floats', () => {
    expect(facts(arange(3))).toEqual(['int32', [3], [0, 1, 2]]);
    expect(facts(arange(5, 1, -2))).toEqual(['int32', [2], [5, 3]]);
    expect(facts(arange(0, 1, 0.5))).toEqual(['float32', [2], [0, 0.5]]);
    expect(facts(arange(0))).toEqual(['int32', [0], []]);
  });

  test('linspace and logspace include both ends', () => {
    expect(linspace(0, 1, 5).tolistSync()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linspace(3, 9, 1).tolistSync()).toEqual([3]);
    expect(linspace(0, 1, 0).shape).toEqual([0]);
    expect(logspace(0, 3, 4, { base: 2 }).tolistSync()).toEqual([1, 2, 4, 8]);
  });

  test('eye and triangles', () => {
    expect(eye(2, 3).tolistSync()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(eye(0).shape).toEqual([0, 0]);
    expect(trilIndices(2, 2).tolistSync()).toEqual([
      [0, 1, 1],
      [0, 0, 1],
    ]);
    expect(triuIndices(2, 2, 1).tolistSync()).toEqual([[0], [1]]);
  });
});

test('options reach the result', () => {
  const x = full([2], 3, { dtype: 'float64', device: 'cpu', requiresGrad: true });
  expect([x.dtype, x.device, x.requiresGrad, x.isLeaf]).toEqual(['float64', 'cpu', true, true]);
  expect(facts(full([1], true))).toEqual(['bool', [1], [true]]);
  expect(rand([2], { requiresGrad: true }).isLeaf).toBe(true);
});
