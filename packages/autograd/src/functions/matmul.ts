import {
  broadcastShapes,
  contiguousView,
  DTypeError,
  expandView,
  permuteView,
  type Shape,
  ShapeError,
  sameShape,
  type View,
} from '@flambeau/backend';
import { requireTensor } from '../core/arguments.ts';
import { emptyLike, isTensor, KEEP, named, record, requireSameDevice } from '../core/dispatch.ts';
import { runContraction } from '../kernels/contraction.ts';
import type { Tensor } from '../tensor.ts';
import { squeeze, unsqueeze } from './movement.ts';
import { add, mul } from './pointwise.ts';

function check(op: string, a: Tensor, b: Tensor): void {
  requireTensor(op, a, 'the first operand');
  requireTensor(op, b, 'the second operand');
  requireSameDevice(op, [a, b]);
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      op,
      `expected both operands to have the same dtype; got ${a.dtype} and ${b.dtype}. Convert one with to().`,
    );
  }
  if (a.dtype === 'bool') throw new DTypeError(op, 'is not defined for bool.');
}

function requireRank(op: string, x: Tensor, rank: number, what: string): void {
  if (x.ndim !== rank)
    throw new ShapeError(op, `${what} must be ${rank}-d; got shape [${x.shape.join(', ')}].`, { shape: x.shape });
}

function requireInner(op: string, a: Tensor, b: Tensor, left: number | undefined, right: number | undefined): void {
  if (left === right) return;
  throw new ShapeError(
    op,
    `inner sizes must match; got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]. Transpose one operand?`,
    {
      shapes: [a.shape, b.shape],
    },
  );
}

/** Whether a matrix lies column by column in memory. */
function isColumnMajor(x: Tensor): boolean {
  const [rows, columns] = x.layout.strides.slice(-2) as [number, number];
  return rows === 1 && columns !== 1;
}

/** Matrices over broadcast batch axes: `[..., m, k] @ [..., k, n]`, plus an addend of the same dtype that broadcasts to the result. */
function batched(op: string, a: Tensor, b: Tensor, addend?: Tensor): Tensor {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const [inner, n] = b.shape.slice(-2) as [number, number];
  requireInner(op, a, b, k, inner);
  const batch: Shape | null = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (!batch)
    throw new ShapeError(op, `batch sizes must broadcast; got [${a.shape.join(', ')}] and [${b.shape.join(', ')}].`, {
      shapes: [a.shape, b.shape],
    });
  const out = emptyLike(a, [...batch, m, n], a.dtype);
  const right = expandView(b.layout, [...batch, inner, n]);
  const swapped = permuteView(right, [...batch.keys(), batch.length + 1, batch.length]);
  const left: View = expandView(a.layout, [...batch, m, k]);
  const shape = { batch, m: [m], n: [n], k: [k], a: left, b: swapped, out: contiguousView(out.shape) };
  const columnMajor = [isColumnMajor(a), isColumnMajor(b)] as const;
  if (addend) {
    runContraction(shape, a, b, out, { tensor: addend, view: expandView(addend.layout, out.shape) });
    record('addmm', { columnMajor }, [addend, a, b], [out], KEEP.y | KEEP.z);
    return named(out, op);
  }
  runContraction(shape, a, b, out);
  record('matmul', { columnMajor }, [a, b], [out], KEEP.x | KEEP.y);
  return named(out, batch.length ? 'bmm' : 'mm');
}

/**
 * Matrix product of the last two axes, the others broadcast; vectors are taken as a row (left) or a column (right).
 *
 * @shape `[..., m, k] @ [..., k, n]` → `[..., m, n]`; `[k] @ [k]` → `[]`; `[k] @ [k, n]` → `[n]`; `[m, k] @ [k]` → `[m]`
 * @throws {ShapeError} Inner sizes differ, or an operand is 0-d.
 * @source PyTorch `torch.matmul`
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  check('matmul', a, b);
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError('matmul', `both arguments need to be at least 1-d; got ${a.ndim}-d and ${b.ndim}-d.`, {
      shapes: [a.shape, b.shape],
    });
  }
  requireInner('matmul', a, b, a.shape.at(-1), b.shape.at(b.ndim === 1 ? -1 : -2));
  // A weight applied to many axes is one big matrix product: fold them into rows.
  if (a.ndim > 2 && b.ndim <= 2 && a.isContiguous()) {
    const rows = a.shape.slice(0, -1);
    const folded = a.reshape([rows.reduce((x, y) => x * y, 1), a.shape.at(-1) as number]);
    return matmul(folded, b).reshape(b.ndim === 1 ? rows : [...rows, b.shape[1] as number]);
  }
  const left = a.ndim === 1 ? unsqueeze(a, 0) : a;
  const right = b.ndim === 1 ? unsqueeze(b, 1) : b;
  const product = batched('matmul', left, right);
  const row = a.ndim === 1 ? squeeze(product, -2) : product;
  if (b.ndim > 1) return row;
  return named(squeeze(row, -1), a.ndim === 1 ? 'dot' : 'mv');
}

/** Product of two matrices. @shape `[m, k] @ [k, n]` → `[m, n]` */
export function mm(a: Tensor, b: Tensor): Tensor {
  checkMatrices('mm', a, b);
  return batched('mm', a, b);
}

