import * as joining from '../functions/joining.ts';
import type { RandomOptions } from '../functions/random-fill.ts';
import * as random from '../functions/random-fill.ts';
import type { CumulateOptions, KeepDimOptions, Sorted, SortOptions, TopkOptions } from '../functions/scan.ts';
import * as scan from '../functions/scan.ts';
import type { Tensor } from '../tensor.ts';
import { InPlaceMethods } from './in-place.ts';

/** Methods that join, order and fill; each is the free function of its name. */
export abstract class ArrangingMethods extends InPlaceMethods {
  /** @see {@link joining.flip} */
  flip(this: Tensor, dims: number | readonly number[]): Tensor {
    return joining.flip(this, dims);
  }

  /** @see {@link joining.fliplr} */
  fliplr(this: Tensor): Tensor {
    return joining.fliplr(this);
  }

  /** @see {@link joining.flipud} */
  flipud(this: Tensor): Tensor {
    return joining.flipud(this);
  }

  /** @see {@link joining.roll} */
  roll(this: Tensor, shifts: number | readonly number[], dims?: number | readonly number[] | null): Tensor {
    return joining.roll(this, shifts, dims);
  }

  /** @see {@link joining.repeat} */
  repeat(this: Tensor, sizes: readonly number[]): Tensor {
    return joining.repeat(this, sizes);
  }

  /** @see {@link joining.tile} */
  tile(this: Tensor, sizes: readonly number[]): Tensor {
    return joining.tile(this, sizes);
  }

  /** @see {@link joining.repeatInterleaveAsync} */
  repeatInterleaveAsync(this: Tensor, repeats: number | Tensor, dim?: number | null): Promise<Tensor> {
    return joining.repeatInterleaveAsync(this, repeats, dim);
  }

  /** @see {@link joining.repeatInterleave} */
  repeatInterleave(this: Tensor, repeats: number | Tensor, dim?: number | null): Tensor {
    return joining.repeatInterleave(this, repeats, dim);
  }

  /** @see {@link joining.tril} */
  tril(this: Tensor, diagonal?: number): Tensor {
    return joining.tril(this, diagonal);
  }

  /** @see {@link joining.triu} */
  triu(this: Tensor, diagonal?: number): Tensor {
    return joining.triu(this, diagonal);
  }

  /** @see {@link joining.diag} */
  diag(this: Tensor, diagonal?: number): Tensor {
    return joining.diag(this, diagonal);
  }

  /** @see {@link scan.cumsum} */
  cumsum(this: Tensor, dim: number, options?: CumulateOptions): Tensor {
    return scan.cumsum(this, dim, options);
  }

  /** @see {@link scan.cumprod} */
  cumprod(this: Tensor, dim: number, options?: CumulateOptions): Tensor {
    return scan.cumprod(this, dim, options);
  }

  /** @see {@link scan.argsort} */
  argsort(this: Tensor, dim?: number, options?: SortOptions): Tensor {
    return scan.argsort(this, dim, options);
  }

  /** @see {@link scan.sort} */
  sort(this: Tensor, dim?: number, options?: SortOptions): Sorted {
    return scan.sort(this, dim, options);
  }

  /** @see {@link scan.topk} */
  topk(this: Tensor, k: number, dim?: number, options?: TopkOptions): Sorted {
    return scan.topk(this, k, dim, options);
  }

  /** @see {@link scan.kthvalue} */
  kthvalue(this: Tensor, k: number, dim?: number, options?: KeepDimOptions): Sorted {
    return scan.kthvalue(this, k, dim, options);
  }

  /** @see {@link scan.median} */
  median(this: Tensor): Tensor;
  median(this: Tensor, dim: number, options?: KeepDimOptions): Sorted;
  median(this: Tensor, dim?: number, options?: KeepDimOptions): Tensor | Sorted {
    return dim === undefined ? scan.median(this) : scan.median(this, dim, options);
  }

  /** Fills with uniform numbers in [from, to). */
  uniform_(this: Tensor, from?: number, to?: number, options?: RandomOptions): Tensor {
    return random.uniform_(this, from, to, options);
  }

  /** Fills with normal numbers. */
  normal_(this: Tensor, mean?: number, std?: number, options?: RandomOptions): Tensor {
    return random.normal_(this, mean, std, options);
  }

  /** Fills with 1 at probability p, else 0. */
  bernoulli_(this: Tensor, p?: number | Tensor, options?: RandomOptions): Tensor {
    return random.bernoulli_(this, p, options);
  }

  /** Fills with exponentially distributed numbers of rate λ. */
  exponential_(this: Tensor, lambd?: number, options?: RandomOptions): Tensor {
    return random.exponential_(this, lambd, options);
  }

  /** Fills with integers in [from, to). */
  random_(this: Tensor, from?: number, to?: number, options?: RandomOptions): Tensor {
    return random.random_(this, from, to, options);
  }
}
