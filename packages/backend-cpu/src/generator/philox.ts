/**
 * The contract's `randomBits` in 32-bit integer arithmetic only, for code that calls it once per element.
 *
 * @source Philox2x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; the second counter word is 0.
 */
export function fastRandomBits(key: number, counter: number): number {
  let low = counter | 0;
  let high = 0;
  let k = key | 0;
  for (let round = 0; round < 10; round++) {
    // The upper half of low · 0xd256d193, from products of 16-bit halves.
    const lowHalf = low & 0xffff;
    const highHalf = low >>> 16;
    const middle = Math.imul(0xd256, lowHalf);
    const cross = Math.imul(0xd193, highHalf);
    const carry = (cross & 0xffff) + (middle & 0xffff) + (Math.imul(0xd193, lowHalf) >>> 16);
    const productHigh = (Math.imul(0xd256, highHalf) + (middle >>> 16) + (cross >>> 16) + (carry >>> 16)) | 0;
    const productLow = Math.imul(0xd256d193, low);
    low = productHigh ^ k ^ high;
    high = productLow;
    k = (k + 0x9e3779b9) | 0;
  }
  return low;
}
