import { type DType, isFloat, type ReduceOp } from '@flambeau/backend';
import { reduceIdentity } from '../interpreter/reduce.ts';
import { literal, roundSource } from './scalar-source.ts';

/** Whether a reduction gives a position. */
export function isArg(op: ReduceOp): op is 'argmax' | 'argmin' {
  return op === 'argmax' || op === 'argmin';
}

/** What the accumulator starts from; for `argmax` and `argmin`, the best value before the first. */
export function startSource(op: ReduceOp, dtype: DType): string {
  const value = op === 'argmax' ? 'max' : op === 'argmin' ? 'min' : op;
  return literal(reduceIdentity(value, dtype));
}

/** A statement that takes one more value into the accumulator; floats accumulate in float64. */
export function combineSource(op: 'sum' | 'prod', dtype: DType, total: string, value: string): string {
  if (dtype === 'int64') return `${total} = BigInt.asIntN(64, ${total} ${op === 'sum' ? '+' : '*'} ${value});`;
  if (op === 'sum') return `${total} = ${total} + ${value}${isFloat(dtype) ? '' : ' | 0'};`;
  return `${total} = ${isFloat(dtype) ? `${total} * ${value}` : `Math.imul(${total}, ${value})`};`;
}

/** Whether a value replaces the best so far: NaN beats everything, ties go to the first. */
export function betterSource(op: ReduceOp, dtype: DType, value: string, best: string): string {
  const better = `${value} ${op === 'argmax' || op === 'max' ? '>' : '<'} ${best}`;
  return isFloat(dtype) ? `${better} || ${value} !== ${value} && ${best} === ${best}` : better;
}

/** The result, from the accumulator. */
export function finishSource(op: ReduceOp, dtype: DType, total: string): string {
  if (isArg(op) || op === 'max' || op === 'min' || dtype === 'int64' || dtype === 'int32') return total;
  return roundSource(total, dtype);
}

/** The typed array that holds accumulators of a row. */
export function rowArray(dtype: DType): string {
  if (dtype === 'int64') return 'BigInt64Array';
  return isFloat(dtype) ? 'Float64Array' : 'Int32Array';
}
