import { constantPad, fromArray, type Tensor } from '@flambeau/autograd';
import { ArgumentError, ShapeError } from '@flambeau/backend';
import { describe, requireInteger, requireNumber, requireTensor, shapeText } from '../utils/check.ts';

/** What lies beyond the edge: a value, the mirror image, the edge itself, or the other side. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/** What {@link pad} accepts. */
export interface PadOptions {
  /** `'constant'` when absent. */
  readonly mode?: PadMode;
  /** The value of mode `'constant'`; 0 when absent. */
  readonly value?: number | null;
}

/** One padded axis. */
interface Side {
  readonly axis: number;
  /** Size before padding (elements). */
  readonly size: number;
  readonly before: number;
  readonly after: number;
}

/** For a position along a padded axis, counted from the first element, where its value is read. */
const sources: Readonly<Record<Exclude<PadMode, 'constant'>, (position: number, side: Side) => number>> = {
  reflect: (position, { size }) => {
    const mirrored = Math.abs(position);
    return mirrored < size ? mirrored : 2 * (size - 1) - mirrored;
  },
  replicate: (position, { size }) => Math.min(Math.max(position, 0), size - 1),
  circular: (position, side) => {
    // What is cropped away does not come back on the other side.
    const start = Math.max(-side.before, 0);
    const size = croppedSize(side);
    return start + ((((position - start) % size) + size) % size);
  },
};

/** Size of what is left after cropping, before anything is added. */
function croppedSize({ size, before, after }: Side): number {
  return size + Math.min(before, 0) + Math.min(after, 0);
}

function checkFits(mode: PadMode, side: Side, shape: string): void {
  const { axis, size, before, after } = side;
  if (mode === 'reflect' && (before >= size || after >= size)) {
    throw new ShapeError(
      'pad',
      `Padding size should be less than the corresponding input dimension, but got: padding (${before}, ${after}) at dimension ${axis} of input ${shape}`,
      { ...side },
    );
  }
  if (mode === 'circular' && Math.max(before, after) > croppedSize(side)) {
    throw new ShapeError(
      'pad',
      `Padding value causes wrapping around more than once; got (${before}, ${after}) at dimension ${axis} of input ${shape}.`,
      { ...side },
    );
  }
  if (size === 0) {
    throw new ShapeError(
      'pad',
      `mode '${mode}' needs at least one element to read at dimension ${axis}; got input ${shape}.`,
    );
  }
  if (size + before + after < 1) {
    throw new ShapeError(
      'pad',
      `the padded size must be at least 1; got ${size + before + after} at dimension ${axis} of input ${shape}.`,
      { ...side },
    );
  }
}

/**
 * Extends a tensor beyond its edges; negative amounts crop.
 *
 * @shape input `[...]` → `[...]` with the last `padding.length / 2` sizes larger by what is added
 * @param padding - Elements added before and after, a pair per dimension, last dimension first.
 * @throws {ArgumentError} An odd number of amounts, an amount that is not an integer, or an unknown mode.
 * @throws {ShapeError} More pairs than dimensions, or a dimension too small for the mode.
 * @source PyTorch `nn.functional.pad`.
 * @example
 * pad(tensor([1, 2, 3]), [2, 1], { mode: 'reflect' }) // => [3, 2, 1, 2, 3, 2]
 */
export function pad(input: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  requireTensor('pad', 'input', input);
  const { mode = 'constant' } = options;
  const value = options.value ?? 0;
  if (!Array.isArray(padding) || padding.length % 2 !== 0) {
    throw new ArgumentError('pad', `Padding length must be divisible by 2; got ${describe(padding)}.`, { padding });
  }
  for (const amount of padding) requireInteger('pad', 'padding', amount, Number.MIN_SAFE_INTEGER);
  if (padding.length / 2 > input.ndim) {
    throw new ShapeError(
      'pad',
      `Padding length should be less than or equal to two times the input dimension but got padding length ${padding.length} and input of dimension ${input.ndim}`,
      { shape: input.shape, padding },
    );
  }
  requireNumberOrNaN(value);
  if (mode === 'constant') return constantPad(input, padding, value);
  if (!Object.hasOwn(sources, mode)) {
    throw new ArgumentError('pad', `Unrecognised padding mode ${describe(mode)}`, { mode });
  }
  const shape = shapeText(input);
  const sides = Array.from({ length: padding.length / 2 }, (_, pair): Side => {
    const axis = input.ndim - 1 - pair;
    const [before, after] = [padding[2 * pair] as number, padding[2 * pair + 1] as number];
    return { axis, size: input.shape[axis] as number, before, after };
  }).filter(({ before, after }) => before !== 0 || after !== 0);
  for (const side of sides) checkFits(mode, side, shape);
  return sides.reduce((x, side) => {
    const length = side.size + side.before + side.after;
    const positions = Int32Array.from({ length }, (_, i) => sources[mode](i - side.before, side));
    return x.indexSelect(side.axis, fromArray(positions, [length], { device: x.device }));
  }, input);
}

function requireNumberOrNaN(value: unknown): void {
  if (!Number.isNaN(value)) requireNumber('pad', 'value', value);
}
