import { type DType, type HostArray, isFloat, loadValue, type Value } from '@flambeau/backend';

const view = new DataView(new ArrayBuffer(8));

/** Position of a float among all floats of its dtype; neighbours differ by 1, both zeros are 0. */
function rank(dtype: DType, x: number): bigint {
  if (dtype === 'float64') {
    view.setFloat64(0, x);
    const bits = view.getBigInt64(0);
    return bits < 0n ? -(bits & (2n ** 63n - 1n)) : bits;
  }
  view.setFloat32(0, x);
  const bits = view.getInt32(0);
  return BigInt(bits < 0 ? -(bits & 0x7fffffff) : bits);
}

function agrees(dtype: DType, got: Value, want: Value, ulps: number): boolean {
  if (Object.is(got, want)) return true;
  if (!isFloat(dtype) || ulps === 0 || Number.isNaN(got) || Number.isNaN(want)) return false;
  const distance = rank(dtype, got as number) - rank(dtype, want as number);
  return distance <= BigInt(ulps) && -distance <= BigInt(ulps);
}

const text = (value: Value | undefined): string => (Object.is(value, -0) ? '-0' : String(value));

/** Null where all elements agree (within some units of the last place, for float32 and float64), else the first that differ. */
export function difference(
  dtype: DType,
  got: HostArray,
  want: HostArray,
  ulps: number,
  operands: readonly (readonly Value[])[],
): string | null {
  const lines: string[] = [];
  for (let i = 0; i < want.length && lines.length < 8; i++) {
    const [x, y] = [loadValue(got, dtype, i), loadValue(want, dtype, i)];
    if (agrees(dtype, x, y, ulps)) continue;
    const given = operands.map((list) => text(list[i])).join(', ');
    lines.push(`of (${given}): got ${text(x)}, expected ${text(y)}`);
  }
  return lines.length || got.length !== want.length ? `${got.length} elements; ${lines.join('; ')}` : null;
}
