import { ArgumentError, DTypeError, dtypes, ShapeError, sameShape } from '@flambeau/backend';
import { isTensor, type Keep, mustRecord, record, recordInPlace, requireWritable, snapshot } from '../core/dispatch.ts';
import type { Operand } from '../core/graph.ts';
import { contiguousCopy } from '../kernels/copy.ts';
import { broadcastOperands, computeType, runElementwise } from '../kernels/elementwise.ts';
import type { Tensor } from '../tensor.ts';
import { elementwiseRows } from './elementwise-rows.ts';
import type { ElementwiseName } from './signatures.ts';

const codes = Object.fromEntries(Object.keys(elementwiseRows).map((name, code) => [name, code])) as Record<
  ElementwiseName,
  number
>;
const NONE = {};

function checkOperands(op: string, operands: readonly Operand[]): void {
  let tensors = 0;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (isTensor(operand)) tensors++;
    else if (typeof operand !== 'number' && typeof operand !== 'boolean' && typeof operand !== 'bigint') {
      const got = operand === null ? 'null' : Array.isArray(operand) ? 'an array' : typeof operand;
      throw new ArgumentError(op, `operand ${i + 1} must be a Tensor or a number; got ${got}. Make one with tensor().`);
    }
  }
  if (tensors === 0) throw new ArgumentError(op, 'needs at least one Tensor. Make one with tensor().');
}

/** Applies an element-wise op to tensors and numbers. */
export function elementwise(op: ElementwiseName, ...operands: readonly Operand[]): Tensor {
  checkOperands(op, operands);
  const row = elementwiseRows[op];
  const result = runElementwise(op, codes[op], row, operands);
  if (row.result === 'same') record(op, NONE, operands, [result], row.keep);
  return result;
}

/** Applies an element-wise op to its first operand in place. */
export function elementwiseInPlace<T extends Tensor>(op: ElementwiseName, target: T, ...rest: readonly Operand[]): T {
  const operands: readonly Operand[] = [target, ...rest];
  checkOperands(op, operands);
  return writeElementwise(op, target, operands);
}

/** Writes an element-wise op's result into `target`, which may be one of its operands. */
export function writeElementwise<T extends Tensor>(op: ElementwiseName, target: T, operands: readonly Operand[]): T {
  requireWritable(op, target);
  const row = elementwiseRows[op];
  const shape = broadcastOperands(op, operands);
  if (!sameShape(shape, target.shape)) {
    throw new ShapeError(
      op,
      `output with shape [${target.shape.join(', ')}] doesn't match the broadcast shape [${shape.join(', ')}].`,
      {
        shape,
      },
    );
  }
  const compute = row.result === 'bool' ? 'bool' : computeType(row, operands);
  if (KINDS.indexOf(dtypes[compute].kind) > KINDS.indexOf(dtypes[target.dtype].kind)) {
    throw new DTypeError(op, `result type ${compute} can't be cast to the desired output type ${target.dtype}.`);
  }
  // An operand that overlaps the target elsewhere than at the same element must be read before it is overwritten.
  const safe = operands.map((operand) =>
    isTensor(operand) && operand.storage === target.storage && !sameElements(operand, target)
      ? contiguousCopy(operand)
      : operand,
  );
  const recorded = operands.map((operand) => (operand === target ? before(target, operands, row.keep) : operand));
  runElementwise(op, codes[op], row, safe, target);
  recordInPlace(op, NONE, recorded, target, row.result === 'same' ? row.keep : 0);
  return target;
}

/** The target as it is before the change: copied if the derivative will read it. */
function before(target: Tensor, operands: readonly Operand[], keep: Keep): Tensor {
  const history = snapshot(target);
  const read = operands.some((operand, i) => operand === target && keep & (1 << i));
  if (!read || !mustRecord(operands)) return history;
  const copy = contiguousCopy(target);
  copy.edge = history.edge;
  return copy;
}

const KINDS = ['bool', 'integer', 'float'] as const;

function sameElements(a: Tensor, b: Tensor): boolean {
  return (
    a.layout.offset === b.layout.offset &&
    sameShape(a.shape, b.shape) &&
    a.layout.strides.every((stride, axis) => stride === b.layout.strides[axis] || a.shape[axis] === 1)
  );
}
