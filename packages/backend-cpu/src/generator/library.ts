import {
  castValue,
  fromBFloat16Bits,
  fromFloat16Bits,
  isFloat,
  type ScalarOpName,
  scalarOps,
  toBFloat16Bits,
  toFloat16Bits,
} from '@flambeau/backend';
import { erf32, exp32, log32, sigmoid32, tanh32 } from './fast-math.ts';
import { float16BitsOf32 } from './half.ts';
import { fastRandomBits } from './philox.ts';
import { referenceName } from './scalar-source.ts';

/** First index at which `0 <= at + step·i < extent` may hold. */
function firstInside(at: number, step: number, extent: number): number {
  if (step === 0) return at >= 0 && at < extent ? 0 : 2147483647;
  if (step > 0) return at >= 0 ? 0 : step === 1 ? -at : Math.ceil(-at / step);
  return at < extent ? 0 : Math.floor((at - extent) / -step) + 1;
}

/** One past the last index at which `0 <= at + step·i < extent` may hold. */
function pastInside(at: number, step: number, extent: number): number {
  if (step === 0) return 2147483647;
  if (step > 0) return at >= extent ? 0 : step === 1 ? extent - at : Math.ceil((extent - at) / step);
  return at < 0 ? 0 : Math.floor(at / -step) + 1;
}

function table(decode: (bits: number) => number): () => Float32Array {
  let values: Float32Array | undefined;
  return () => {
    values ??= Float32Array.from({ length: 65536 }, (_, bits) => decode(bits));
    return values;
  };
}

/** The values of all 16-bit floats, by bits; made when first needed. */
const float16Table = table(fromFloat16Bits);
const bfloat16Table = table(fromBFloat16Bits);

function references(): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(scalarOps)) {
    const op = name as ScalarOpName;
    if (row.float) found[referenceName(op, 'float32')] = row.float;
    if (row.int) found[referenceName(op, 'int32')] = row.int;
    if (row.big) found[referenceName(op, 'int64')] = row.big;
  }
  return found;
}

const power = scalarOps.pow.float as (a: number, b: number) => number;

/** Squares and cubes are most of what is asked for, and need no general power. */
function fastPower(a: number, b: number): number {
  if (b === 2) return a * a;
  return b === 3 ? a * a * a : power(a, b);
}

/** Two values of which code picks one without a branch: a branch on random data costs ten times as much. */
const pair = new Float64Array(2);

/** Everything that generated code may call, by the name it uses. */
export const library: Readonly<Record<string, unknown>> = {
  ...references(),
  castValue,
  randomBits: fastRandomBits,
  exp32,
  sigmoid32,
  tanh32,
  log32,
  erf32,
  fastPower,
  pair,
  firstInside,
  pastInside,
  float16Table,
  bfloat16Table,
  float16Bits: toFloat16Bits,
  float16BitsOf32,
  bfloat16Bits: toBFloat16Bits,
  bfloat16BitsOf32: toBFloat16Bits,
  float16Round: (value: number): number => castValue(value, 'float16') as number,
  bfloat16Round: (value: number): number => castValue(value, 'bfloat16') as number,
  toInt64: (value: number): bigint => castValue(value, 'int64') as bigint,
};

/** The dtypes that are read through a table of values. */
export function isHalf(dtype: string): boolean {
  return isFloat(dtype as 'float16') && (dtype === 'float16' || dtype === 'bfloat16');
}