/** Products of equally many matrices. @shape `[b, m, k] @ [b, k, n]` → `[b, m, n]` */
export function bmm(a: Tensor, b: Tensor): Tensor {
  checkBatches('bmm', a, b);
  return batched('bmm', a, b);
}

function checkMatrices(op: string, a: Tensor, b: Tensor): void {
  check(op, a, b);
  requireRank(op, a, 2, 'the first operand');
  requireRank(op, b, 2, 'the second operand');
}

function checkBatches(op: string, a: Tensor, b: Tensor): void {
  check(op, a, b);
  requireRank(op, a, 3, 'the first operand');
  requireRank(op, b, 3, 'the second operand');
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError(op, `batch sizes must be equal; got [${a.shape.join(', ')}] and [${b.shape.join(', ')}].`, {
      shapes: [a.shape, b.shape],
    });
  }
}

/** Product of a matrix and a vector. @shape `[m, k] @ [k]` → `[m]` */
export function mv(a: Tensor, b: Tensor): Tensor {
  requireTensor('mv', a);
  requireTensor('mv', b);
  requireRank('mv', a, 2, 'the matrix');
  requireRank('mv', b, 1, 'the vector');
  return matmul(a, b);
}

/** Inner product of two vectors. @shape `[k] · [k]` → `[]` */
export function dot(a: Tensor, b: Tensor): Tensor {
  requireTensor('dot', a);
  requireTensor('dot', b);
  requireRank('dot', a, 1, 'the first operand');
  requireRank('dot', b, 1, 'the second operand');
  return matmul(a, b);
}

/** Inner products of the last axes. @shape `[..., k], [...', k]` → `[..., ...']` */
export function inner(a: Tensor, b: Tensor): Tensor {
  check('inner', a, b);
  if (a.ndim === 0 || b.ndim === 0) return mul(a, b);
  requireInner('inner', a, b, a.shape.at(-1), b.shape.at(-1));
  const width = a.shape.at(-1) as number;
  const flat = (x: Tensor): Tensor => x.reshape([x.shape.slice(0, -1).reduce((p, q) => p * q, 1), width]);
  return mm(flat(a), flat(b).t()).reshape([...a.shape.slice(0, -1), ...b.shape.slice(0, -1)]);
}

/** All products of two vectors. @shape `[m], [n]` → `[m, n]` */
export function outer(a: Tensor, b: Tensor): Tensor {
  requireTensor('outer', a);
  requireTensor('outer', b);
  requireRank('outer', a, 1, 'the first operand');
  requireRank('outer', b, 1, 'the second operand');
  return mul(unsqueeze(a, 1), unsqueeze(b, 0));
}

/** Factors of `beta·input + alpha·product`. */
export interface AddProductOptions {
  readonly beta?: number;
  readonly alpha?: number;
}

/** Whether an addend can be added while the product is written: in its dtype, without factors, on to its shape. */
function canFuse(input: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddProductOptions): boolean {
  const [m, k, n] = [...a.shape.slice(-2), b.shape.at(-1)] as [number, number, number];
  const batch = a.shape.slice(0, -2);
  const shape = broadcastShapes(input.shape, [...batch, m, n]);
  return (
    isTensor(input) &&
    beta === 1 &&
    alpha === 1 &&
    k > 0 &&
    input.dtype === a.dtype &&
    input.runtime === a.runtime &&
    shape !== null &&
    sameShape(shape, [...batch, m, n])
  );
}

function scaledSum(input: Tensor, product: Tensor, { beta = 1, alpha = 1 }: AddProductOptions = {}): Tensor {
  const scaled = alpha === 1 ? product : mul(product, alpha);
  // beta 0 ignores the input altogether, NaN included.
  return beta === 0 ? scaled : add(scaled, input, { alpha: beta });
}

function addProduct(op: string, input: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = {}): Tensor {
  if (canFuse(input, a, b, options)) return batched(op, a, b, input);
  return scaledSum(input, batched(op, a, b), options);
}

/** beta·input + alpha·(a @ b) for matrices. */
export function addmm(input: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
  checkMatrices('addmm', a, b);
  return addProduct('addmm', input, a, b, options);
}

/** beta·input + alpha·(a @ b) for a matrix and a vector. */
export function addmv(input: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
  return scaledSum(input, mv(a, b), options);
}

/** beta·input + alpha·(a @ b) for batches of matrices. */
export function baddbmm(input: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
  checkBatches('baddbmm', a, b);
  return addProduct('baddbmm', input, a, b, options);
}
