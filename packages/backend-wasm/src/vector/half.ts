import { f32x4, f32x4Const, i32, i32x4, i32x4Const, type V128, v128 } from '../assembler/index.ts';
import type { Emitter } from './emitter.ts';

const shiftBy = (count: number): ReturnType<typeof i32.const> => i32.const(count);

/** The float32 values of four float16, whose bits lie in the low halves of words. */
export function emitFromFloat16(e: Emitter, bits: V128): V128 {
  const half = e.f.let(bits);
  const magnitude = e.f.let(v128.and(half, i32x4Const(0x7fff)));
  // The exponent's bias grows by 112; the product is exact, of subnormal numbers too.
  const scaled = f32x4.mul(i32x4.shl(magnitude, shiftBy(13)), f32x4Const(2 ** 112));
  const special = v128.and(i32x4.gt_s(magnitude, i32x4Const(0x7bff)), i32x4Const(0x7f800000));
  const sign = i32x4.shl(v128.and(half, i32x4Const(0x8000)), shiftBy(16));
  return e.f.let(v128.or(v128.or(scaled, special), sign));
}

/** The float32 values of four bfloat16, whose bits lie in the low halves of words. */
export function emitFromBFloat16(e: Emitter, bits: V128): V128 {
  return e.f.let(i32x4.shl(bits, shiftBy(16)));
}

/** The bits of the nearest float16 (ties to even) in the low halves of words. */
export function emitToFloat16(e: Emitter, value: V128): V128 {
  const { f } = e;
  const x = f.let(value);
  const magnitude = f.let(v128.and(x, i32x4Const(0x7fffffff)));
  const odd = v128.and(i32x4.shr_u(magnitude, shiftBy(13)), i32x4Const(1));
  const rebias = ((15 - 127) << 23) + 0xfff;
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, i32x4Const(rebias)), odd), shiftBy(13));
  // Next to 0.5 floats are 2⁻²⁴ apart, as are the subnormal float16.
  const subnormal = i32x4.sub(f32x4.add(magnitude, f32x4Const(0.5)), f32x4Const(0.5));
  const small = i32x4.lt_s(magnitude, f32x4Const(2 ** -14));
  const finite = f.let(v128.bitselect(subnormal, normal, small));
  const missing = i32x4.gt_s(magnitude, i32x4Const(0x7f800000));
  const special = v128.or(i32x4Const(0x7c00), v128.and(missing, i32x4Const(0x200)));
  const large = i32x4.ge_s(magnitude, f32x4Const(65520));
  const sign = v128.and(i32x4.shr_u(x, shiftBy(16)), i32x4Const(0x8000));
  return f.let(v128.or(v128.bitselect(special, finite, large), sign));
}

/** The bits of the nearest bfloat16 (ties to even) in the low halves of words. */
export function emitToBFloat16(e: Emitter, value: V128): V128 {
  const { f } = e;
  const x = f.let(value);
  const upper = f.let(i32x4.shr_u(x, shiftBy(16)));
  const odd = v128.and(upper, i32x4Const(1));
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(x, i32x4Const(0x7fff)), odd), shiftBy(16));
  return f.let(v128.bitselect(rounded, v128.or(upper, i32x4Const(0x40)), f32x4.eq(x, x)));
}
