import type { Shape } from '@flambeau/backend';
import * as movement from '../functions/movement.ts';
import * as strided from '../functions/strided-views.ts';
import type { Tensor } from '../tensor.ts';
import { ReductionMethods } from './reduction.ts';

/** Methods that look at the same elements in another shape; each is the free function of its name. */
export abstract class ShapeMethods extends ReductionMethods {
  /** @see {@link movement.reshape} */
  reshape(this: Tensor, shape: Shape): Tensor {
    return movement.reshape(this, shape);
  }

  /** @see {@link movement.view} */
  view(this: Tensor, shape: Shape): Tensor {
    return movement.view(this, shape);
  }

  /** @see {@link movement.viewAs} */
  viewAs(this: Tensor, other: Tensor): Tensor {
    return movement.viewAs(this, other);
  }

  /** @see {@link movement.reshapeAs} */
  reshapeAs(this: Tensor, other: Tensor): Tensor {
    return movement.reshapeAs(this, other);
  }

  /** @see {@link movement.permute} */
  permute(this: Tensor, dims: readonly number[]): Tensor {
    return movement.permute(this, dims);
  }

  /** @see {@link movement.transpose} */
  transpose(this: Tensor, dim0: number, dim1: number): Tensor {
    return movement.transpose(this, dim0, dim1);
  }

  /** @see {@link movement.t} */
  t(this: Tensor): Tensor {
    return movement.t(this);
  }

  /** @see {@link movement.movedim} */
  movedim(this: Tensor, source: number | readonly number[], destination: number | readonly number[]): Tensor {
    return movement.movedim(this, source, destination);
  }

  /** @see {@link movement.squeeze} */
  squeeze(this: Tensor, dim?: number | readonly number[]): Tensor {
    return movement.squeeze(this, dim);
  }

  /** @see {@link movement.unsqueeze} */
  unsqueeze(this: Tensor, dim: number): Tensor {
    return movement.unsqueeze(this, dim);
  }

  /** @see {@link movement.expand} */
  expand(this: Tensor, shape: Shape): Tensor {
    return movement.expand(this, shape);
  }

  /** @see {@link movement.expandAs} */
  expandAs(this: Tensor, other: Tensor): Tensor {
    return movement.expandAs(this, other);
  }

  /** @see {@link movement.broadcastTo} */
  broadcastTo(this: Tensor, shape: Shape): Tensor {
    return movement.broadcastTo(this, shape);
  }

  /** @see {@link movement.flatten} */
  flatten(this: Tensor, startDim?: number, endDim?: number): Tensor {
    return movement.flatten(this, startDim, endDim);
  }

  /** @see {@link movement.ravel} */
  ravel(this: Tensor): Tensor {
    return movement.ravel(this);
  }

  /** @see {@link movement.unflatten} */
  unflatten(this: Tensor, dim: number, sizes: Shape): Tensor {
    return movement.unflatten(this, dim, sizes);
  }

  /** @see {@link movement.narrow} */
  narrow(this: Tensor, dim: number, start: number, length: number): Tensor {
    return movement.narrow(this, dim, start, length);
  }

  /** @see {@link movement.slice} */
  slice(this: Tensor, dim: number, start?: number | null, end?: number | null, step?: number): Tensor {
    return movement.slice(this, dim, start, end, step);
  }

  /** @see {@link movement.select} */
  select(this: Tensor, dim: number, index: number): Tensor {
    return movement.select(this, dim, index);
  }

  /** @see {@link strided.diagonal} */
  diagonal(this: Tensor, offset?: number, dim1?: number, dim2?: number): Tensor {
    return strided.diagonal(this, offset, dim1, dim2);
  }

  /** @see {@link strided.unfold} */
  unfold(this: Tensor, dim: number, size: number, step: number): Tensor {
    return strided.unfold(this, dim, size, step);
  }

  /** @see {@link strided.asStrided} */
  asStrided(this: Tensor, shape: Shape, strides: readonly number[], offset?: number): Tensor {
    return strided.asStrided(this, shape, strides, offset);
  }

  /** @see {@link movement.split} */
  split(this: Tensor, size: number | readonly number[], dim?: number): Tensor[] {
    return movement.split(this, size, dim);
  }

  /** @see {@link movement.chunk} */
  chunk(this: Tensor, chunks: number, dim?: number): Tensor[] {
    return movement.chunk(this, chunks, dim);
  }

  /** @see {@link movement.tensorSplit} */
  tensorSplit(this: Tensor, sections: number | readonly number[], dim?: number): Tensor[] {
    return movement.tensorSplit(this, sections, dim);
  }

  /** @see {@link movement.unbind} */
  unbind(this: Tensor, dim?: number): Tensor[] {
    return movement.unbind(this, dim);
  }

  /** All axes reversed. */
  get T(): Tensor {
    return movement.permute(
      this as unknown as Tensor,
      this.shape.map((_, axis) => this.ndim - 1 - axis),
    );
  }

  /** The last two axes swapped. */
  get mT(): Tensor {
    return movement.transpose(this as unknown as Tensor, -2, -1);
  }
}
