import { ShapeError } from './errors.ts';

/** Sizes of the axes, outermost first (elements). */
export type Shape = readonly number[];

/**
 * A linear condition on an index: the element is inside where `0 <= start + Σ coefficients[a]·index[a] < extent`.
 * Padding has one coefficient of 1; a sliding window has two (stride and dilation).
 */
export interface Bound {
  readonly start: number;
  readonly coefficients: readonly number[];
  readonly extent: number;
}

/**
 * How a logical array lies in a buffer: index `i` is element `offset + Σ strides[a]·i[a]`, in elements.
 * Where a bound fails, a read gives the access's fill value and touches no memory.
 */
export interface View {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  readonly bounds?: readonly Bound[];
}

/** Number of elements of a shape; 1 for `[]`. */
export function numel(shape: Shape): number {
  let count = 1;
  for (let axis = 0; axis < shape.length; axis++) count *= shape[axis] as number;
  return count;
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** Row-major strides of a shape. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= Math.max(1, shape[axis] as number);
  }
  return strides;
}

/** A row-major view of a whole buffer. */
export function contiguousView(shape: Shape, offset = 0): View {
  return { shape, strides: contiguousStrides(shape), offset };
}

/** Whether a view walks memory in row-major order without gaps; axes of size 1 do not matter, empty views always do. */
export function isContiguous(view: View): boolean {
  if (view.bounds?.length) return false;
  let step = 1;
  let dense = true;
  for (let axis = view.shape.length - 1; axis >= 0; axis--) {
    const size = view.shape[axis] as number;
    if (size === 0) return true;
    if (size !== 1) {
      if (view.strides[axis] !== step) dense = false;
      step *= size;
    }
  }
  return dense;
}

/** The shape that several shapes broadcast to, or null when they do not. */
export function broadcastShapes(...shapes: readonly Shape[]): number[] | null {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const lead = rank - shape.length;
    for (let axis = 0; axis < shape.length; axis++) {
      const size = shape[axis] as number;
      const known = result[lead + axis] as number;
      if (size === known || size === 1) continue;
      if (known !== 1) return null;
      result[lead + axis] = size;
    }
  }
  return result;
}

/** Repeats axes of size 1 (stride 0) and adds leading axes so that a view has `shape`. */
export function expandView(view: View, shape: Shape): View {
  const lead = shape.length - view.shape.length;
  if (lead < 0)
    throw new ShapeError('expand', `needs at least ${view.shape.length} sizes; got [${shape.join(', ')}].`, { shape });
  const strides = new Array<number>(shape.length).fill(0);
  for (let axis = 0; axis < view.shape.length; axis++) {
    const size = view.shape[axis] as number;
    if (size === shape[lead + axis]) strides[lead + axis] = size === 1 ? 0 : (view.strides[axis] as number);
    else if (size !== 1) {
      throw new ShapeError(
        'expand',
        `sizes must match or be 1; got [${view.shape.join(', ')}] and [${shape.join(', ')}].`,
        { shape },
      );
    }
  }
  // A repeated axis does not move, in the bounds either.
  const lift = (coefficients: readonly number[]): number[] => [
    ...new Array<number>(lead).fill(0),
    ...coefficients.map((c, axis) => (view.shape[axis] === 1 ? 0 : c)),
  ];
  return { shape, strides, offset: view.offset, ...liftBounds(view, lift) };
}

/** Reorders axes: axis `a` of the result is axis `order[a]` of the view. */
export function permuteView(view: View, order: readonly number[]): View {
  const pick = (values: readonly number[]): number[] => order.map((axis) => values[axis] as number);
  return { shape: pick(view.shape), strides: pick(view.strides), offset: view.offset, ...liftBounds(view, pick) };
}

/** The view with one axis replaced by `start, start + step, …` (`size` elements). */
export function sliceView(view: View, axis: number, start: number, size: number, step = 1): View {
  const stride = view.strides[axis] as number;
  return {
    shape: view.shape.with(axis, size),
    strides: view.strides.with(axis, stride * step),
    offset: view.offset + stride * start,
    ...(view.bounds && {
      bounds: view.bounds.map((bound) => {
        const coefficient = bound.coefficients[axis] as number;
        return {
          start: bound.start + coefficient * start,
          coefficients: bound.coefficients.with(axis, coefficient * step),
          extent: bound.extent,
        };
      }),
    }),
  };
}

/** The view at one index of an axis, which disappears. */
export function selectView(view: View, axis: number, index: number): View {
  const sliced = sliceView(view, axis, index, 1);
  const drop = (values: readonly number[]): number[] => values.toSpliced(axis, 1);
  return {
    shape: drop(sliced.shape),
    strides: drop(sliced.strides),
    offset: sliced.offset,
    ...liftBounds(sliced, drop),
  };
}

/** The view with a new axis of size 1 before `axis`. */
export function unsqueezeView(view: View, axis: number): View {
  const insert = (values: readonly number[], value: number): number[] => values.toSpliced(axis, 0, value);
  return {
    shape: insert(view.shape, 1),
    strides: insert(view.strides, 0),
    offset: view.offset,
    ...liftBounds(view, (c) => insert(c, 0)),
  };
}

/**
 * The view with `before` and `after` elements of padding around each axis; padded positions read as the fill value.
 * Amounts may be negative, which crops.
 */
