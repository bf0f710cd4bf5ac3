import {
  callValue,
  type FunctionReference,
  type I32,
  type I64,
  i32,
  i64,
  type ModuleBuilder,
  select,
} from '../../assembler/index.ts';

/** 32 zero bits, then those of 2/π after the point. */
const TWO_OVER_PI: readonly bigint[] = [
  0n,
  0xa2f9836en,
  0x4e441529n,
  0xfc2757d1n,
  0xf534ddc0n,
  0xdb629599n,
  0x3c439041n,
  0xfe5163abn,
];

const functions = new WeakMap<ModuleBuilder, FunctionReference>();

/**
 * The function of a module that computes {@link turns}.
 *
 * @source Payne and Hanek, Radian reduction for trigonometric functions: only those bits of 2/π count whose products
 * with the mantissa are neither multiples of four quarter turns nor too small to matter.
 */
function turnsOf(module: ModuleBuilder): FunctionReference {
  const found = functions.get(module);
  if (found) return found;
  const word = module.function({ parameters: ['i32'], results: ['i64'] });
  const index = word.parameter(0, 'i32');
  word.return(
    TWO_OVER_PI.reduce<I64>(
      (rest, bits, k) => select(i32.eq(index, i32.const(k)), i64.const(bits), rest),
      i64.const(0n),
    ),
  );
  const f = module.function({ parameters: ['i32'], results: ['i64'] });
  const bits = f.parameter(0, 'i32');
  const mantissa = f.let(i64.extend_i32_u(i32.or(i32.and(bits, i32.const(0x7fffff)), i32.const(0x800000))));
  // The value is mantissa·2^(exponent - 150); the highest bit of 2/π that counts is number exponent - 151.
  const start = f.let(i32.sub(i32.shr_u(bits, i32.const(23)), i32.const(150 - 30)));
  const first = f.let(i32.shr_u(start, i32.const(5)));
  const shift = f.let(i64.extend_i32_u(i32.and(start, i32.const(31))));
  const [w0, w1, w2, w3] = [0, 1, 2, 3].map((k) =>
    f.let(callValue('i64', word, i32.add(first, i32.const(k)))),
  ) as readonly I64[] as [I64, I64, I64, I64];
  const window = (high: I64, low: I64): I64 =>
    i64.shr_u(i64.shl(i64.or(i64.shl(high, i64.const(32n)), low), shift), i64.const(32n));
  const product = (high: I64, low: I64): I64 => i64.mul(mantissa, window(high, low));
  f.return(
    i64.add(
      i64.add(i64.shl(product(w0, w1), i64.const(32n)), product(w1, w2)),
      i64.shr_u(product(w2, w3), i64.const(32n)),
    ),
  );
  functions.set(module, f);
  return f;
}

/** Quarter turns modulo 4, times 2^62, of a float32 ≥ 2^20 given by its bits. */
export function turns(module: ModuleBuilder, bits: I32): I64 {
  return callValue('i64', turnsOf(module), bits);
}
