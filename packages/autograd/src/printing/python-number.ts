/**
 * Whether `|value| · 10^digits` lies exactly half-way between two integers, and the even one of the two; `null` otherwise.
 *
 * `value` is a binary fraction, so that can only happen when doubling it `digits + 1` times gives an integer.
 */
function tieToEven(value: number, digits: number): bigint | null {
  const magnitude = Math.abs(value);
  let doubled: bigint;
  if (digits >= 0) {
    const scaled = magnitude * 2 ** (digits + 1);
    if (!Number.isInteger(scaled)) return null;
    doubled = BigInt(scaled) * 5n ** BigInt(digits);
  } else {
    const unit = 10n ** BigInt(-digits);
    if (!Number.isInteger(magnitude) || (BigInt(magnitude) * 2n) % unit !== 0n) return null;
    doubled = (BigInt(magnitude) * 2n) / unit;
  }
  if (doubled % 2n === 0n) return null;
  const below = doubled / 2n;
  return below % 2n === 0n ? below : below + 1n;
}

const signOf = (value: number): string => (value < 0 || Object.is(value, -0) ? '-' : '');

/** Python's `'%.{digits}f' % value`: ties of the exact value go to the even digit, and a negative zero keeps its sign. */
export function fixedPoint(value: number, digits: number): string {
  const magnitude = Math.abs(value);
  // `toFixed` gives up here; such a number is an integer.
  if (magnitude >= 1e21) return `${signOf(value)}${BigInt(magnitude)}${digits === 0 ? '' : `.${'0'.repeat(digits)}`}`;
  const tie = tieToEven(value, digits);
  if (tie === null) return signOf(value) + magnitude.toFixed(digits);
  const text = String(tie).padStart(digits + 1, '0');
  const point = text.length - digits;
  return signOf(value) + (digits === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`);
}

/** Python's `'%.{digits}e' % value`: ties to even, at least two exponent digits. */
export function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = Math.abs(value).toExponential(digits).split('e') as [string, string];
  const [, lower] = Math.abs(value).toExponential().split('e') as [string, string];
  const tie = tieToEven(value, digits - Number(lower));
  const even = tie === null || String(tie).length > digits + 1 ? mantissa : withPoint(String(tie));
  return `${signOf(value)}${even}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`;
}

const withPoint = (text: string): string => (text.length === 1 ? text : `${text.charAt(0)}.${text.slice(1)}`);
