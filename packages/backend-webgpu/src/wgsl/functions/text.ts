const view = new DataView(new ArrayBuffer(4));

/** Bits of a number rounded to float32. */
function floatBits(value: number): number {
  view.setFloat32(0, value);
  return view.getUint32(0);
}

/** A finite float32 as WGSL writes it, with parentheses where there is a sign. */
export function number(value: number): string {
  const bits = floatBits(value);
  const isSubnormal = (bits & 0x7f800000) === 0 && bits !== 0;
  // What compilers may round to 0 is written as bits.
  if (isSubnormal) return `bitcast<f32>(0x${bits.toString(16)}u)`;
  const text = `${shortest(Math.fround(value))}f`;
  return value < 0 ? `(${text})` : text;
}

/** The fewest digits that give a float32. */
function shortest(value: number): string {
  for (let digits = 1; digits < 10; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value && Math.abs(Number(text)) <= 3.4028234663852886e38) return text;
  }
  return String(value);
}

/** A polynomial by Horner's rule, lowest power first; `x` is a name. */
export function polynomial(x: string, coefficients: readonly number[]): string {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, c) => `(${sum} * ${x} + ${number(c)})`, number(coefficients.at(-1) as number));
}
