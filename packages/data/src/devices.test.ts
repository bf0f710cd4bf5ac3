import { arange, deviceOf, type Tensor } from '@flambeau/autograd';
import type { Backend } from '@flambeau/backend';
import { expect, test } from 'vitest';
import { DataLoader, randomSplit, type Subset, TensorDataset } from './index.ts';

const device = 'asynchronous';

test('batches of tensors on a device that cannot be read at once are made there, without reading', async () => {
  const backend = deviceOf(device).backend as Backend & { readonly reads: number };
  const x = arange(20, { dtype: 'float32', device }).reshape([10, 2]);
  const y = arange(10, { device });
  const [train] = randomSplit(new TensorDataset(x, y), [8, 2]);
  const whole = new DataLoader(train as Subset<Tensor[], Tensor[]>, { batchSize: 4, shuffle: true });
  const items = new DataLoader(train as Subset<Tensor[], Tensor[]>, {
    batchSize: 4,
    collateFn: (rows: Tensor[][]) => rows.map(([image]) => image as Tensor),
  });
  const before = backend.reads;
  const labels: Tensor[] = [];
  for await (const [images, classes] of whole) {
    expect([images?.device, images?.shape]).toEqual([device, [4, 2]]);
    labels.push(classes as Tensor);
  }
  for await (const [first] of items) expect(first?.device).toBe(device);
  expect(backend.reads).toBe(before);
  const seen = (await Promise.all(labels.map((batch) => batch.tolist()))).flat() as number[];
  expect(new Set(seen).size).toBe(8);
});
