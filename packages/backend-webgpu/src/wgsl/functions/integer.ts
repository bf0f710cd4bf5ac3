/** Integer operations whose meaning differs from WGSL's, and random bits. */
export const integerFunctions: Readonly<
  Record<
    | 'intTruncDiv'
    | 'intFmod'
    | 'intFloorDiv'
    | 'intRemainder'
    | 'intPow'
    | 'shiftLeft'
    | 'shiftRight'
    | 'multiplyHigh'
    | 'random',
    string
  >
> = {
  // By 0, 0. WGSL defines the one quotient that overflows to be the dividend, which is what wrapping gives.
  intTruncDiv: `fn f_intTruncDiv(a: i32, b: i32) -> i32 {
  return select(a / select(b, 1, b == 0), 0, b == 0);
}`,
  intFmod: `fn f_intFmod(a: i32, b: i32) -> i32 {
  let divisor = select(b, 1, b == 0 || b == -1);
  return a - a / divisor * divisor;
}`,
  intFloorDiv: `fn f_intFloorDiv(a: i32, b: i32) -> i32 {
  let divisor = select(b, 1, b == 0);
  let quotient = a / divisor;
  let isAcross = (a ^ b) < 0 && quotient * divisor != a;
  return select(quotient - select(0, 1, isAcross), 0, b == 0);
}`,
  intRemainder: `fn f_intRemainder(a: i32, b: i32) -> i32 {
  let rest = f_intFmod(a, b);
  return select(rest, rest + b, rest != 0 && (rest ^ b) < 0);
}`,
  intPow: `fn f_intPow(a: i32, b: i32) -> i32 {
  if (b < 0) {
    return select(select(0, 1 - 2 * (b & 1), a == -1), 1, a == 1);
  }
  var result = 1;
  var base = a;
  var exponent = b;
  while (exponent > 0) {
    result = select(result, result * base, (exponent & 1) == 1);
    base = base * base;
    exponent = exponent >> 1u;
  }
  return result;
}`,
  shiftLeft: `fn f_shiftLeft(a: i32, b: i32) -> i32 {
  return select(a << (bitcast<u32>(b) & 31u), 0, bitcast<u32>(b) > 31u);
}`,
  shiftRight: `fn f_shiftRight(a: i32, b: i32) -> i32 {
  return a >> min(bitcast<u32>(b), 31u);
}`,
  multiplyHigh: `fn f_multiplyHigh(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}`,
  // Philox2x32-10 with 0 as the second word of its counter.
  random: `fn f_random(key: i32, counter: i32) -> i32 {
  var low = bitcast<u32>(counter);
  var high = 0u;
  var k = bitcast<u32>(key);
  for (var round = 0; round < 10; round++) {
    let product = f_multiplyHigh(0xd256d193u, low);
    let rest = 0xd256d193u * low;
    low = product ^ k ^ high;
    high = rest;
    k += 0x9e3779b9u;
  }
  return bitcast<i32>(low);
}`,
};
