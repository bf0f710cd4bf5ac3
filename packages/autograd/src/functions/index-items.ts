import { ArgumentError, IndexError } from '@flambeau/backend';
import { describe } from '../core/arguments.ts';
import { emptyLike, isTensor, requireSameDevice } from '../core/dispatch.ts';
import type { Tensor } from '../tensor.ts';
import { atLeast1d, indexTensor, integers, readNow, requireInside } from './index-arguments.ts';
import { maskVectors, nonzeroAsync } from './masked.ts';
import { reshape, select, slice, unsqueeze } from './movement.ts';

/**
 * One item of an index: a position, a slice as text (`':'`, `'1:3'`, `'::2'`), `'...'` for all axes that are not named,
 * `null` for a new axis, positions (int32 or int64 tensor, list of numbers), or a mask (bool tensor, list of booleans, boolean).
 */
export type IndexItem = number | string | null | boolean | Tensor | readonly number[] | readonly boolean[];

/** What items make of a tensor: a view by the basic ones, then index tensors for some of its axes. */
export interface ParsedIndex {
  readonly view: Tensor;
  /** Axes of the view that are indexed by tensors, ascending. */
  readonly axes: readonly number[];
  /** One int32 tensor per axis, checked. */
  readonly indices: readonly Tensor[];
}

const SLICE = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?$/;

/** Start, end and step of a slice in text. @throws {ArgumentError} No slice. */
function parseSlice(op: string, text: string): { start: number | null; end: number | null; step: number } {
  const match = SLICE.exec(text);
  if (!match) throw new ArgumentError(op, `a slice must look like ':', '1:3' or '::2'; got '${text}'.`);
  const [, start, end, step] = match;
  const value = (part: string | undefined): number | null => (part === undefined ? null : Number(part));
  const stride = value(step) ?? 1;
  if (stride <= 0) throw new ArgumentError(op, `step must be greater than zero; got '${text}'. Use flip() to reverse.`);
  return { start: value(start), end: value(end), step: stride };
}

/** Lists become tensors; anything that is no item is refused. */
function normalizeItem(op: string, x: Tensor, item: IndexItem): number | string | null | boolean | Tensor {
  if (item === null || isTensor(item) || typeof item === 'string' || typeof item === 'boolean')
    return item as string | null | boolean | Tensor;
  if (typeof item === 'number' && Number.isSafeInteger(item)) return item;
  if (Array.isArray(item)) {
    if (item.length > 0 && item.every((value) => typeof value === 'boolean')) return maskOf(x, item as boolean[]);
    if (item.every((value) => Number.isSafeInteger(value))) return integers(x, item as number[]);
  }
  throw new ArgumentError(
    op,
    `only integers, slices (':'), '...', null and int or bool Tensors are valid indices; got ${describe(item)}.`,
  );
}

/** The positions of a list's true values, marked with the length that the axis must have. */
function maskOf(x: Tensor, values: readonly boolean[]): Tensor {
  const mask = emptyLike(x, [values.length], 'bool');
  mask.runtime.backend.write(mask.buffer, Uint8Array.from(values, Number));
  return mask;
}

/** How many axes of the tensor an item uses up. */
function consumed(item: number | string | null | boolean | Tensor): number {
  if (item === null || item === '...' || typeof item === 'boolean') return 0;
  return isTensor(item) && item.dtype === 'bool' ? item.ndim : 1;
}

/** A single position that can be read now; null for index tensors with axes, masks, and devices that cannot be read at once. */
function positionOf(op: string, item: Tensor): number | null {
  if (item.ndim > 0 || item.dtype === 'bool' || !item.runtime.backend.readSync) return null;
  return Number(readNow(op, indexTensor(op, item), '')[0]);
}

/** Positions of the true elements of masks, one vector per axis. */
export type KnownMasks = ReadonlyMap<Tensor, readonly Tensor[]>;

/** Items with their masks, whose positions are found without reading at once. */
export interface AwaitedItems {
  readonly items: readonly IndexItem[];
  readonly known: KnownMasks;
}

/** Finds the positions of the masks among items, waiting for their counts. @throws As {@link parseItems}. */
export async function awaitMasks(op: string, x: Tensor, items: readonly IndexItem[]): Promise<AwaitedItems> {
  const list = items.map((item) => normalizeItem(op, x, item));
  const masks = list.filter((item) => isTensor(item) && item.dtype === 'bool') as Tensor[];
  const positions = await Promise.all(masks.map((mask) => nonzeroAsync(mask, { asTuple: true })));
  return { items: list, known: new Map(masks.map((mask, i) => [mask, positions[i] as Tensor[]])) };
}

/** A mask, and the view whose elements it chooses. */
export interface SingleMask {
  readonly view: Tensor;
  /** Broadcasts to the view. */
  readonly mask: Tensor;
  /** Number of the view's axes behind those of the mask. */
  readonly rest: number;
}

