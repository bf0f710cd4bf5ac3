/** Conversions between number types. */
export const castFunctions: Readonly<Record<'toInt' | 'toBfloat16' | 'toFloat16', string>> = {
  // Modulo 2^32; NaN and infinities have so large an exponent that nothing remains.
  toInt: `fn f_toInt(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let shift = i32((bits >> 23u) & 255u) - 150;
  let mantissa = (bits & 0x7fffffu) | 0x800000u;
  let small = mantissa >> u32(clamp(-shift, 0, 31));
  let large = select(0u, mantissa << u32(clamp(shift, 0, 31)), shift < 32);
  let size = bitcast<i32>(select(large, small, shift < 0));
  return select(size, -size, (bits >> 31u) == 1u);
}`,
  toBfloat16: `fn f_toBfloat16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let rounded = bits + 0x7fffu + ((bits >> 16u) & 1u);
  return bitcast<f32>(select(rounded, bits | 0x400000u, (bits & 0x7fffffffu) > 0x7f800000u) & 0xffff0000u);
}`,
  toFloat16: `fn f_toFloat16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  // Below 2^-14, multiples of 2^-24.
  let small = bitcast<u32>(round(bitcast<f32>(min(size, 0x38800000u)) * 16777216.0f) * 5.9604644775390625e-8f);
  let rounded = (size + 0xfffu + ((size >> 13u) & 1u)) & 0xffffe000u;
  let usual = select(rounded, small, size < 0x38800000u);
  let beyond = select(0x7f800000u, 0x7fc00000u, size > 0x7f800000u);
  return bitcast<f32>(select(usual, beyond, size >= 0x477ff000u) | (bits & 0x80000000u));
}`,
};
