import { fromArray, type Tensor } from '@flambeau/autograd';
import { ArgumentError, IndexError, ShapeError } from '@flambeau/backend';

/** A value, now or later. */
export type Eventually<T> = T | Promise<T>;

/**
 * Items by number. Subclass it, or use any object with these members.
 *
 * @typeParam Item - One item.
 * @typeParam Batch - What several items become together; differs from `Item` where that holds numbers, which become a tensor.
 * @source PyTorch `torch.utils.data.Dataset`.
 * @example
 * class Squares extends Dataset<[number, number], [Tensor, Tensor]> {
 *   get length() { return 100; }
 *   getItem(index: number): [number, number] { return [index, index ** 2]; }
 * }
 */
export abstract class Dataset<Item = Tensor, Batch = Item> {
  /** Number of items. */
  abstract readonly length: number;

  /** The item at `index`, from 0. */
  abstract getItem(index: number): Eventually<Item>;

  /** Several items at once, where that is cheaper than one by one; a loader prefers it. */
  getItems?(indices: readonly number[]): Eventually<Item[]>;

  /** Several items already collated, where that is cheaper still; a loader without a `collateFn` prefers it. */
  getBatch?(indices: readonly number[]): Eventually<Batch>;
}

/**
 * Items in sequence, for data that come as a stream.
 *
 * @source PyTorch `torch.utils.data.IterableDataset`.
 */
export abstract class IterableDataset<Item = Tensor> {
  /** Starts a pass over the items. */
  abstract [Symbol.asyncIterator](): AsyncIterator<Item>;
}

/** Refuses an index outside `0 … length - 1`. */
export function checkIndex(op: string, index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new IndexError(op, `an index must be an integer from 0 to ${length - 1}; got ${index}.`, { index, length });
}

/**
 * Tensors of equally many rows; an item is one row of each.
 *
 * @throws {ShapeError} The tensors differ in their first size, or one has no axis.
 * @source PyTorch `torch.utils.data.TensorDataset`.
 * @example
 * const dataset = new TensorDataset(randn([100, 8]), randint(3, [100]));
 */
export class TensorDataset<Tensors extends Tensor[]> extends Dataset<Tensors> {
  readonly tensors: Tensors;
  readonly length: number;

  constructor(...tensors: Tensors) {
    super();
    const sizes = tensors.map((tensor) => tensor.shape[0]);
    if (tensors.length === 0) throw new ArgumentError('TensorDataset', 'at least one tensor was expected; got none.');
    if (sizes.some((size) => size === undefined || size !== sizes[0])) {
      const shapes = tensors.map((tensor) => `[${tensor.shape.join(', ')}]`).join(', ');
      throw new ShapeError(
        'TensorDataset',
        `Size mismatch between tensors: their first sizes must agree; got ${shapes}.`,
      );
    }
    this.tensors = tensors;
    this.length = sizes[0] as number;
  }

  override getItem(index: number): Tensors {
    checkIndex('TensorDataset', index, this.length);
    return this.tensors.map((tensor) => tensor.select(0, index)) as Tensors;
  }

  /** One `indexSelect` per tensor. */
  override getBatch(indices: readonly number[]): Tensors {
    for (const index of indices) checkIndex('TensorDataset', index, this.length);
    return rows(this.tensors, indices) as Tensors;
  }
}

function rows(tensors: readonly Tensor[], indices: readonly number[]): Tensor[] {
  const positions = new Map<string, Tensor>();
  return tensors.map((tensor) => {
    let position = positions.get(tensor.device);
    if (!position) {
      position = fromArray(Int32Array.from(indices), [indices.length], { device: tensor.device });
      positions.set(tensor.device, position);
    }
    return tensor.indexSelect(0, position);
  });
}

/**
 * Some items of another data set, in a given order.
 *
 * @source PyTorch `torch.utils.data.Subset`.
 */
export class Subset<Item, Batch = Item> extends Dataset<Item, Batch> {
  readonly dataset: Dataset<Item, Batch>;
  /** Positions in `dataset`. */
  readonly indices: readonly number[];

  constructor(dataset: Dataset<Item, Batch>, indices: Iterable<number>) {
    super();
    this.dataset = dataset;
    this.indices = [...indices];
    // A loader looks whether these are there, so they are only when the data set has them.
    if (dataset.getItems) this.getItems = (chosen) => dataset.getItems!(this.#positions(chosen));
    if (dataset.getBatch) this.getBatch = (chosen) => dataset.getBatch!(this.#positions(chosen));
  }

  get length(): number {
    return this.indices.length;
  }

  override getItem(index: number): Eventually<Item> {
    checkIndex('Subset', index, this.length);
    return this.dataset.getItem(this.indices[index]!);
  }

  #positions(chosen: readonly number[]): number[] {
    return chosen.map((index) => {
      checkIndex('Subset', index, this.length);
      return this.indices[index]!;
    });
  }
}

/**
 * Several data sets one after the other.
 *
 * @throws {ArgumentError} There is none.
 * @source PyTorch `torch.utils.data.ConcatDataset`.
 */
export class ConcatDataset<Item, Batch = Item> extends Dataset<Item, Batch> {
  readonly datasets: readonly Dataset<Item, Batch>[];
  /** Number of items up to and including each data set. */
  readonly cumulativeSizes: readonly number[];

  constructor(datasets: Iterable<Dataset<Item, Batch>>) {
    super();
    this.datasets = [...datasets];
    if (this.datasets.length === 0)
      throw new ArgumentError('ConcatDataset', 'datasets should not be an empty iterable');
    let sum = 0;
    this.cumulativeSizes = this.datasets.map((dataset) => {
      sum += dataset.length;
      return sum;
    });
  }

  get length(): number {
    return this.cumulativeSizes.at(-1) as number;
  }

  override getItem(index: number): Eventually<Item> {
    checkIndex('ConcatDataset', index, this.length);
    const which = this.cumulativeSizes.findIndex((end) => index < end);
    const start = which === 0 ? 0 : this.cumulativeSizes[which - 1]!;
    return this.datasets[which]!.getItem(index - start);
  }
}
