import { defaultDevice, fromArray, ones, type Tensor, tensor, zeros } from '@flambeau/autograd';
import { op } from '@flambeau/backend';
import { expect, test } from 'vitest';
import { UpdateKernel } from './update-kernel.ts';

/** `y = 2·x + y`, `x = factor·y`, where the second line sees the new `y`. */
const make = (name: string): UpdateKernel<'x' | 'y', 'factor'> =>
  new UpdateKernel<'x' | 'y', 'factor'>(
    name,
    ['x', 'y'],
    ['factor'],
    [
      { target: 'y', value: ({ old }) => op('add', op('add', old.x(), old.x()), old.y()) },
      { target: 'x', value: ({ scalar }, value) => op('mul', scalar.factor, value(0)) },
    ],
  );
const kernel = make('test');

const values = async (x: Tensor): Promise<unknown> => x.tolist();

test('every formula sees the old elements, and results of earlier formulas', async () => {
  const [x, y] = [
    tensor([
      [1, 2],
      [3, 4],
    ]),
    tensor([
      [10, 20],
      [30, 40],
    ]),
  ];
  kernel.run([x, y], [0.5]);
  expect(await values(y)).toEqual([
    [12, 24],
    [36, 48],
  ]);
  expect(await values(x)).toEqual([
    [6, 12],
    [18, 24],
  ]);
});

test('tensors may lie in memory in any order', async () => {
  const memory = tensor([
    [1, 2],
    [3, 4],
  ]);
  const [x, y] = [
    memory.transpose(0, 1),
    tensor([
      [10, 20],
      [30, 40],
    ]),
  ];
  kernel.run([x, y], [0.5]);
  expect(await values(y)).toEqual([
    [12, 26],
    [34, 48],
  ]);
  expect(await values(x)).toEqual([
    [6, 13],
    [17, 24],
  ]);
  expect(await values(memory)).toEqual([
    [6, 17],
    [13, 24],
  ]);
});

test.each(['float64', 'float16', 'bfloat16'] as const)('%s works, too', async (dtype) => {
  const [x, y] = [tensor([1, 2], { dtype }), tensor([10, 20], { dtype })];
  kernel.run([x, y], [0.5]);
  expect([await values(y), await values(x), x.dtype]).toEqual([[12, 24], [6, 12], dtype]);
});

test('a kernel made for one element serves many', async () => {
  const fresh = make('from one element');
  for (const size of [1, 3]) {
    const y = ones([size]);
    fresh.run([ones([size]), y], [1]);
    expect(await values(y)).toEqual(new Array(size).fill(3));
  }
});

test('tensors without elements are left alone', () => {
  kernel.run([zeros([0, 3]), zeros([0, 3])], [1]);
});

test('other shapes and memory that overlaps itself are refused', () => {
  expect(() => kernel.run([zeros([2]), zeros([3])], [1])).toThrow(
    'all tensors of an update must have one shape; got x [2], y [3]',
  );
  const narrow = fromArray(Float32Array.of(1), [1]).expand([4]);
  expect(() => kernel.run([narrow, zeros([4])], [1])).toThrow('more than one element of the written-to tensor');
});

test('other dtypes are refused', () => {
  expect(() => kernel.run([zeros([2]), zeros([2], { dtype: 'float64' })], [1])).toThrow(
    `must share dtype and device; got x float32 on '${defaultDevice()}', y float64 on '${defaultDevice()}'`,
  );
});

test('a change bumps the version, so that a graph that saved the tensor notices', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const y = x.mul(x).sum();
  kernel.run([x, zeros([2])], [1]);
  expect(() => y.backward()).toThrow('modified by an inplace operation');
});
