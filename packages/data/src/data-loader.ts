import type { Generator } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { defaultCollate } from './collate.ts';
import { Dataset, type Eventually, type IterableDataset } from './dataset.ts';
import { DatasetError } from './errors.ts';
import { drawSeed } from './permutation.ts';
import { BatchSampler, RandomSampler, type Sampler, SequentialSampler } from './samplers.ts';

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions {
  /** Items per batch; default 1. `null` yields the items themselves. */
  batchSize?: number | null;
  /** Visit the items in a new random order on every pass; default false. */
  shuffle?: boolean;
  /** The order in which to visit items. */
  sampler?: Sampler;
  /** The groups in which to visit items. */
  batchSampler?: Iterable<readonly number[]> & { readonly length: number };
  /** Leave out a last batch that is not full; default false. */
  dropLast?: boolean;
  /** Where the shuffling comes from; default: the global generator. */
  generator?: Generator;
  /** Number of batches that are prepared ahead, at the same time; default 0. Worth it when items are read or fetched. */
  prefetch?: number;
}

/** Turns the items of a batch into what the loader yields. */
export type Collate<Item, Batch> = (items: Item[]) => Eventually<Batch>;

function isMapStyle<Item, Batch>(
  dataset: Dataset<Item, Batch> | IterableDataset<Item>,
): dataset is Dataset<Item, Batch> {
  return dataset instanceof Dataset || 'getItem' in dataset;
}

/** Starts `1 + ahead` results at a time and yields them in order; an error is thrown when its turn comes. */
async function* inOrder<T>(start: () => Promise<IteratorResult<T, unknown>>, ahead: number): AsyncGenerator<T, void> {
  const queue: Promise<IteratorResult<T, unknown>>[] = [];
  for (;;) {
    while (queue.length <= ahead) {
      const result = start();
      result.catch(() => {});
      queue.push(result);
    }
    const { done, value } = (await queue.shift()) as IteratorResult<T, undefined>;
    if (done) return;
    yield value as T;
  }
}

function failure(op: string, what: string, details: Record<string, unknown>, error: unknown): DatasetError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DatasetError(op, `${what} of the data set failed: ${reason}`, details, error);
}

/**
 * Yields a data set in batches: `for await (const [x, y] of loader) { … }`. Every loop is a new pass.
 *
 * @throws {ArgumentError} Options contradict each other, or a size is no positive integer.
 * @throws {DatasetError} While iterating: an item failed; it names the index, and `cause` is the original error.
 * @source PyTorch `torch.utils.data.DataLoader`.
 * @example
 * const loader = new DataLoader(dataset, { batchSize: 64, shuffle: true });
 */
export class DataLoader<Item, Batch = Item> implements AsyncIterable<Batch> {
  readonly dataset: Dataset<Item, Batch> | IterableDataset<Item>;
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  readonly prefetch: number;
  readonly sampler: Sampler | null;
  readonly batchSampler: (Iterable<readonly number[]> & { readonly length: number }) | null;
  readonly #collate: Collate<Item, Batch> | undefined;
  readonly #generator: Generator | undefined;

  constructor(
    dataset: Dataset<Item, Batch> | IterableDataset<Item>,
    options?: DataLoaderOptions & { collateFn?: undefined },
  );
  constructor(
    dataset: Dataset<Item, unknown> | IterableDataset<Item>,
    options: DataLoaderOptions & { collateFn: Collate<Item, Batch> },
  );
  constructor(
    dataset: Dataset<Item, unknown> | IterableDataset<Item>,
    options: DataLoaderOptions & { collateFn?: Collate<Item, Batch> | undefined } = {},
  ) {
    const { shuffle = false, dropLast = false, generator, prefetch = 0, collateFn } = options;
    checkOptions(options, isMapStyle(dataset));
    this.dataset = dataset as Dataset<Item, Batch>;
    this.batchSize = options.batchSampler ? null : options.batchSize === undefined ? 1 : options.batchSize;
    this.dropLast = dropLast;
    this.prefetch = prefetch;
    this.#collate = collateFn;
    this.#generator = generator;
    if (!isMapStyle(dataset)) {
      this.sampler = null;
      this.batchSampler = null;
      return;
    }
    const random = shuffle && !options.sampler && !options.batchSampler;
    const sampler = random
      ? new RandomSampler(dataset, generator ? { generator } : {})
      : (options.sampler ?? new SequentialSampler(dataset));
    this.sampler = options.batchSampler ? null : sampler;
    this.batchSampler =
      options.batchSampler ??
      (this.batchSize === null ? null : new BatchSampler(sampler, this.batchSize, { dropLast }));
  }

  /**
   * Number of batches in one pass.
   *
   * @throws {ArgumentError} The data set is a stream.
   */
  get length(): number {
    if (!isMapStyle(this.dataset)) {
      throw new ArgumentError('DataLoader', 'a stream of items has no length. Count the batches while iterating.');
    }
    return (this.batchSampler ?? this.sampler!).length;
  }

