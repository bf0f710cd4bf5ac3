/** Sizes are multiples of this, and of a step that grows with them: at most a quarter of a piece is unused (bytes). */
const UNIT = 64;

/** The smallest piece (units). */
const SMALLEST = 4;

/** Number of the smallest class of pieces that hold so many bytes: 256, 320, 384, 448, 512, 640, 768... */
export function sizeClass(bytes: number): number {
  const units = Math.ceil(bytes / UNIT);
  if (units <= SMALLEST) return 0;
  const exponent = 29 - Math.clz32(units - 1);
  return exponent * 4 + Math.ceil(units / 2 ** exponent) - SMALLEST;
}

/** Size of the pieces of a class (bytes). */
export function classBytes(number: number): number {
  return UNIT * (SMALLEST + (number & 3)) * 2 ** (number >> 2);
}
