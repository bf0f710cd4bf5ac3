import type { Operand } from '../core/graph.ts';
import * as inPlace from '../functions/in-place-indexing.ts';
import type {
  IndexAddOptions,
  IndexItem,
  IndexPutOptions,
  NonzeroOptions,
  ScatterOptions,
  ScatterReduceOptions,
  ScatterReduction,
} from '../functions/indexing.ts';
import * as indexing from '../functions/indexing.ts';
import type { Tensor } from '../tensor.ts';
import { ArrangingMethods } from './arranging.ts';

/** Methods that pick and place elements; each is the free function of its name. */
export abstract class IndexingMethods extends ArrangingMethods {
  /** @see {@link indexing.indexPut} */
  indexPut(this: Tensor, items: readonly IndexItem[], values: Operand, options?: IndexPutOptions): Tensor {
    return indexing.indexPut(this, items, values, options);
  }

  /** @see {@link indexing.gather} */
  gather(this: Tensor, dim: number, index: Tensor): Tensor {
    return indexing.gather(this, dim, index);
  }

  /** @see {@link indexing.indexSelect} */
  indexSelect(this: Tensor, dim: number, index: Tensor): Tensor {
    return indexing.indexSelect(this, dim, index);
  }

  /** @see {@link indexing.take} */
  take(this: Tensor, index: Tensor): Tensor {
    return indexing.take(this, index);
  }

  /** @see {@link indexing.takeAlongDim} */
  takeAlongDim(this: Tensor, index: Tensor, dim?: number | null): Tensor {
    return indexing.takeAlongDim(this, index, dim);
  }

  /** @see {@link indexing.scatter} */
  scatter(this: Tensor, dim: number, index: Tensor, src: Operand, options?: ScatterOptions): Tensor {
    return indexing.scatter(this, dim, index, src, options);
  }

  /** @see {@link indexing.scatterAdd} */
  scatterAdd(this: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
    return indexing.scatterAdd(this, dim, index, src);
  }

  /** @see {@link indexing.scatterReduce} */
  scatterReduce(
    this: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    reduce: ScatterReduction,
    options?: ScatterReduceOptions,
  ): Tensor {
    return indexing.scatterReduce(this, dim, index, src, reduce, options);
  }

  /** @see {@link indexing.indexAdd} */
  indexAdd(this: Tensor, dim: number, index: Tensor, src: Tensor, options?: IndexAddOptions): Tensor {
    return indexing.indexAdd(this, dim, index, src, options);
  }

  /** @see {@link indexing.indexCopy} */
  indexCopy(this: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
    return indexing.indexCopy(this, dim, index, src);
  }

  /** @see {@link indexing.indexFill} */
  indexFill(this: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
    return indexing.indexFill(this, dim, index, value);
  }

  /** @see {@link indexing.maskedSelect} */
  maskedSelect(this: Tensor, mask: Tensor): Tensor {
    return indexing.maskedSelect(this, mask);
  }

  /** @see {@link indexing.maskedSelectAsync} */
  maskedSelectAsync(this: Tensor, mask: Tensor): Promise<Tensor> {
    return indexing.maskedSelectAsync(this, mask);
  }

  /** @see {@link indexing.maskedScatter} */
  maskedScatter(this: Tensor, mask: Tensor, source: Tensor): Tensor {
    return indexing.maskedScatter(this, mask, source);
  }

  /** @see {@link indexing.nonzero} */
  nonzero(this: Tensor, options?: { readonly asTuple?: false }): Tensor;
  nonzero(this: Tensor, options: { readonly asTuple: true }): Tensor[];
  nonzero(this: Tensor, options?: NonzeroOptions): Tensor | Tensor[] {
    return indexing.nonzero(this, options);
  }

  /** @see {@link indexing.nonzeroAsync} */
  nonzeroAsync(this: Tensor, options?: { readonly asTuple?: false }): Promise<Tensor>;
  nonzeroAsync(this: Tensor, options: { readonly asTuple: true }): Promise<Tensor[]>;
  nonzeroAsync(this: Tensor, options?: NonzeroOptions): Promise<Tensor | Tensor[]> {
    return indexing.nonzeroAsync(this, options);
  }

  /** @see {@link indexing.indexAsync} */
  indexAsync(this: Tensor, ...items: readonly IndexItem[]): Promise<Tensor> {
    return indexing.indexAsync(this, ...items);
  }

  /** In-place `indexPutAsync`. */
  indexPutAsync_(
    this: Tensor,
    items: readonly IndexItem[],
    values: Operand,
    options?: IndexPutOptions,
  ): Promise<Tensor> {
    return inPlace.indexPutAsync_(this, items, values, options);
  }

  /** @see {@link indexing.index} */
  index(this: Tensor, ...items: readonly IndexItem[]): Tensor {
    return indexing.index(this, ...items);
  }

  /** In-place `indexPut`. */
  indexPut_(this: Tensor, items: readonly IndexItem[], values: Operand, options?: IndexPutOptions): Tensor {
    return inPlace.indexPut_(this, items, values, options);
  }

  /** In-place `scatter`. */
  scatter_(this: Tensor, dim: number, index: Tensor, src: Operand, options?: ScatterOptions): Tensor {
    return inPlace.scatter_(this, dim, index, src, options);
  }

  /** In-place `scatterAdd`. */
  scatterAdd_(this: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
    return inPlace.scatterAdd_(this, dim, index, src);
  }

  /** In-place `scatterReduce`. */
  scatterReduce_(
    this: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    reduce: ScatterReduction,
    options?: ScatterReduceOptions,
  ): Tensor {
    return inPlace.scatterReduce_(this, dim, index, src, reduce, options);
  }

  /** In-place `indexAdd`. */
  indexAdd_(this: Tensor, dim: number, index: Tensor, src: Tensor, options?: IndexAddOptions): Tensor {
    return inPlace.indexAdd_(this, dim, index, src, options);
  }

  /** In-place `indexCopy`. */
  indexCopy_(this: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
    return inPlace.indexCopy_(this, dim, index, src);
  }

  /** In-place `indexFill`. */
  indexFill_(this: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
    return inPlace.indexFill_(this, dim, index, value);
  }

  /** In-place `maskedScatter`. */
  maskedScatter_(this: Tensor, mask: Tensor, source: Tensor): Tensor {
    return inPlace.maskedScatter_(this, mask, source);
  }
}
