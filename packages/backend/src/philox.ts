const PHILOX_MULTIPLIER = 0xd256d193;
const PHILOX_WEYL = 0x9e3779b9;

/**
 * 32 random bits of counter `counter` under key `key`, both taken as unsigned; returns a signed 32-bit integer.
 *
 * @source Philox2x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; the second counter word is 0.
 */
export function randomBits(key: number, counter: number): number {
  let low = counter >>> 0;
  let high = 0;
  let k = key >>> 0;
  for (let round = 0; round < 10; round++) {
    const productHigh = multiplyHigh(PHILOX_MULTIPLIER, low);
    const productLow = Math.imul(PHILOX_MULTIPLIER, low) >>> 0;
    low = (productHigh ^ k ^ high) >>> 0;
    high = productLow;
    k = (k + PHILOX_WEYL) >>> 0;
  }
  return low | 0;
}

/** Upper 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}
