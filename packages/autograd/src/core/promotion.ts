import { type DType, DTypeError, dtypes, isFloat, promoteTypes } from '@flambeau/backend';
import { isTensor } from './dispatch.ts';
import type { Operand } from './graph.ts';

let defaultDType: DType = 'float32';

/** The dtype of new floating-point tensors. */
export function getDefaultDType(): DType {
  return defaultDType;
}

/** @throws {DTypeError} Not a floating-point dtype. */
export function setDefaultDType(dtype: DType): void {
  if (!isFloat(dtype))
    throw new DTypeError('setDefaultDType', `only floating-point types are supported; got ${dtype}.`);
  defaultDType = dtype;
}

/** The dtype that a plain number stands for: bool, an integer or the default float. */
function scalarDType(value: number | bigint | boolean): DType {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int64';
  return Number.isInteger(value) ? 'int32' : defaultDType;
}

const KIND_RANK = { bool: 0, integer: 1, float: 2 } as const;

/**
 * The dtype in which operands meet. Tensors with axes decide; 0-d tensors, and after them plain numbers, only raise the kind
 * (bool, integer, float).
 *
 * @source PyTorch `torch.result_type`.
 */
export function resultType(operands: readonly Operand[]): DType {
  let dimensioned: DType | null = null;
  let zeroDim: DType | null = null;
  let plain: DType | null = null;
  for (const operand of operands) {
    if (!isTensor(operand)) {
      const dtype = scalarDType(operand);
      plain = plain ? promoteTypes(plain, dtype) : dtype;
    } else if (operand.ndim > 0) {
      dimensioned = dimensioned ? promoteTypes(dimensioned, operand.dtype) : operand.dtype;
    } else {
      zeroDim = zeroDim ? promoteTypes(zeroDim, operand.dtype) : operand.dtype;
    }
  }
  return raise(raise(dimensioned, zeroDim), plain) ?? defaultDType;
}

/** `strong`, unless `weak` is of a higher kind. */
function raise(strong: DType | null, weak: DType | null): DType | null {
  if (!strong || !weak) return strong ?? weak;
  return KIND_RANK[dtypes[weak].kind] > KIND_RANK[dtypes[strong].kind] ? weak : strong;
}
