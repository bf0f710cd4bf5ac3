import { ones, type Tensor, zeros } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { defaultCollate } from './index.ts';

const described = async (x: Tensor): Promise<unknown> => [x.dtype, x.shape, await x.tolist()];

test('tensors are stacked', async () => {
  expect(await described(defaultCollate([zeros([2]), ones([2])]))).toEqual([
    'float32',
    [2, 2],
    [
      [0, 0],
      [1, 1],
    ],
  ]);
});

test('numbers become int32 when all are integers, float32 otherwise', async () => {
  expect(await described(defaultCollate([3, 4]))).toEqual(['int32', [2], [3, 4]]);
  expect(await described(defaultCollate([3, 0.5]))).toEqual(['float32', [2], [3, 0.5]]);
  expect(await described(defaultCollate([1, 2 ** 31]))).toEqual(['float32', [2], [1, 2 ** 31]]);
});

test('booleans and typed arrays become tensors', async () => {
  expect(await described(defaultCollate([true, false]))).toEqual(['bool', [2], [true, false]]);
  const bytes = [Uint8Array.of(1, 2), Uint8Array.of(3, 4)];
  expect(await described(defaultCollate(bytes))).toEqual([
    'uint8',
    [2, 2],
    [
      [1, 2],
      [3, 4],
    ],
  ]);
});

test('lists and objects are joined member by member, strings are kept', async () => {
  const batch = defaultCollate<[{ x: Tensor; name: string[] }, Tensor]>([
    [{ x: ones([1]), name: 'a' }, 5],
    [{ x: zeros([1]), name: 'b' }, 6],
  ]);
  expect(batch[0].name).toEqual(['a', 'b']);
  expect(batch[0].x.shape).toEqual([2, 1]);
  expect(await batch[1].tolist()).toEqual([5, 6]);
});

test.each<[unknown[], string]>([
  [[], 'at least one item was expected'],
  [[null], 'found null. Pass a collateFn'],
  [[new Date()], 'found a Date'],
  [[1, 'a'], 'the items of a batch must be alike; item 0 is 1, item 1 is a'],
  [[[1], [1, 2]], 'each element in list of batch should be of equal size'],
  [[{ a: 1 }, { b: 1 }], "item 1 of the batch has no 'a'"],
  [[Uint8Array.of(1), Uint8Array.of(1, 2)], 'must agree in type and length'],
  [[Uint8Array.of(1), Int8Array.of(1)], 'must agree in type and length'],
])('refuses %o', (items, message) => {
  expect(() => defaultCollate(items)).toThrow(message);
});
