/**
 * What is left of a division of floats, exactly: long division of the mantissas, eight binary digits at a time.
 * The results are for finite numbers, other than a divisor of 0, and are chosen among by the functions behind.
 */
export const divisionFunctions: Readonly<
  Record<'mantissa' | 'compose' | 'fmod' | 'remainder' | 'floorDiv' | 'powerOfTwo', string>
> = {
  // A magnitude as an integer below 2^24, at least 2^23, and the power of two it is to be multiplied with.
  mantissa: `fn f_mantissa(size: u32) -> vec2<i32> {
  let exponent = i32(size >> 23u);
  let digits = size & 0x7fffffu;
  let shift = select(0u, countLeadingZeros(digits | 1u) - 8u, exponent == 0);
  let mantissa = select(digits | 0x800000u, digits << shift, exponent == 0);
  return vec2<i32>(i32(mantissa), max(exponent, 1) - i32(shift));
}`,
  // m·2^(e - 150) for a mantissa below 2^24.
  compose: `fn f_compose(mantissa: u32, exponent: i32) -> f32 {
  let shift = i32(countLeadingZeros(mantissa | 1u)) - 8;
  let normal = exponent - shift;
  let large = ((mantissa << u32(max(shift, 0))) & 0x7fffffu) | (u32(max(normal, 1)) << 23u);
  let small = select(mantissa >> u32(clamp(1 - exponent, 0, 31)), mantissa << u32(clamp(exponent - 1, 0, 31)), exponent > 0);
  return bitcast<f32>(select(select(small, large, normal > 0), 0u, mantissa == 0u));
}`,
  fmod: `fn f_fmod(a: f32, b: f32) -> f32 {
  let x = bitcast<u32>(a) & 0x7fffffffu;
  let y = bitcast<u32>(b) & 0x7fffffffu;
  if (x >= 0x7f800000u || y > 0x7f800000u || y == 0u) {
    return f_nan();
  }
  if (x < y) {
    return a;
  }
  let dividend = f_mantissa(x);
  let divisor = f_mantissa(y);
  var rest = u32(dividend.x) % u32(divisor.x);
  var steps = dividend.y - divisor.y;
  while (steps > 0 && rest != 0u) {
    let step = min(steps, 8);
    rest = (rest << u32(step)) % u32(divisor.x);
    steps -= step;
  }
  return f_withSign(f_compose(rest, divisor.y), a);
}`,
  remainder: `fn f_remainder(a: f32, b: f32) -> f32 {
  let rest = f_fmod(a, b);
  let isAcross = (bitcast<u32>(rest) & 0x7fffffffu) != 0u && (bitcast<i32>(rest) ^ bitcast<i32>(b)) < 0;
  return select(rest, rest + b, isAcross && !f_isNan(rest));
}`,
  // The quotient's first digits, 26 to 31 of them when there are so many; the last one is set if any that follow is.
  floorDiv: `fn f_floorDiv(a: f32, b: f32) -> f32 {
  let x = bitcast<u32>(a) & 0x7fffffffu;
  let y = bitcast<u32>(b) & 0x7fffffffu;
  if (y == 0u) {
    return a / b;
  }
  if (x >= 0x7f800000u || y > 0x7f800000u) {
    return f_nan();
  }
  let isNegative = (bitcast<i32>(a) ^ bitcast<i32>(b)) < 0;
  if (x < y) {
    return select(f_withSign(0.0f, f_flipSign(a, b)), -1.0f, isNegative && x != 0u);
  }
  let dividend = f_mantissa(x);
  let divisor = f_mantissa(y);
  let d = u32(divisor.x);
  var quotient = u32(dividend.x) / d;
  var rest = u32(dividend.x) - quotient * d;
  var steps = dividend.y - divisor.y;
  while (steps > 0 && quotient < 0x2000000u) {
    let step = min(steps, 6);
    let wide = rest << u32(step);
    let digits = wide / d;
    rest = wide - digits * d;
    quotient = (quotient << u32(step)) | digits;
    steps -= step;
  }
  if (steps == 0) {
    quotient += select(0u, 1u, isNegative && rest != 0u);
  } else {
    quotient |= select(0u, 1u, rest != 0u);
  }
  let whole = f32(quotient) * f_powerOfTwo(min(steps, 127));
  return select(whole, -whole, isNegative);
}`,
  powerOfTwo: `fn f_powerOfTwo(n: i32) -> f32 {
  return bitcast<f32>(u32(n + 127) << 23u);
}`,
};
