import { arange, Generator, manualSeed, type Tensor, tensor } from '@flambeau/autograd';
import { describe, expect, test, vi } from 'vitest';
import {
  ConcatDataset,
  DataLoader,
  type DataLoaderOptions,
  Dataset,
  DatasetError,
  IterableDataset,
  randomSplit,
  SequentialSampler,
  Subset,
  TensorDataset,
} from './index.ts';

/** Items `[i, i²]`. */
class Squares extends Dataset<[number, number], [Tensor, Tensor]> {
  readonly length: number;
  constructor(length: number) {
    super();
    this.length = length;
  }
  getItem(index: number): [number, number] {
    return [index, index ** 2];
  }
}

class Count extends IterableDataset<number> {
  readonly end: number;
  ended = 0;
  constructor(end: number) {
    super();
    this.end = end;
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    try {
      for (let i = 0; i < this.end; i++) yield i;
    } finally {
      this.ended += 1;
    }
  }
}

const ten = { length: 10, getItem: (index: number): number => index };
const asIs = { collateFn: (items: number[]): number[] => items };

async function collect<T>(loader: AsyncIterable<T>): Promise<T[]> {
  const batches: T[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

describe('batches', () => {
  test('come in order, the last one smaller or left out', async () => {
    const loader = new DataLoader(ten, { batchSize: 4, ...asIs });
    expect(await collect(loader)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(loader.length).toBe(3);
    const whole = new DataLoader(ten, { batchSize: 4, dropLast: true, ...asIs });
    expect(await collect(whole)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(whole.length).toBe(2);
  });

  test('hold one item by default, and none of the batching with batchSize null', async () => {
    expect(await collect(new DataLoader(new Subset(ten, [3, 1]), asIs))).toEqual([[3], [1]]);
    expect(await collect(new DataLoader(new Subset(ten, [3, 1]), { batchSize: null }))).toEqual([3, 1]);
  });

  test('follow a sampler or a batch sampler', async () => {
    const sampler = {
      length: 3,
      *[Symbol.iterator]() {
        yield* [5, 0, 9];
      },
    };
    expect(await collect(new DataLoader(ten, { sampler, batchSize: 2, ...asIs }))).toEqual([[5, 0], [9]]);
    const batchSampler = [[1], [2, 3]];
    const loader = new DataLoader(ten, { batchSampler, ...asIs });
    expect(await collect(loader)).toEqual(batchSampler);
    expect(loader.length).toBe(2);
  });

  test('are collated into tensors by default', async () => {
    const [[x, y]] = (await collect(new DataLoader(new Squares(3), { batchSize: 3 }))) as [[Tensor, Tensor]];
    expect([x.dtype, x.shape, await x.tolist(), await y.tolist()]).toEqual(['int32', [3], [0, 1, 2], [0, 1, 4]]);
  });

  test('of a TensorDataset are rows of its tensors, and are not stacked one by one', async () => {
    const dataset = new TensorDataset(arange(12).reshape([6, 2]), arange(6));
    const items = vi.spyOn(dataset, 'getItem');
    const loader = new DataLoader(new Subset(dataset, [5, 4, 0]), { batchSize: 2 });
    const batches = await collect(loader);
    expect(await Promise.all(batches.map(([x]) => x.tolist()))).toEqual([
      [
        [10, 11],
        [8, 9],
      ],
      [[0, 1]],
    ]);
    expect(await Promise.all(batches.map(([, y]) => y.tolist()))).toEqual([[5, 4], [0]]);
    expect(items).not.toHaveBeenCalled();
    expect(await dataset.getItem(1)[0].tolist()).toEqual([2, 3]);
  });

  test('come from getItems where a data set has it', async () => {
    const dataset = { ...ten, getItems: vi.fn(async (indices: readonly number[]) => indices.map((index) => -index)) };
    expect(await collect(new DataLoader(dataset, { batchSize: 5, ...asIs }))).toEqual([
      [-0, -1, -2, -3, -4],
      [-5, -6, -7, -8, -9],
    ]);
    expect(dataset.getItems).toHaveBeenCalledTimes(2);
  });

  test('hold plain items that come later', async () => {
    const slow = { length: 3, getItem: async (index: number): Promise<number> => index };
    expect(await collect(new DataLoader(slow, { batchSize: 2, ...asIs }))).toEqual([[0, 1], [2]]);
  });
});

describe('shuffling', () => {
  test("gives PyTorch's order under the global seed, a new one on every pass", async () => {
    manualSeed(0);
    const loader = new DataLoader(ten, { batchSize: 4, shuffle: true, ...asIs });
    expect(await collect(loader)).toEqual([
      [6, 7, 1, 4],
      [2, 0, 9, 8],
      [3, 5],
    ]);
    expect(await collect(loader)).toEqual([
      [2, 4, 7, 0],
      [8, 9, 5, 3],
      [6, 1],
    ]);
  });

  test("gives PyTorch's order under a generator", async () => {
    const generator = new Generator().manualSeed(7);
    const loader = new DataLoader(ten, { batchSize: 3, shuffle: true, generator, ...asIs });
    expect(await collect(loader)).toEqual([[1, 3, 5], [7, 9, 4], [6, 2, 8], [0]]);
    expect(await collect(loader)).toEqual([[5, 1, 6], [0, 9, 7], [8, 4, 3], [2]]);
  });
});

describe('prefetch', () => {
  test('keeps that many batches beside the current one in the making, and yields in order', async () => {
    let running = 0;
    let most = 0;
    const dataset = {
      length: 8,
      async getItem(index: number): Promise<number> {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, (8 - index) * 2));
        running -= 1;
        return index;
      },
    };
    expect((await collect(new DataLoader(dataset, { prefetch: 3, ...asIs }))).flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(4);
    most = 0;
    await collect(new DataLoader(dataset, asIs));
    expect(most).toBe(1);
  });

  test('throws an error when its batch would have come', async () => {
    const dataset = {
      length: 4,
      getItem: async (index: number): Promise<number> => (index === 2 ? Promise.reject(new Error('gone')) : index),
    };
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const batch of new DataLoader(dataset, { prefetch: 3, ...asIs })) seen.push(...batch);
    };
    await expect(loop()).rejects.toThrow('[DataLoader] item 2 of the data set failed: gone');
    expect(seen).toEqual([0, 1]);
  });
});

describe('leaving early', () => {
  test('ends the sampler, and the next loop starts anew', async () => {
    let ended = 0;
    const sampler = {
      length: 10,
      *[Symbol.iterator](): IterableIterator<number> {
        try {
          yield* new SequentialSampler(ten);
        } finally {
          ended += 1;
        }
      },
    };
    const loader = new DataLoader(ten, { sampler, batchSize: 2, prefetch: 2, ...asIs });
    for await (const batch of loader) if (batch[0] === 2) break;
    expect(ended).toBe(1);
    expect((await collect(loader)).length).toBe(5);
  });

  test('ends a stream', async () => {
    const stream = new Count(100);
    for await (const batch of new DataLoader(stream, { batchSize: 3, prefetch: 2, ...asIs })) {
      expect(batch).toEqual([0, 1, 2]);
      break;
    }
    expect(stream.ended).toBe(1);
  });
});

describe('errors of a data set', () => {
  const failing = (fail: (index: number) => number | Promise<number>): Dataset<number> =>
    ({ length: 5, getItem: (index: number) => (index === 3 ? fail(index) : index) }) as Dataset<number>;

  test.each([
    [
      'thrown',
      failing(() => {
        throw new TypeError('broken');
      }),
    ],
    ['rejected', failing(() => Promise.reject(new TypeError('broken')))],
  ])('name the index and keep the cause when %s', async (_, dataset) => {
    const error = await collect(new DataLoader(dataset, { batchSize: 2, ...asIs })).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatasetError);
    expect(error).toMatchObject({
      message: '[DataLoader] item 3 of the data set failed: broken',
      details: { index: 3 },
    });
    expect((error as Error).cause).toBeInstanceOf(TypeError);
  });

  test('name the indices of a batch', async () => {
    const dataset = new TensorDataset(arange(4));
    const loader = new DataLoader(new Subset(dataset, [0, 9]), { batchSize: 2 });
    await expect(collect(loader)).rejects.toThrow('a batch of items 0, 1 of the data set failed: [TensorDataset]');
  });

  test('name the position in a stream', async () => {
    const stream = {
      async *[Symbol.asyncIterator]() {
        yield 1;
        throw new Error('lost');
      },
    };
    await expect(collect(new DataLoader(stream, asIs))).rejects.toThrow('item 1 of the data set failed: lost');
  });
});

