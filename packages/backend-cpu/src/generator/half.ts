const pun = new Float32Array(1);
const punBits = new Int32Array(pun.buffer);

/** Bits of the float16 nearest to a float32 (ties to even), in integer arithmetic. */
export function float16BitsOf32(x: number): number {
  pun[0] = x;
  const bits = punBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7e00;
  // From 65536 on everything is infinite; between 65520 and there, rounding carries into the exponent.
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Added to 1/2, a number below 2^-14 is rounded to a multiple of 2^-24: the last place of a subnormal float16.
    pun[0] = Math.abs(x) + 0.5;
    return sign | ((punBits[0] as number) - 0x3f000000);
  }
  return sign | ((magnitude - 0x37fff001 + ((magnitude >> 13) & 1)) >> 13);
}
