import { computeDType, type DType, evaluateScalarOp, type ScalarOpName, scalarOps } from '@flambeau/backend';
import { shuffle, type V128 } from '../assembler/index.ts';
import { emitBoolOp } from './bool-ops.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { emitFloatOp } from './float-ops.ts';
import { emitInt64Op } from './int64-ops.ts';
import { emitIntegerOp } from './integer-ops.ts';
import { emitConstant, emitSelect, isWide, keepLanes, words } from './lanes.ts';
import { floatFunctions } from './math/index.ts';

/** A scalar operation on operands of a compute dtype (of `where`, the branches' dtype), as `evaluateScalarOp` defines it. */
export function emitOp(e: Emitter, name: ScalarOpName, operand: DType, args: readonly Lanes[]): Lanes {
  const dtype = computeDType(operand);
  const known = args.flatMap(({ constant }) => (constant === undefined ? [] : [constant]));
  if (known.length === args.length) {
    const [a, b, c] = known;
    const value = evaluateScalarOp(name, dtype, a ?? 0, b, c);
    return emitConstant(e, value, scalarOps[name].result === 'bool' ? 'bool' : dtype);
  }
  if (name === 'where') {
    const [condition, a, b] = args as [Lanes, Lanes, Lanes];
    return emitSelect(e, condition, a, b);
  }
  switch (dtype) {
    case 'bool':
      return emitBoolOp(e, name, args);
    case 'int8':
    case 'uint8':
    case 'int32':
      return emitIntegerOp(e, name, dtype, args);
    case 'int64':
      return emitInt64Op(e, name, args);
    default:
      return emitFloatOp(e, name, args, floatFunctions);
  }
}

/** The fold of the four elements, in all lanes: (0 ∘ 2) ∘ (1 ∘ 3), whatever the dtype. */
export function emitHorizontal(e: Emitter, op: 'add' | 'mul' | 'max' | 'min', dtype: DType, value: Lanes): Lanes {
  const [first, second] = value.parts as [V128, V128];
  const wide = isWide(dtype);
  const upper = wide ? second : shuffle(first, first, words(2, 3, 0, 1));
  const pairs = emitOp(e, op, dtype, [{ dtype, parts: [first] }, keepLanes(e, dtype, [upper])]);
  const [pair] = pairs.parts as [V128];
  const swapped = shuffle(pair, pair, wide ? words(2, 3, 0, 1) : words(1, 0, 3, 2));
  const [all] = emitOp(e, op, dtype, [pairs, keepLanes(e, dtype, [swapped])]).parts as [V128];
  return { dtype, parts: wide ? [all, all] : [all] };
}
