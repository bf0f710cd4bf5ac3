import type { OpSample } from './cases.ts';
import { isFloating } from './compare.ts';
import type { GoldenTensor } from './tensor.ts';
import { type GoldenValue, isKind, isList } from './values.ts';

/**
 * Outputs that hold indices or counts: int64 in PyTorch, int32 in Flambeau, the widest integer every device has.
 *
 * `all`, or the paths inside the tuple.
 */
const indexOutputs: Readonly<Record<string, 'all' | readonly string[]>> = {
  argmax: 'all',
  argmin: 'all',
  argsort: 'all',
  argwhere: 'all',
  bincount: 'all',
  bucketize: 'all',
  count_nonzero: 'all',
  cummax: ['1'],
  cummin: ['1'],
  kthvalue: ['1'],
  'max/reduction_with_dim': ['1'],
  'min/reduction_with_dim': ['1'],
  median: ['1'],
  mode: ['1'],
  nanmedian: ['1'],
  nonzero: 'all',
  searchsorted: 'all',
  sort: ['1'],
  topk: ['1'],
  unique: ['1', '2'],
  unique_consecutive: ['1', '2'],
  'linalg.matrix_rank': 'all',
  'linalg.matrix_rank/hermitian': 'all',
};

function dtypesOf(value: GoldenValue): string[] {
  if (isList(value)) return value.flatMap(dtypesOf);
  if (isKind(value, 'tensor')) return [value.dtype];
  return isKind(value, 'dtype') ? [value.name] : [];
}

/** Every dtype that a call names: of its tensors, and as an argument. */
export function namedDTypes(sample: OpSample): string[] {
  return dtypesOf([sample.input, ...sample.args, ...Object.values(sample.kwargs)]);
}

/**
 * The dtype that a result must have in Flambeau, or `undefined` where the two languages cannot agree.
 *
 * PyTorch's dtype, except: indices and counts are int32; so is what PyTorch makes int64 by itself, without an int64
 * argument (`arange(5)`, the sum of a bool tensor); a whole float such as `2.0` beside integer tensors makes PyTorch's
 * result float32, and JavaScript cannot tell it from `2`.
 */
export function resultDType(op: string, path: string, expected: GoldenTensor, sample: OpSample): string | undefined {
  const named = namedDTypes(sample);
  if (expected.dtype === 'int64') {
    const indices = indexOutputs[op];
    if (indices === 'all' || indices?.includes(path)) return 'int32';
    return named.includes('int64') || op === 'long' ? 'int64' : 'int32';
  }
  const integers = !named.some(isFloating);
  return sample.wholeFloat && integers ? undefined : expected.dtype;
}
