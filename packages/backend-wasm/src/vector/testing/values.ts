import { castValue, type DType, dtypes, isFloat, type Value } from '@flambeau/backend';

/** Repeatable random numbers. @source Marsaglia 2003, xorshift. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b9) | 0 || 1;
  }

  /** 32 bits, signed. */
  bits(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x;
  }

  /** A number from `low` to below `high`. */
  real(low: number, high: number): number {
    return low + ((this.bits() >>> 0) / 2 ** 32) * (high - low);
  }
}

const smallestNormal: Readonly<Partial<Record<DType, number>>> = {
  float16: 2 ** -14,
  bfloat16: 2 ** -126,
  float32: 2 ** -126,
  float64: 2 ** -1022,
};

/** Values at the edges of a dtype. */
export function edgeValues(dtype: DType): Value[] {
  const { min, max, epsilon } = dtypes[dtype];
  if (dtype === 'bool') return [0, 1];
  if (!isFloat(dtype)) {
    const near = [0, 1, 2, 3, 7, 8, 31, 32, 63, 64, -1, -2, -3, -7, -31, -32].map((x) => castValue(x, dtype));
    const middle: Value[] = dtype === 'int32' ? [65535, -65536, 46341] : [];
    if (dtype === 'int64') middle.push(2n ** 31n, 2n ** 32n + 5n, -(2n ** 32n), 2n ** 53n + 1n, 3037000500n);
    const edges = [min, max, castValue(BigInt(max) - 1n, dtype), castValue(BigInt(min) + 1n, dtype)];
    return [...new Set([...near, ...middle, ...edges])];
  }
  const normal = smallestNormal[dtype] as number;
  const largest = max as number;
  const magnitudes = [0, 1, 2, 3, 0.5, 1.5, 2.5, 7, 0.1, 1 / 3, 10, 88.5, 709.5, 1 + epsilon, 1 - epsilon / 2];
  magnitudes.push(normal, normal * epsilon, normal / 2, normal * (1 - epsilon), largest, largest / 2, 1e-3, 1e4, 65520);
  magnitudes.push(2 ** 24 + 2, 2 ** 31, 2 ** 31 - 128, 2 ** 32, 2 ** 33 + 2 ** 10, 2 ** 51, 2 ** 63, 2 ** 64, 2 ** 70);
  const signed = magnitudes.flatMap((x) => [x, -x]);
  const all = [...signed, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return all.map((x) => castValue(x, dtype));
}

/** Random values: of an interval when it is given, else of all magnitudes. */
export function randomValues(
  dtype: DType,
  count: number,
  random: Random,
  samples?: readonly [number, number],
): Value[] {
  return Array.from({ length: count }, (_, i) => {
    if (dtype === 'bool') return random.bits() & 1;
    if (samples) {
      const x = random.real(...samples);
      return castValue(isFloat(dtype) ? x : Math.round(x), dtype);
    }
    if (isFloat(dtype)) {
      const x = random.real(-1, 1);
      return castValue([x, x * 10, Math.round(x * 20), x * 2 ** random.real(-140, 127)][i % 4] as number, dtype);
    }
    if (i % 3 === 0) return castValue(Math.round(random.real(-20, 20)), dtype);
    if (dtype === 'int64') return castValue((BigInt(random.bits()) << 32n) + BigInt(random.bits()), dtype);
    return castValue(random.bits(), dtype);
  });
}

/** Every combination of values from some lists, as columns. */
export function combinations(lists: readonly (readonly Value[])[]): Value[][] {
  let rows: Value[][] = [[]];
  for (const list of lists) rows = rows.flatMap((row) => list.map((value) => [...row, value]));
  return lists.map((_, i) => rows.map((row) => row[i] as Value));
}
