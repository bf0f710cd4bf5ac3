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

/** For a position along a padded axis of `size` elements, where its value is read. */
const sources: Readonly<Record<Exclude<PadMode, 'constant'>, (position: number, size: number) => number>> = {
  reflect: (position, size) => {
    const mirrored = Math.abs(position);
    return mirrored < size ? mirrored : 2 * (size - 1) - mirrored;
  },
  replicate: (position, size) => Math.min(Math.max(position, 0), size - 1),
  circular: (position, size) => ((position % size) + size) % size,
};

function checkFits(mode: PadMode, axis: number, size: number, before: number, after: number, shape: string): void {
  if (mode === 'reflect' && (before >= size || after >= size)) {
    throw new ShapeError(
      'pad',
      `Padding size should be less than the corresponding input dimension, but got: padding (${before}, ${after}) at dimension ${axis} of input ${shape}`,
      { axis, size, before, after },
    );
  }
  if (mode === 'circular' && (before > size || after > size)) {
    throw new ShapeError(
      'pad',
      `Padding value causes wrapping around more than once; got (${before}, ${after}) at dimension ${axis} of input ${shape}.`,
      {
        axis,
        size,
        before,
        after,
      },
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
      { axis, size, before, after },
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
  const axes = Array.from({ length: padding.length / 2 }, (_, pair) => ({
    axis: input.ndim - 1 - pair,
    before: padding[2 * pair] as number,
    after: padding[2 * pair + 1] as number,
  })).filter(({ before, after }) => before !== 0 || after !== 0);
  for (const { axis, before, after } of axes) checkFits(mode, axis, input.shape[axis] as number, before, after, shape);
  return axes.reduce((x, { axis, before, after }) => {
    const size = x.shape[axis] as number;
    const positions = Int32Array.from({ length: size + before + after }, (_, i) => sources[mode](i - before, size));
    return x.indexSelect(axis, fromArray(positions, [positions.length], { device: x.device }));
  }, input);
}

function requireNumberOrNaN(value: unknown): void {
  if (!Number.isNaN(value)) requireNumber('pad', 'value', value);
}
