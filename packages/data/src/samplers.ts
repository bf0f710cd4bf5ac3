import type { Generator } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { permutation, seededGenerator } from './permutation.ts';

/** An order in which to visit the items of a data set; iterating it again starts a new pass. */
export interface Sampler<T = number> extends Iterable<T> {
  /** Number of entries of one pass. */
  readonly length: number;
}

/** Anything whose items are counted. */
export interface Sized {
  readonly length: number;
}

/**
 * Every item in order.
 *
 * @source PyTorch `torch.utils.data.SequentialSampler`.
 */
export class SequentialSampler implements Sampler {
  readonly dataSource: Sized;

  constructor(dataSource: Sized) {
    this.dataSource = dataSource;
  }

  get length(): number {
    return this.dataSource.length;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let i = 0; i < this.dataSource.length; i++) yield i;
  }
}

/** Options of {@link RandomSampler}. */
export interface RandomSamplerOptions {
  /** Draw every item independently of the others; default false. */
  replacement?: boolean;
  /** Number of draws; default: as many as there are items. */
  numSamples?: number;
  /** Where the draws come from; default: a new one, seeded from the global generator, for every pass. */
  generator?: Generator;
}

const drawsAtOnce = 32;

/**
 * Items in random order: the same as PyTorch's under the same seed.
 *
 * @throws {ArgumentError} `numSamples` is no positive integer.
 * @source PyTorch `torch.utils.data.RandomSampler`.
 */
export class RandomSampler implements Sampler {
  readonly dataSource: Sized;
  readonly replacement: boolean;
  readonly #numSamples: number | undefined;
  readonly #generator: Generator | undefined;

  constructor(dataSource: Sized, { replacement = false, numSamples, generator }: RandomSamplerOptions = {}) {
    this.dataSource = dataSource;
    this.replacement = replacement;
    this.#numSamples = numSamples;
    this.#generator = generator;
    if (!Number.isInteger(this.numSamples) || this.numSamples <= 0) {
      throw new ArgumentError(
        'RandomSampler',
        `num_samples should be a positive integer value, but got num_samples=${this.numSamples}`,
      );
    }
  }

  /** Number of draws in one pass. */
  get numSamples(): number {
    return this.#numSamples ?? this.dataSource.length;
  }

  get length(): number {
    return this.numSamples;
  }

  *[Symbol.iterator](): Iterator<number> {
    const size = this.dataSource.length;
    const generator = this.#generator ?? seededGenerator();
    if (this.replacement) {
      for (let left = this.numSamples; left > 0; left -= drawsAtOnce) {
        yield* generator.integers(Math.min(left, drawsAtOnce), 0, size);
      }
      return;
    }
    for (let pass = 0; pass < Math.floor(this.numSamples / size); pass++) yield* permutation(size, generator);
    // PyTorch draws this permutation even when nothing of it is used; the generator must move as far.
    yield* permutation(size, generator).subarray(0, this.numSamples % size);
  }
}

/**
 * Some items, in random order.
 *
 * @source PyTorch `torch.utils.data.SubsetRandomSampler`.
 */
export class SubsetRandomSampler implements Sampler {
  readonly indices: readonly number[];
  readonly #generator: Generator | undefined;

  constructor(indices: Iterable<number>, { generator }: { generator?: Generator } = {}) {
    this.indices = [...indices];
    this.#generator = generator;
  }

  get length(): number {
    return this.indices.length;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (const position of permutation(this.indices.length, this.#generator)) yield this.indices[position]!;
  }
}

/**
 * The entries of another sampler in groups.
 *
 * @throws {ArgumentError} `batchSize` is no positive integer.
 * @source PyTorch `torch.utils.data.BatchSampler`.
 */
export class BatchSampler implements Sampler<number[]> {
  readonly sampler: Sampler;
  readonly batchSize: number;
  readonly dropLast: boolean;

  constructor(sampler: Sampler, batchSize: number, { dropLast = false }: { dropLast?: boolean } = {}) {
    if (!Number.isInteger(batchSize) || batchSize <= 0) {
      throw new ArgumentError(
        'BatchSampler',
        `batch_size should be a positive integer value, but got batch_size=${batchSize}`,
      );
    }
    this.sampler = sampler;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
  }

  get length(): number {
    const batches = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): Iterator<number[]> {
    let batch: number[] = [];
    for (const index of this.sampler) {
      batch.push(index);
      if (batch.length < this.batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
  }
}
