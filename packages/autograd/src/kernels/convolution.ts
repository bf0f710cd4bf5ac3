import { type Bound, numel, permuteView, type View, windowView } from '@flambeau/backend';
import type { ConvAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import { runContraction } from './contraction.ts';
import { copyInto } from './copy.ts';
import { fillStorage } from './elementwise.ts';

/** A view with one axis split into groups (first) and members. */
function splitAxis(view: View, axis: number, groups: number): View {
  const members = (view.shape[axis] as number) / groups;
  const stride = view.strides[axis] as number;
  return {
    shape: view.shape.toSpliced(axis, 1, groups, members),
    strides: view.strides.toSpliced(axis, 1, stride * members, stride),
    offset: view.offset,
  };
}

/** Numbers `from, from + 1, …` (`count` of them). */
function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** The input [n, g·c, …size] seen as [n, g, c, …positions, …kernel]. */
function patches(
  x: View,
  kernel: readonly number[],
  { stride, padding, dilation, positions, groups }: ConvAttributes,
): View {
  const windows = kernel.map((length, d) => ({
    axis: 3 + d,
    kernel: length,
    stride: stride[d] as number,
    dilation: dilation[d] as number,
    padding: padding[d] as number,
    positions: positions[d] as number,
  }));
  return windowView(splitAxis(x, 1, groups), windows);
}

/** Convolution of `x` [n, g·c, …size] by `weight` [g·o, c, …kernel], plus `bias` [g·o], into `out` [n, g·o, …positions]; unrecorded. */
export function runConv(x: Tensor, weight: Tensor, bias: Tensor | null, out: Tensor, attributes: ConvAttributes): void {
  const { groups, positions } = attributes;
  const dims = positions.length;
  const w = splitAxis(weight.layout, 0, groups);
  const [, o, ...k] = w.shape as [number, number, ...number[]];
  const stretched = bias && {
    shape: out.shape,
    strides: out.shape.map((_, axis) => (axis === 1 ? (bias.layout.strides[0] as number) : 0)),
    offset: bias.layout.offset,
  };
  if (bias && stretched && numel(k) === 0) {
    copyInto(out, bias.create(bias.storage, stretched));
    return;
  }
  const places = range(3, dims);
  const order = [1, 2, 0, ...places];
  const shape = {
    batch: [groups],
    m: [o],
    n: [x.shape[0] as number, ...positions],
    k,
    a: w,
    b: permuteView(patches(x.layout, k.slice(1), attributes), [1, 0, ...places, 2, ...range(3 + dims, dims)]),
    out: permuteView(splitAxis(out.layout, 1, groups), order),
  };
  const addend =
    bias && stretched ? { tensor: bias, view: permuteView(splitAxis(stretched, 1, groups), order) } : undefined;
  runContraction(shape, weight, x, out, addend);
}

/** Gradient by the weight, from that of the result and the input; unrecorded. */
export function runConvGradWeight(grad: Tensor, x: Tensor, out: Tensor, attributes: ConvAttributes): void {
  const { groups, positions } = attributes;
  const dims = positions.length;
  const target = splitAxis(out.layout, 0, groups);
  const [, o, ...n] = target.shape as [number, number, ...number[]];
  const places = range(3, dims);
  const shape = {
    batch: [groups],
    m: [o],
    n,
    k: [x.shape[0] as number, ...positions],
    a: permuteView(splitAxis(grad.layout, 1, groups), [1, 2, 0, ...places]),
    b: permuteView(patches(x.layout, n.slice(1), attributes), [1, 2, ...range(3 + dims, dims), 0, ...places]),
    out: target,
  };
  runContraction(shape, grad, x, out);
}

/**
 * A class of input positions along one axis, with the window elements (taps) that touch them. Positions `u` and taps are
 * counted from 0; taps are either summed over or, where windows do not overlap, each writes a position of its own.
 */
interface InputClass {
  /** Number of positions `u`. */
  readonly count: number;
  /** Taps that are summed over, or 1. */
  readonly summed: number;
  /** Taps that write side by side, or 1. */
  readonly written: number;
  /** Input position: start + step·u + written tap. */
  readonly start: number;
  readonly step: number;
  /** Window element of a summed tap: firstTap + tapStep·tap. */
  readonly firstTap: number;
  readonly tapStep: number;
  /** Window position: shift + u + slope·(summed tap). */
  readonly shift: number;
  readonly slope: number;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The classes of input positions along axis `d`; positions in none of them have a gradient of 0. */
function inputClasses(size: number, kernel: number, d: number, attributes: ConvAttributes): InputClass[] {
  const stride = attributes.stride[d] as number;
  const padding = attributes.padding[d] as number;
  const dilation = attributes.dilation[d] as number;
  const positions = attributes.positions[d] as number;
  const apart = kernel <= stride && (dilation === 1 || kernel === 1);
  if (apart && padding === 0 && (positions - 1) * stride + kernel <= size) {
    return [
      {
        count: positions,
        summed: 1,
        written: kernel,
        start: 0,
        step: stride,
        firstTap: 0,
        tapStep: 0,
        shift: 0,
        slope: 0,
      },
    ];
  }
  // Input i and tap k meet in window p where p·stride + k·dilation = i + padding: one class per residue of i + padding.
  const common = gcd(stride, dilation);
  const classes: InputClass[] = [];
  for (let residue = 0; residue < stride; residue++) {
    if (residue % common) continue;
    const tapStep = stride / common;
    let firstTap = 0;
    while (firstTap < tapStep && (firstTap * dilation - residue) % stride) firstTap++;
    const first = Math.max(0, Math.ceil((padding - residue) / stride));
    const start = residue + stride * first - padding;
    if (firstTap >= kernel || start >= size) continue;
    classes.push({
      count: Math.ceil((size - start) / stride),
      summed: Math.ceil((kernel - firstTap) / tapStep),
      written: 1,
      start,
      step: stride,
      firstTap,
      tapStep,
      shift: first + (residue - firstTap * dilation) / stride,
      slope: -dilation / common,
    });
  }
  return classes;
}

/** Every choice of one element per list. */
function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((found, list) => found.flatMap((head) => list.map((item) => [...head, item])), [[]]);
}

/**
 * Gradient by the input, from that of the result and the weight; unrecorded. One contraction per class of input positions:
 * a single one for stride 1, where every position meets every tap, and for windows that do not overlap.
 */
export function runConvGradInput(grad: Tensor, weight: Tensor, out: Tensor, attributes: ConvAttributes): void {
  if (out.numel() === 0) return;
  const sizes = out.shape.slice(2);
  const classes = sizes.map((size, d) => inputClasses(size, weight.shape[2 + d] as number, d, attributes));
  const covered = classes.every((list, d) => list.reduce((sum, c) => sum + c.count * c.written, 0) === sizes[d]);
  if (!covered || grad.numel() === 0) fillStorage(out, out.dtype === 'int64' ? 0n : 0);
  if (grad.numel() === 0) return;
  for (const choice of combinations(classes)) runInputClass(grad, weight, out, attributes, choice);
}

function runInputClass(
  grad: Tensor,
  weight: Tensor,
  out: Tensor,
  { groups, positions }: ConvAttributes,
  axes: readonly InputClass[],
): void {
  const g = splitAxis(grad.layout, 1, groups);
  const w = splitAxis(weight.layout, 0, groups);
  const target = splitAxis(out.layout, 1, groups);
  const [images, , o] = g.shape as [number, number, number];
  const c = w.shape[2] as number;
  const [gradSteps, tapSteps, outSteps] = [g, w, target].map((view) => view.strides.slice(3)) as [
    number[],
    number[],
    number[],
  ];
  const scale = (steps: readonly number[], by: (axis: InputClass) => number): number[] =>
    axes.map((axis, d) => (steps[d] as number) * by(axis));
  const moved = (offset: number, amounts: readonly number[]): number =>
    amounts.reduce((sum, amount) => sum + amount, offset);
  const [counts, summed, written] = [axes.map((a) => a.count), axes.map((a) => a.summed), axes.map((a) => a.written)];

  const m = [c, ...written];
  const n = [images, ...counts];
  const k = [o, ...summed];
  const rank = 1 + n.length + k.length;
  const bounds: Bound[] = [];
  axes.forEach(({ shift, slope, count, summed: taps }, d) => {
    const extent = positions[d] as number;
    if (shift + slope * (taps - 1) >= 0 && shift + count - 1 < extent) return;
    const coefficients = new Array<number>(rank).fill(0);
    coefficients[2 + d] = 1;
    coefficients[2 + axes.length + 1 + d] = slope;
    bounds.push({ start: shift, coefficients, extent });
  });
  const a: View = {
    shape: [groups, ...m, ...k],
    strides: [
      w.strides[0] as number,
      w.strides[2] as number,
      ...tapSteps,
      w.strides[1] as number,
      ...scale(tapSteps, (axis) => axis.tapStep),
    ],
    offset: moved(
      w.offset,
      scale(tapSteps, (axis) => axis.firstTap),
    ),
  };
  const b: View = {
    shape: [groups, ...n, ...k],
    strides: [
      g.strides[1] as number,
      g.strides[0] as number,
      ...gradSteps,
      g.strides[2] as number,
      ...scale(gradSteps, (axis) => axis.slope),
    ],
    offset: moved(
      g.offset,
      scale(gradSteps, (axis) => axis.shift),
    ),
    ...(bounds.length > 0 && { bounds }),
  };
  const result: View = {
    shape: [groups, ...m, ...n],
    strides: [
      target.strides[1] as number,
      target.strides[2] as number,
      ...outSteps,
      target.strides[0] as number,
      ...scale(outSteps, (axis) => axis.step),
    ],
    offset: moved(
      target.offset,
      scale(outSteps, (axis) => axis.start),
    ),
  };
  runContraction({ batch: [groups], m, n, k, a, b, out: result }, weight, grad, out);
}
