import {
  castValue,
  type DType,
  DTypeError,
  dtypes,
  type HostArray,
  hostArray,
  isInteger,
  loadValue,
  storeValue,
} from '@flambeau/backend';

/**
 * Host elements as another dtype, for devices that cannot hold the one they have.
 *
 * @throws {DTypeError} An int64 does not fit into a narrower integer.
 */
export function hostCast(op: string, data: HostArray, from: DType, to: DType): HostArray {
  const out = hostArray(to, data.length);
  const { min, max } = dtypes[to];
  for (let i = 0; i < data.length; i++) {
    const value = loadValue(data, from, i);
    if (from === 'int64' && isInteger(to) && (value < min || value > max)) {
      throw new DTypeError(op, `${value} does not fit into ${to}.`, { index: i });
    }
    storeValue(out, to, i, castValue(value, to));
  }
  return out;
}