/** The only mask among basic items; null where there are other index tensors. Nothing asks how many elements are true. */
export function singleMask(op: string, x: Tensor, items: readonly IndexItem[]): SingleMask | null {
  const list = items.map((item) => normalizeItem(op, x, item));
  const tensors = list.filter((item) => isTensor(item) || typeof item === 'boolean');
  const [mask] = tensors;
  if (tensors.length !== 1 || !isTensor(mask) || mask.dtype !== 'bool') return null;
  // The mask's axes as whole slices: what is left of the view is the same.
  const whole = list.flatMap((item) => (item === mask ? mask.shape.map(() => ':') : [item as IndexItem]));
  const { view } = parseItems(op, x, whole);
  const before = list.slice(0, list.indexOf(mask));
  const ahead = before.includes('...')
    ? view.ndim - mask.ndim - list.slice(before.length + 1).filter(staysAxis).length
    : before.filter(staysAxis).length;
  mask.shape.forEach((size, i) => requireMaskSize(op, view, ahead, mask, size, i));
  const rest = view.ndim - ahead - mask.ndim;
  return { view, mask: reshape(mask, [...mask.shape, ...new Array<number>(rest).fill(1)]), rest };
}

/** Whether an item leaves an axis in the view: a position does not. */
function staysAxis(item: unknown): boolean {
  return item === null || typeof item === 'string';
}

function requireMaskSize(op: string, view: Tensor, axis: number, mask: Tensor, size: number, i: number): void {
  if (size === view.shape[axis + i]) return;
  throw new IndexError(
    op,
    `The shape of the mask [${mask.shape.join(', ')}] at index ${i} does not match the shape of the indexed tensor [${view.shape.join(', ')}] at index ${axis + i}.`,
  );
}

/**
 * Applies the basic items to a tensor, which gives a view, and collects the index tensors.
 *
 * @param known - Positions of masks that were found before.
 * @throws {IndexError} Too many items, a position outside its axis, or a mask of another shape.
 * @throws {ArgumentError} An item is of no known kind.
 */
export function parseItems(
  op: string,
  x: Tensor,
  items: readonly IndexItem[],
  known: KnownMasks = new Map(),
): ParsedIndex {
  const list = items.map((item) => normalizeItem(op, x, item));
  requireSameDevice(op, [x, ...list.filter(isTensor)]);
  const used = list.reduce((sum: number, item) => sum + consumed(item), 0);
  if (used > x.ndim)
    throw new IndexError(op, `too many indices for tensor of dimension ${x.ndim}.`, { shape: x.shape });
  if (list.filter((item) => item === '...').length > 1)
    throw new IndexError(op, "an index can only have a single ellipsis ('...').");
  let view = x;
  let axis = 0;
  const found: { axis: number; index: Tensor }[] = [];
  for (const item of list) {
    if (item === '...') axis += x.ndim - used;
    else if (item === null) view = unsqueeze(view, axis++);
    else if (typeof item === 'number') view = selectAt(op, view, axis, item);
    else if (typeof item === 'boolean') {
      view = unsqueeze(view, axis);
      found.push({ axis: axis++, index: integers(x, item ? [0] : []) });
    } else if (typeof item === 'string') {
      const { start, end, step } = parseSlice(op, item);
      const whole = step === 1 && start === null && end === null;
      if (!whole) view = slice(view, axis, start, end, step);
      axis++;
    } else if (item.dtype === 'bool') {
      if (item.ndim === 0) view = unsqueeze(view, axis);
      for (const index of maskIndices(op, view, axis, item, known)) found.push({ axis: axis++, index });
    } else {
      const position = positionOf(op, item);
      if (position !== null) {
        view = selectAt(op, view, axis, position);
        continue;
      }
      const index = indexTensor(op, item);
      requireInside(op, index, axis, view.shape[axis] as number, true);
      found.push({ axis: axis++, index });
    }
  }
  return { view, axes: found.map((entry) => entry.axis), indices: found.map((entry) => entry.index) };
}

/** `select` that complains in the words of indexing. */
function selectAt(op: string, view: Tensor, axis: number, position: number): Tensor {
  const size = view.shape[axis] as number;
  if (position < -size || position >= size) {
    throw new IndexError(op, `index ${position} is out of bounds for dimension ${axis} with size ${size}.`, {
      index: position,
      size,
    });
  }
  return select(view, axis, position);
}

/** Positions of a mask's true elements, one vector per axis. @throws {IndexError} The mask has another shape than the axes it covers. */
function maskIndices(op: string, view: Tensor, axis: number, mask: Tensor, known: KnownMasks): readonly Tensor[] {
  atLeast1d(mask.shape).forEach((size, i) => requireMaskSize(op, view, axis, mask, size, i));
  return known.get(mask) ?? maskVectors(op, mask);
}