describe('streams', () => {
  test('are batched in order, ahead too', async () => {
    for (const prefetch of [0, 3]) {
      const options = { batchSize: 4, prefetch };
      expect(await collect(new DataLoader(new Count(10), { ...options, ...asIs }))).toEqual([
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
      ]);
      expect(await collect(new DataLoader(new Count(10), { ...options, dropLast: true, ...asIs }))).toHaveLength(2);
    }
    expect(await collect(new DataLoader(new Count(2), { batchSize: null }))).toEqual([0, 1]);
  });

  test('have no length and no order to choose', () => {
    expect(() => new DataLoader(new Count(2)).length).toThrow('a stream of items has no length');
    expect(() => new DataLoader(new Count(2), { shuffle: true })).toThrow('expected unspecified shuffle option');
    expect(() => new DataLoader(new Count(2), { sampler: new SequentialSampler(ten) })).toThrow(
      'expected unspecified sampler option',
    );
  });
});

test.each<[DataLoaderOptions, string]>([
  [{ batchSize: 0 }, 'batch_size should be a positive integer value, but got batch_size=0'],
  [{ batchSize: 1.5 }, 'batch_size should be a positive integer value, but got batch_size=1.5'],
  [{ shuffle: true, sampler: new SequentialSampler(ten) }, 'sampler option is mutually exclusive with shuffle'],
  [{ batchSampler: [[1]], batchSize: 2 }, 'batch_sampler option is mutually exclusive with'],
  [{ batchSampler: [[1]], shuffle: true }, 'batch_sampler option is mutually exclusive with'],
  [{ batchSize: null, dropLast: true }, 'disables auto-batching and is mutually exclusive with drop_last'],
  [{ prefetch: -1 }, 'prefetch must be a number of batches from 0; got -1'],
])('refuses options %o', (options, message) => {
  expect(() => new DataLoader(ten, options)).toThrow(message);
});

