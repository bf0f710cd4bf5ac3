/**
 * Writes a number as Python writes a float: `1.0`, `0.1`, `1e-05`, `inf`.
 *
 * @source Python `repr(float)`: shortest digits, an exponent of two digits or more below 1e-4 and from 1e16 on.
 * @example
 * pythonFloat(1e-5) // => '1e-05'
 */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const digits = String(Math.abs(power)).padStart(2, '0');
    return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`;
  }
  const negative = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (power < 0) return `${negative}0.${'0'.repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
  return `${negative}${whole}.${digits.slice(power + 1) || '0'}`;
}

/**
 * Writes a boolean as Python does.
 *
 * @example
 * pythonBool(true) // => 'True'
 */
export function pythonBool(value: boolean): string {
  return value ? 'True' : 'False';
}

/**
 * Writes integers as Python writes a tuple; `null` is `None`.
 *
 * @example
 * pythonTuple([3]) // => '(3,)'
 */
export function pythonTuple(values: readonly (number | null)[]): string {
  const items = values.map((value) => (value === null ? 'None' : String(value)));
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
}

/**
 * Writes an integer, a tuple of integers or `None`, whichever was given.
 *
 * @example
 * pythonSize([2, 2]) // => '(2, 2)'
 */
export function pythonSize(value: number | null | readonly (number | null)[]): string {
  return typeof value === 'number' ? String(value) : value === null ? 'None' : pythonTuple(value);
}

/**
 * Writes a shape as PyTorch's messages do.
 *
 * @example
 * torchSize([1, 3]) // => 'torch.Size([1, 3])'
 */
export function torchSize(shape: readonly number[]): string {
  return `torch.Size([${shape.join(', ')}])`;
}
