import {
  cast,
  computeDType,
  constant,
  type DType,
  dtypes,
  type Expr,
  gather,
  index,
  inputAccess,
  isFloat,
  type LoopKernel,
  load,
  numel,
  op,
  outputAccess,
  scalar,
  stage,
  stepsOf,
  type Value,
  type View,
  type WindowAxis,
  windowView,
} from '@flambeau/backend';
import type { AdaptivePoolAttributes, AveragePoolAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import { collapse } from './collapse.ts';
import { fillStorage } from './elementwise.ts';

/** Whole numbers in kernels. */
const int = (value: number): Expr => constant(value, 'int32');
const atLeast = (a: Expr, b: Expr): Expr => op('max', a, b);
const atMost = (a: Expr, b: Expr): Expr => op('min', a, b);
const plus = (a: Expr, b: Expr): Expr => op('add', a, b);
const minus = (a: Expr, b: Expr): Expr => op('sub', a, b);
const times = (a: Expr, b: Expr): Expr => op('mul', a, b);
const product = (factors: readonly Expr[]): Expr => factors.reduce(times);

/** The axes of a view with its planes (leading axes) merged as far as all operands allow. */
interface Planes {
  readonly extents: readonly number[];
  /** Strides over the planes, per operand. */
  readonly strides: readonly (readonly number[])[];
}

function planesOf(x: Tensor, dims: number, others: readonly Tensor[]): Planes {
  const lead = x.ndim - dims;
  return collapse(
    x.shape.slice(0, lead),
    [x, ...others].map((tensor) => tensor.layout.strides.slice(0, lead)),
  );
}

/** The spatial part of a tensor's view after merged planes. */
function withPlanes(planes: Planes, operand: number, layout: View, dims: number): View {
  const lead = layout.shape.length - dims;
  return {
    shape: [...planes.extents, ...layout.shape.slice(lead)],
    strides: [...(planes.strides[operand] as readonly number[]), ...layout.strides.slice(lead)],
    offset: layout.offset,
  };
}

function stepsText(views: readonly View[]): string {
  return views
    .map(
      (view) =>
        `${stepsOf(view)
          .map((step) => step.charAt(0))
          .join('')}${view.bounds?.length ?? 0}`,
    )
    .join();
}

/** Windows moved to the axes that follow merged planes. */
function movedWindows(windows: readonly WindowAxis[], rank: number): WindowAxis[] {
  return windows.map((window, d) => ({ ...window, axis: rank + d }));
}

/**
 * Largest value of each window into `values` and, unless null, its position in the plane into `positions` (int32);
 * unrecorded. NaN wins, the first of equal values is taken, padding never is.
 */
export function runMaxPool(x: Tensor, windows: readonly WindowAxis[], values: Tensor, positions: Tensor | null): void {
  if (values.numel() === 0) return;
  const dims = windows.length;
  const outputs = positions ? [values, positions] : [values];
  const planes = planesOf(x, dims, outputs);
  const rank = planes.extents.length;
  const plane = withPlanes(planes, 0, x.layout, dims);
  const seen = windowView(plane, movedWindows(windows, rank));
  const written = outputs.map((out, i) => withPlanes(planes, 1 + i, out.layout, dims));
  const kernel = windows.map((window) => window.kernel);
  const size = x.shape.slice(x.ndim - dims);
  const places = seen.shape.slice(0, rank + dims);
  const anywhere = gatherView(plane, dims, places.slice(rank), []);
  const build = (): LoopKernel => {
    const low = isFloat(x.dtype) ? Number.NEGATIVE_INFINITY : dtypes[x.dtype].min;
    const chosen = chosenElement(stage(0), kernel, rank, seen.bounds !== undefined);
    const kept = windows.map((_, d) => stage(1 + d));
    return {
      kind: 'loop',
      outer: rank + dims,
      inputs: [x.dtype],
      outputs: outputs.map((out) => out.dtype),
      scalars: windows.flatMap((): DType[] => ['int32', 'int32', 'int32', 'int32']),
      accesses: positions
        ? [
            inputAccess(0, seen, low),
            inputAccess(0, anywhere, low),
            outputAccess(0, written[0] as View),
            outputAccess(1, written[1] as View),
          ]
        : [inputAccess(0, seen, low), outputAccess(0, written[0] as View)],
      stages: positions
        ? [
            { kind: 'reduce', op: 'argmax', inner: dims, expr: load(0) },
            ...chosen.map((expr): LoopKernel['stages'][number] => ({ kind: 'reduce', op: 'sum', inner: 0, expr })),
            { kind: 'store', access: 2, inner: 0, expr: gather(1, kept) },
            { kind: 'store', access: 3, inner: 0, expr: planePosition(kept) },
          ]
        : [
            { kind: 'reduce', op: 'max', inner: dims, expr: load(0) },
            { kind: 'store', access: 1, inner: 0, expr: stage(0) },
          ],
    };
  };
  const steps = stepsText([seen, anywhere, ...written]);
  const executable = x.runtime.prepare(`maxPool|${x.dtype}|${rank}|${kernel}|${steps}`, build);
  x.runtime.realize(
    executable,
    [x, ...outputs].map((t) => t.buffer),
    {
      extents: [...places, ...kernel],
      views: positions ? [seen, anywhere, ...written] : [seen, ...written],
      scalars: windows.flatMap((w, d) => [w.stride, w.dilation, w.padding, size[d] as number]),
    },
  );
}

/** Scalars of a window axis in a kernel of maxima: stride, dilation, padding and size. */
function windowScalars(d: number): [Expr, Expr, Expr, Expr] {
  return [scalar(4 * d), scalar(4 * d + 1), scalar(4 * d + 2), scalar(4 * d + 3)];
}

/** Coordinates in the plane of element `chosen` of the window. */
function chosenElement(chosen: Expr, kernel: readonly number[], rank: number, padded: boolean): Expr[] {
  let rest = chosen;
  const coordinates: Expr[] = [];
  for (let d = kernel.length - 1; d >= 0; d--) {
    const [stride, dilation, padding] = windowScalars(d);
    // The width is a constant, because division by one is cheap.
    const width = int(kernel[d] as number);
    const above = d > 0 ? op('truncDiv', rest, width) : rest;
    const inside = d > 0 ? minus(rest, times(above, width)) : rest;
    rest = above;
    const start = minus(times(index(rank + d), stride), padding);
    // Where all elements are -infinity the first one may be padding: the first element inside is taken then.
    const first = op('floorDiv', plus(minus(int(0), start), minus(dilation, int(1))), dilation);
    const element = padded ? atLeast(inside, first) : inside;
    coordinates.unshift(plus(start, times(element, dilation)));
  }
  return coordinates;
}

/** Position in the plane of some coordinates, or -1 where the window has padding only (which dilation allows). */
function planePosition(coordinates: readonly Expr[]): Expr {
  const size = (d: number): Expr => windowScalars(d)[3];
  const position = coordinates.reduce((above, coordinate, d) => plus(times(above, size(d)), coordinate));
  return coordinates.reduce(
    (inside, coordinate, d) => op('where', op('lt', coordinate, size(d)), inside, int(-1)),
    position,
  );
}

/** Number of elements that divide a window's sum, when it is the same for every window. */
function uniformDivisor(
  { windows, countIncludePad, divisor }: AveragePoolAttributes,
  size: readonly number[],
): number | null {
  if (divisor !== null) return divisor;
  const whole = windows.every(({ kernel, stride, padding, positions }, d) => {
    const end = (positions - 1) * stride - padding + kernel;
    return (countIncludePad || padding === 0) && end <= (size[d] as number) + padding;
  });
  return whole ? numel(windows.map((window) => window.kernel)) : null;
}

/** Numbers of one window axis in a kernel of averages: scalars stride, padding, kernel, size from `slot` on. */
function windowLength(position: Expr, slot: number, includePad: boolean): Expr {
  const [stride, padding, kernel, size] = [0, 1, 2, 3].map((i) => scalar(slot + i)) as [Expr, Expr, Expr, Expr];
  const start = minus(times(position, stride), padding);
  const end = plus(start, kernel);
  return includePad ? minus(atMost(end, plus(size, padding)), start) : minus(atMost(end, size), atLeast(start, int(0)));
}

const averageScalars = (windows: readonly WindowAxis[], size: readonly number[]): number[] =>
  windows.flatMap((w, d) => [w.stride, w.padding, w.kernel, size[d] as number]);

/** Average of each window into `out`, towards 0 for whole numbers; unrecorded. */
export function runAveragePool(x: Tensor, out: Tensor, attributes: AveragePoolAttributes): void {
  if (out.numel() === 0) return;
  const { windows, countIncludePad } = attributes;
  const dims = windows.length;
  const size = x.shape.slice(x.ndim - dims);
  const planes = planesOf(x, dims, [out]);
  const rank = planes.extents.length;
  const seen = windowView(withPlanes(planes, 0, x.layout, dims), movedWindows(windows, rank));
  const written = withPlanes(planes, 1, out.layout, dims);
  const work = computeDType(x.dtype);
  const uniform = uniformDivisor(attributes, size);
  const mode = uniform === null ? (countIncludePad ? 'p' : 'i') : 'u';
  const build = (): LoopKernel => {
    const lengths = windows.map((_, d) => windowLength(index(rank + d), 4 * d, countIncludePad));
    const divisor = uniform === null ? cast(product(lengths), work) : scalar(0);
    return {
      kind: 'loop',
      outer: rank + dims,
      inputs: [x.dtype],
      outputs: [out.dtype],
      scalars: uniform === null ? windows.flatMap((): DType[] => ['int32', 'int32', 'int32', 'int32']) : [work],
      accesses: [inputAccess(0, seen, work === 'int64' ? 0n : 0), outputAccess(0, written)],
      stages: [
        { kind: 'reduce', op: 'sum', inner: dims, expr: load(0) },
        { kind: 'store', access: 1, inner: 0, expr: op(isFloat(work) ? 'div' : 'truncDiv', stage(0), divisor) },
      ],
    };
  };
  const executable = x.runtime.prepare(
    `avgPool|${mode}|${x.dtype}|${rank}|${dims}|${stepsText([seen, written])}`,
    build,
  );
  const scalars: Value[] =
    uniform === null ? averageScalars(windows, size) : [work === 'int64' ? BigInt(uniform) : uniform];
  x.runtime.realize(executable, [x.buffer, out.buffer], { extents: seen.shape, views: [seen, written], scalars });
}

/** A view with unmoving axes for `targets` and `taps`, and the tensor's own spatial axes at the end for computed indices. */
function gatherView(source: View, dims: number, targets: readonly number[], taps: readonly number[]): View {
  const rank = source.shape.length - dims;
  const still = [...targets, ...taps];
  return {
    shape: [...source.shape.slice(0, rank), ...still, ...source.shape.slice(rank)],
    strides: [...source.strides.slice(0, rank), ...still.map(() => 0), ...source.strides.slice(rank)],
    offset: source.offset,
  };
}

/** A kernel that sums elements at computed places: one output element per target, `taps` reads each. */
interface GatheredSum {
  readonly name: string;
  readonly taps: readonly number[];
  readonly scalars: readonly { readonly dtype: DType; readonly value: Value }[];
  /** Place along axis `d`, from the target's index and the tap's; -1 for none. */
  readonly place: (d: number, target: Expr, tap: Expr) => Expr;
  /** Divisor of an element that is read, by its places. */
  readonly before?: (places: readonly Expr[]) => Expr;
  /** Divisor of a sum, by the target's indices. */
  readonly after?: (targets: readonly Expr[]) => Expr;
}

function runGatheredSum(x: Tensor, out: Tensor, sum: GatheredSum): void {
  if (out.numel() === 0) return;
  if (x.numel() === 0) {
    fillStorage(out, 0);
    return;
  }
  const dims = sum.taps.length;
  const planes = planesOf(x, dims, [out]);
  const rank = planes.extents.length;
  const written = withPlanes(planes, 1, out.layout, dims);
  const targets = written.shape.slice(rank);
  const seen = gatherView(withPlanes(planes, 0, x.layout, dims), dims, targets, sum.taps);
  const work = computeDType(x.dtype);
  const build = (): LoopKernel => {
    const axes = targets.map((_, d) => index(rank + d));
    const places = axes.map((axis, d) => sum.place(d, axis, index(rank + dims + d)));
    const read = gather(0, places);
    const term = sum.before ? op('div', read, cast(sum.before(places), work)) : read;
    return {
      kind: 'loop',
      outer: rank + dims,
      inputs: [x.dtype],
      outputs: [out.dtype],
      scalars: sum.scalars.map((s) => s.dtype),
      accesses: [inputAccess(0, seen), outputAccess(0, written)],
      stages: [
        { kind: 'reduce', op: 'sum', inner: dims, expr: term },
        {
          kind: 'store',
          access: 1,
          inner: 0,
          expr: sum.after ? op('div', stage(0), cast(sum.after(axes), work)) : stage(0),
        },
      ],
    };
  };
  const executable = x.runtime.prepare(`${sum.name}|${x.dtype}|${rank}|${dims}|${stepsText([seen, written])}`, build);
  x.runtime.realize(executable, [x.buffer, out.buffer], {
    extents: [...written.shape, ...sum.taps],
    views: [seen, written],
    scalars: sum.scalars.map((s) => s.value),
  });
}

/** Gradient of {@link runAveragePool} by its input into `out`; unrecorded. */
export function runAveragePoolGrad(grad: Tensor, out: Tensor, attributes: AveragePoolAttributes): void {
  const { windows, countIncludePad } = attributes;
  const size = out.shape.slice(out.ndim - windows.length);
  const uniform = uniformDivisor(attributes, size);
  const scalars: GatheredSum['scalars'] = averageScalars(windows, size).map((value) => ({ dtype: 'int32', value }));
  // Windows that reach element i start at the last window not after it, and go back from there.
  const place = (d: number, target: Expr, tap: Expr): Expr => {
    const [stride, padding, kernel] = [0, 1, 2].map((i) => scalar(4 * d + i)) as [Expr, Expr, Expr];
    const at = plus(target, padding);
    const window = minus(op('floorDiv', at, stride), tap);
    return op('where', op('lt', minus(at, times(window, stride)), kernel), window, int(-1));
  };
  const common = { taps: windows.map((w) => Math.ceil(w.kernel / w.stride)), place };
  if (uniform !== null) {
    const slot = scalars.length;
    const work = computeDType(grad.dtype);
    const divided = [...scalars, { dtype: work, value: uniform }];
    runGatheredSum(grad, out, { ...common, name: 'avgPoolGrad|u', scalars: divided, after: () => scalar(slot) });
  } else {
    // A place outside may have a length of 0, and 0 / 0 would spoil the sum.
    const before = (places: readonly Expr[]): Expr =>
      product(places.map((at, d) => atLeast(windowLength(at, 4 * d, countIncludePad), int(1))));
    runGatheredSum(grad, out, { ...common, name: `avgPoolGrad|${countIncludePad ? 'p' : 'i'}`, scalars, before });
  }
}

/** First element of an adaptive window, and the one after its last. */
const adaptiveStart = (target: Expr, from: Expr, to: Expr): Expr => op('floorDiv', times(target, from), to);
const adaptiveEnd = (target: Expr, from: Expr, to: Expr): Expr =>
  op('floorDiv', plus(times(plus(target, int(1)), from), minus(to, int(1))), to);

/** Sums over adaptive windows, divided as the attributes say, into `out`; unrecorded. */
export function runAdaptivePool(x: Tensor, out: Tensor, { size, divide }: AdaptivePoolAttributes): void {
  const source = x.shape.slice(x.ndim - size.length);
  const taps = source.map((from, d) => {
    const to = size[d] as number;
    let longest = 0;
    for (let i = 0; i < to; i++)
      longest = Math.max(longest, Math.ceil(((i + 1) * from) / to) - Math.floor((i * from) / to));
    return longest;
  });
  const sizes = (d: number): [Expr, Expr] => [scalar(2 * d), scalar(2 * d + 1)];
  const lengths = (at: readonly Expr[], swap: boolean): Expr =>
    product(
      at.map((target, d) => {
        const [from, to] = swap ? (sizes(d).reverse() as [Expr, Expr]) : sizes(d);
        return minus(adaptiveEnd(target, from, to), adaptiveStart(target, from, to));
      }),
    );
  runGatheredSum(x, out, {
    name: `adaptivePool|${divide}`,
    taps,
    scalars: source.flatMap((from, d) => [
      { dtype: 'int32', value: from } as const,
      { dtype: 'int32', value: size[d] as number } as const,
    ]),
    place: (d, target, tap) => {
      const at = plus(adaptiveStart(target, ...sizes(d)), tap);
      return op('where', op('lt', at, adaptiveEnd(target, ...sizes(d))), at, int(-1));
    },
    ...(divide === 'before'
      ? { before: (places) => lengths(places, true) }
      : { after: (targets) => lengths(targets, false) }),
  });
}