describe('data sets', () => {
  test('ConcatDataset finds items across its parts', () => {
    const dataset = new ConcatDataset([new Squares(2), new Squares(3)]);
    expect(Array.from({ length: dataset.length }, (_, i) => dataset.getItem(i))).toEqual([
      [0, 0],
      [1, 1],
      [0, 0],
      [1, 1],
      [2, 4],
    ]);
    expect(() => dataset.getItem(5)).toThrow('an index must be an integer from 0 to 4; got 5');
    expect(() => new ConcatDataset([])).toThrow('datasets should not be an empty iterable');
  });

  test('TensorDataset refuses tensors of different lengths', () => {
    expect(() => new TensorDataset(arange(3), arange(4))).toThrow('Size mismatch between tensors');
    expect(() => new TensorDataset(tensor(1))).toThrow('Size mismatch between tensors');
    expect(() => new TensorDataset()).toThrow('at least one tensor was expected');
    expect(() => new TensorDataset(arange(3)).getItem(-1)).toThrow('an index must be an integer from 0 to 2; got -1');
  });

  test("randomSplit gives PyTorch's parts", () => {
    const parts = randomSplit(ten, [3, 7], { generator: new Generator().manualSeed(42) });
    expect(parts.map((part) => part.indices)).toEqual([
      [2, 6, 1],
      [8, 4, 5, 0, 9, 3, 7],
    ]);
    manualSeed(1);
    expect(randomSplit(ten, [5, 5]).map((part) => part.indices)).toEqual([
      [5, 6, 1, 2, 0],
      [8, 9, 3, 7, 4],
    ]);
  });

  test('randomSplit deals the rest of fractions out in turn', () => {
    const sizes = (fractions: number[]): number[] => randomSplit(ten, fractions).map((part) => part.length);
    expect(sizes([0.9, 0.1])).toEqual([9, 1]);
    expect(sizes([1 / 3, 1 / 3, 1 / 3])).toEqual([4, 3, 3]);
    expect(sizes([0.25, 0.25, 0.25, 0.25])).toEqual([3, 3, 2, 2]);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(sizes([0.99, 0.01])).toEqual([10, 0]);
    expect(warn).toHaveBeenCalledWith('Length of split at index 1 is 0. This might result in an empty dataset.');
    expect(() => randomSplit(ten, [2, 3])).toThrow(
      'Sum of input lengths does not equal the length of the input dataset!',
    );
    expect(() => randomSplit(ten, [1.5, -0.5])).toThrow('Fraction at index 0 is not between 0 and 1');
  });
});
