/** Special numbers and what tells them apart: by bits, since compilers may assume that there are no NaN and no infinities. */
export const numberFunctions: Readonly<
  Record<
    | 'nan'
    | 'infinity'
    | 'negativeZero'
    | 'isNan'
    | 'isFinite'
    | 'ordered'
    | 'max'
    | 'min'
    | 'sign'
    | 'withSign'
    | 'flipSign'
    | 'lt'
    | 'le'
    | 'gt'
    | 'ge'
    | 'eq'
    | 'ne',
    string
  >
> = {
  // A variable's value is no constant, which NaN must not be in WGSL.
  nan: `fn f_nan() -> f32 {
  var bits = 0x7fc00000u;
  return bitcast<f32>(bits);
}`,
  infinity: `fn f_infinity() -> f32 {
  var bits = 0x7f800000u;
  return bitcast<f32>(bits);
}`,
  negativeZero: `fn f_negativeZero() -> f32 {
  var bits = 0x80000000u;
  return bitcast<f32>(bits);
}`,
  isNan: `fn f_isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}`,
  isFinite: `fn f_isFinite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}`,
  ordered: `fn f_ordered(a: f32, b: f32) -> bool {
  return max(bitcast<u32>(a) & 0x7fffffffu, bitcast<u32>(b) & 0x7fffffffu) <= 0x7f800000u;
}`,
  max: `fn f_max(a: f32, b: f32) -> f32 {
  return select(select(b, a, f_isNan(a)), max(a, b), f_ordered(a, b));
}`,
  min: `fn f_min(a: f32, b: f32) -> f32 {
  return select(select(b, a, f_isNan(a)), min(a, b), f_ordered(a, b));
}`,
  sign: `fn f_sign(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  return select(bitcast<f32>((bits & 0x80000000u) | 0x3f800000u), 0.0f, size == 0u || size > 0x7f800000u);
}`,
  withSign: `fn f_withSign(size: f32, x: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(size) & 0x7fffffffu) | (bitcast<u32>(x) & 0x80000000u));
}`,
  flipSign: `fn f_flipSign(y: f32, x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(y) ^ (bitcast<u32>(x) & 0x80000000u));
}`,
  lt: `fn f_lt(a: f32, b: f32) -> bool {
  return a < b && f_ordered(a, b);
}`,
  le: `fn f_le(a: f32, b: f32) -> bool {
  return a <= b && f_ordered(a, b);
}`,
  gt: `fn f_gt(a: f32, b: f32) -> bool {
  return a > b && f_ordered(a, b);
}`,
  ge: `fn f_ge(a: f32, b: f32) -> bool {
  return a >= b && f_ordered(a, b);
}`,
  eq: `fn f_eq(a: f32, b: f32) -> bool {
  return a == b && f_ordered(a, b);
}`,
  ne: `fn f_ne(a: f32, b: f32) -> bool {
  return !(a == b && f_ordered(a, b));
}`,
};