  /** Starts a pass; leaving the loop early ends the samplers and streams behind it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    // PyTorch draws a seed for its workers at the start of every pass; drawing it too keeps the order under a seed the same.
    drawSeed(this.#generator);
    const { dataset } = this;
    if (!isMapStyle(dataset)) {
      const batches = this.#stream(dataset);
      try {
        yield* inOrder(() => batches.next(), this.prefetch);
      } finally {
        await batches.return(undefined);
      }
      return;
    }
    const entries: Iterator<number | readonly number[]> = (this.batchSampler ?? this.sampler!)[Symbol.iterator]();
    try {
      yield* inOrder<Batch>(async () => {
        const { done, value } = entries.next();
        if (done) return { done: true, value: undefined };
        const batch = typeof value === 'number' ? await this.#item(dataset, value) : await this.#batch(dataset, value);
        return { done: false, value: batch as Batch };
      }, this.prefetch);
    } finally {
      entries.return?.();
    }
  }

  #item(dataset: Dataset<Item, Batch>, index: number): Eventually<Item> {
    const fail = (error: unknown): never => {
      throw failure('DataLoader', `item ${index}`, { index }, error);
    };
    try {
      const item = dataset.getItem(index);
      return item instanceof Promise ? item.catch(fail) : item;
    } catch (error) {
      return fail(error);
    }
  }

  async #batch(dataset: Dataset<Item, Batch>, indices: readonly number[]): Promise<Batch> {
    const several = async <T>(read: () => Eventually<T>): Promise<T> => {
      try {
        return await read();
      } catch (error) {
        throw failure('DataLoader', `a batch of items ${listed(indices)}`, { indices }, error);
      }
    };
    if (!this.#collate && dataset.getBatch) return several(() => dataset.getBatch!(indices));
    if (dataset.getItems) return this.#join(await several(() => dataset.getItems!(indices)));
    const items = indices.map((index) => this.#item(dataset, index));
    return this.#join(items.some((item) => item instanceof Promise) ? await Promise.all(items) : (items as Item[]));
  }

  #join(items: Item[]): Eventually<Batch> {
    return this.#collate ? this.#collate(items) : defaultCollate<Batch>(items);
  }

  async *#stream(dataset: IterableDataset<Item>): AsyncGenerator<Batch, void, undefined> {
    let items: Item[] = [];
    let position = 0;
    const source = this.#guarded(dataset, () => position);
    for await (const item of source) {
      position += 1;
      if (this.batchSize === null) {
        yield item as unknown as Batch;
        continue;
      }
      items.push(item);
      if (items.length < this.batchSize) continue;
      yield await this.#join(items);
      items = [];
    }
    if (items.length > 0 && !this.dropLast) yield await this.#join(items);
  }

  async *#guarded(dataset: IterableDataset<Item>, position: () => number): AsyncGenerator<Item, void, undefined> {
    const source = dataset[Symbol.asyncIterator]();
    let finished = false;
    try {
      for (;;) {
        let next: IteratorResult<Item>;
        try {
          next = await source.next();
        } catch (error) {
          finished = true;
          throw failure('DataLoader', `item ${position()}`, { index: position() }, error);
        }
        finished = next.done === true;
        if (finished) return;
        yield next.value;
      }
    } finally {
      if (!finished) await source.return?.();
    }
  }
}

function listed(indices: readonly number[]): string {
  const shown = indices.slice(0, 8).join(', ');
  return indices.length > 8 ? `${shown}, … (${indices.length} in all)` : shown;
}

function checkOptions(options: DataLoaderOptions & { collateFn?: unknown }, mapStyle: boolean): void {
  const { batchSize, shuffle, sampler, batchSampler, dropLast, prefetch = 0, collateFn } = options;
  const refuse = (message: string): never => {
    throw new ArgumentError('DataLoader', message);
  };
  if (!mapStyle) {
    if (shuffle) refuse('DataLoader with IterableDataset: expected unspecified shuffle option, but got shuffle=true');
    if (sampler) refuse('DataLoader with IterableDataset: expected unspecified sampler option');
    if (batchSampler) refuse('DataLoader with IterableDataset: expected unspecified batch_sampler option');
  }
  if (sampler && shuffle) refuse('sampler option is mutually exclusive with shuffle');
  if (batchSampler && ((batchSize !== undefined && batchSize !== 1) || shuffle || sampler || dropLast)) {
    refuse('batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last');
  }
  if (batchSize === null && dropLast) {
    refuse('batch_size=null option disables auto-batching and is mutually exclusive with drop_last');
  }
  if (batchSize === null && collateFn) refuse('batch_size=null yields items as they are and takes no collateFn');
  if (batchSize !== undefined && batchSize !== null && !(Number.isInteger(batchSize) && batchSize > 0)) {
    refuse(`batch_size should be a positive integer value, but got batch_size=${batchSize}`);
  }
  if (!Number.isInteger(prefetch) || prefetch < 0)
    refuse(`prefetch must be a number of batches from 0; got ${prefetch}.`);
}