export function padView(view: View, before: readonly number[], after: readonly number[]): View {
  const rank = view.shape.length;
  let offset = view.offset;
  const bounds: Bound[] = (view.bounds ?? []).map((bound) => ({
    ...bound,
    start: bound.start - bound.coefficients.reduce((sum, c, axis) => sum + c * (before[axis] as number), 0),
  }));
  for (let axis = 0; axis < rank; axis++) {
    const lead = before[axis] as number;
    offset -= (view.strides[axis] as number) * lead;
    if (lead > 0 || (after[axis] as number) > 0) {
      bounds.push({ start: -lead, coefficients: unit(rank, axis), extent: view.shape[axis] as number });
    }
  }
  const shape = view.shape.map((size, axis) => size + (before[axis] as number) + (after[axis] as number));
  if (shape.some((size) => size < 0)) {
    throw new ShapeError(
      'pad',
      `must leave sizes of at least 0; got [${shape.join(', ')}] from [${view.shape.join(', ')}]. Crop less.`,
    );
  }
  return { shape, strides: view.strides, offset, ...(bounds.length > 0 && { bounds }) };
}

/** One axis of a sliding window: how the window moves and where it may look. */
export interface WindowAxis {
  /** The axis of the view that is windowed. */
  readonly axis: number;
  /** Window length (elements). */
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before the first element; reads there give the fill value. */
  readonly padding: number;
  /** Number of window positions. */
  readonly positions: number;
}

/**
 * A sliding-window view: each windowed axis becomes its positions, and one trailing axis per windowed axis runs
 * inside the window. Positions outside the array are bounded, so a convolution reads its input through this view.
 */
export function windowView(view: View, windows: readonly WindowAxis[]): View {
  const rank = view.shape.length + windows.length;
  const shape = [...view.shape, ...windows.map((w) => w.kernel)];
  const strides = [...view.strides, ...windows.map((w) => (view.strides[w.axis] as number) * w.dilation)];
  let offset = view.offset;
  const bounds: Bound[] = (view.bounds ?? []).map((bound) => windowBound(bound, windows));
  windows.forEach((window, index) => {
    const { axis, stride, dilation, padding, positions, kernel } = window;
    const size = view.shape[axis] as number;
    const step = view.strides[axis] as number;
    shape[axis] = positions;
    strides[axis] = step * stride;
    offset -= step * padding;
    const last = (positions - 1) * stride + (kernel - 1) * dilation - padding;
    if (padding > 0 || last >= size) {
      const coefficients = new Array<number>(rank).fill(0);
      coefficients[axis] = stride;
      coefficients[view.shape.length + index] = dilation;
      bounds.push({ start: -padding, coefficients, extent: size });
    }
  });
  return bounds.length ? { shape, strides, offset, bounds } : { shape, strides, offset };
}

/** A bound of a view as the windows see it: index `a` becomes `position·stride + inside·dilation - padding`. */
function windowBound(bound: Bound, windows: readonly WindowAxis[]): Bound {
  const coefficients = [...bound.coefficients, ...windows.map(() => 0)];
  let start = bound.start;
  windows.forEach(({ axis, stride, dilation, padding }, index) => {
    const c = bound.coefficients[axis] as number;
    start -= c * padding;
    coefficients[axis] = c * stride;
    coefficients[bound.coefficients.length + index] = c * dilation;
  });
  return { start, coefficients, extent: bound.extent };
}

/**
 * A view with another shape over the same elements in the same order, or null when memory does not allow it.
 * `shape` must have the same number of elements.
 */
export function reshapeView(view: View, shape: Shape): View | null {
  if (view.bounds?.length) return null;
  if (isContiguous(view)) return contiguousView(shape, view.offset);
  const strides = new Array<number>(shape.length).fill(0);
  const oldSizes: number[] = [];
  const oldStrides: number[] = [];
  view.shape.forEach((size, axis) => {
    if (size === 1) return;
    oldSizes.push(size);
    oldStrides.push(view.strides[axis] as number);
  });
  let next = shape.length - 1;
  let axis = oldSizes.length - 1;
  while (axis >= 0) {
    let chunk = oldSizes[axis] as number;
    const step = oldStrides[axis] as number;
    while (axis > 0 && oldStrides[axis - 1] === step * chunk) {
      axis--;
      chunk *= oldSizes[axis] as number;
    }
    axis--;
    let covered = 1;
    while (next >= 0 && (covered < chunk || shape[next] === 1)) {
      strides[next] = step * covered;
      covered *= shape[next] as number;
      next--;
    }
    if (covered !== chunk) return null;
  }
  for (; next >= 0; next--) if (shape[next] !== 1) return null;
  return { shape, strides, offset: view.offset };
}

/** The smallest and largest element that a view without bounds touches, or null when it is empty. */
export function viewRange(view: View): readonly [number, number] | null {
  let low = view.offset;
  let high = view.offset;
  for (let axis = 0; axis < view.shape.length; axis++) {
    const size = view.shape[axis] as number;
    if (size === 0) return null;
    const reach = (view.strides[axis] as number) * (size - 1);
    if (reach < 0) low += reach;
    else high += reach;
  }
  return [low, high];
}

function unit(rank: number, axis: number): number[] {
  const result = new Array<number>(rank).fill(0);
  result[axis] = 1;
  return result;
}

function liftBounds(
  view: View,
  lift: (coefficients: readonly number[]) => number[],
): { bounds: readonly Bound[] } | undefined {
  return view.bounds && { bounds: view.bounds.map((b) => ({ ...b, coefficients: lift(b.coefficients) })) };
}
