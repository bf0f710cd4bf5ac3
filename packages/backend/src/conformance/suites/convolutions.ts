import { describe } from 'vitest';
import type { DType } from '../../dtype.ts';
import { load, op, stage } from '../../expr.ts';
import { contiguousStrides, contiguousView, numel, permuteView, type View, windowView } from '../../view.ts';
import type { Draw } from '../draw.ts';
import { CaseBuilder, type KernelCase } from '../kernel-case.ts';
import { layAs, room } from '../layouts.ts';
import type { Session } from '../session.ts';
import { wholeValues } from '../values.ts';

/** A convolution of one to three dimensions. */
interface Convolution {
  readonly images: number;
  readonly groups: number;
  /** Input and output channels of each group. */
  readonly channels: readonly [number, number];
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
}

/** Number of window positions along each dimension. */
function positionsOf({ size, kernel, stride, dilation, padding }: Convolution): number[] {
  return size.map((length, d) => {
    const reach = (dilation[d] as number) * ((kernel[d] as number) - 1) + 1;
    return Math.max(0, Math.floor((length + 2 * (padding[d] as number) - reach) / (stride[d] as number)) + 1);
  });
}

/** The input, [images, groups, channels, …size], seen as [groups, images, …positions, channels, …kernel]. */
function patches(c: Convolution, positions: readonly number[]): View {
  const dims = c.size.length;
  const base = contiguousView([c.images, c.groups, c.channels[0], ...c.size]);
  const windows = windowView(
    base,
    c.size.map((_, d) => ({
      axis: 3 + d,
      kernel: c.kernel[d] as number,
      stride: c.stride[d] as number,
      dilation: c.dilation[d] as number,
      padding: c.padding[d] as number,
      positions: positions[d] as number,
    })),
  );
  const spatial = c.size.map((_, d) => 3 + d);
  return permuteView(windows, [1, 0, ...spatial, 2, ...spatial.map((axis) => axis + dims)]);
}

/** Forward convolution: batch = groups, m = images and positions, n = output channels, k = channels and kernel. */
function forward(c: Convolution, dtype: DType, draw: Draw): KernelCase {
  const positions = positionsOf(c);
  const dims = c.size.length;
  const [cin, cout] = c.channels;
  const x = wholeValues(dtype, c.images * c.groups * cin * numel(c.size), draw, 3);
  const w = wholeValues(dtype, c.groups * cout * cin * numel(c.kernel), draw, 3);
  const builder = new CaseBuilder();
  const source = layAs(dtype, x, [x.length], 'contiguous', draw);
  const weight = layAs(dtype, w, [c.groups, cout, cin, ...c.kernel], 'contiguous', draw);
  builder.read(builder.input(dtype, source.array), patches(c, positions));
  builder.read(builder.input(dtype, weight.array), weight.view);
  const stored = [c.images, c.groups, cout, ...positions];
  const out = room(dtype, stored, 'contiguous', draw);
  const spatial = positions.map((_, d) => 3 + d);
  const target = { shape: stored, strides: contiguousStrides(stored), offset: 0 };
  builder.write(builder.output(dtype, out.array), permuteView(target, [1, 0, ...spatial, 2]));
  const result = [c.groups, c.images, ...positions, cout];
  const bias = layAs(dtype, wholeValues(dtype, c.groups * cout, draw), [c.groups * cout], 'contiguous', draw);
  const strides = result.map((_, axis) => (axis === 0 ? cout : axis === result.length - 1 ? 1 : 0));
  const added = load(builder.read(builder.input(dtype, bias.array), { shape: result, strides, offset: 0 }));
  const axes = { batch: 1, m: 1 + dims, n: 1, k: 1 + dims };
  const extents = [c.groups, c.images, ...positions, cout, cin, ...c.kernel];
  return builder.contraction(axes, extents, op('add', stage(0), added));
}

/** The gradient by the weight: k = images and positions, read through the same windows. */
function byWeight(c: Convolution, dtype: DType, draw: Draw): KernelCase {
  const positions = positionsOf(c);
  const dims = c.size.length;
  const [cin, cout] = c.channels;
  const x = wholeValues(dtype, c.images * c.groups * cin * numel(c.size), draw, 2);
  const g = wholeValues(dtype, c.images * c.groups * cout * numel(positions), draw, 2);
  const builder = new CaseBuilder();
  const gradient = layAs(dtype, g, [c.images, c.groups, cout, ...positions], 'contiguous', draw);
  const source = layAs(dtype, x, [x.length], 'contiguous', draw);
  const spatial = positions.map((_, d) => 3 + d);
  builder.read(builder.input(dtype, gradient.array), permuteView(gradient.view, [1, 2, 0, ...spatial]));
  const seen = patches(c, positions);
  const places = positions.map((_, d) => 2 + d);
  const kernelAxes = positions.map((_, d) => 3 + dims + d);
  builder.read(builder.input(dtype, source.array), permuteView(seen, [0, 2 + dims, ...kernelAxes, 1, ...places]));
  const out = room(dtype, [c.groups, cout, cin, ...c.kernel], 'contiguous', draw);
  builder.write(builder.output(dtype, out.array), out.view);
  const axes = { batch: 1, m: 1, n: 1 + dims, k: 1 + dims };
  return builder.contraction(axes, [c.groups, cout, cin, ...c.kernel, c.images, ...positions], stage(0));
}

const of = (size: readonly number[], kernel: readonly number[], change: Partial<Convolution> = {}): Convolution => ({
  images: 2,
  groups: 1,
  channels: [3, 4],
  size,
  kernel,
  stride: size.map(() => 1),
  dilation: size.map(() => 1),
  padding: size.map(() => 0),
  ...change,
});

/** Convolutions as autograd lowers them, by name. */
const CONVOLUTIONS: Readonly<Record<string, Convolution>> = {
  '1-d': of([17], [3]),
  '1-d with all options': of([23], [4], { stride: [3], dilation: [2], padding: [5] }),
  '2-d of one element': of([6, 5], [1, 1]),
  '2-d, padded': of([7, 9], [3, 3], { padding: [1, 1] }),
  '2-d, stride and odd padding': of([11, 8], [3, 5], { stride: [2, 3], padding: [0, 4] }),
  '2-d, dilated': of([9, 12], [3, 2], { dilation: [3, 4], padding: [2, 1] }),
  '2-d, grouped': of([6, 7], [3, 3], { groups: 3, channels: [2, 5], padding: [1, 2] }),
  '2-d, depthwise': of([8, 8], [3, 3], { groups: 7, channels: [1, 1], padding: [1, 1], stride: [2, 2] }),
  '2-d, window larger than the image': of([2, 3], [5, 5], { padding: [2, 2] }),
  '2-d, mostly padding': of([1, 1], [3, 3], { padding: [3, 3], stride: [2, 1] }),
  '2-d, nothing fits': of([2, 2], [3, 3]),
  '2-d, no images': of([4, 4], [3, 3], { images: 0 }),
  '2-d, many channels': of([5, 6], [3, 3], { images: 1, channels: [17, 33], padding: [1, 1] }),
  '3-d': of([4, 5, 6], [2, 3, 3], { images: 1, channels: [2, 3], padding: [1, 0, 1], stride: [1, 2, 1] }),
};

/** Contractions that read through sliding windows. */
export function describeConvolutions(session: Session): void {
  describe('convolution', () => {
    for (const [name, convolution] of Object.entries(CONVOLUTIONS)) {
      for (const dtype of ['float32', 'float64', 'int32'] as const) {
        session.test(`${name} in ${dtype}`, [dtype], async () => {
          const draw = session.draw(54);
          await session.check(forward(convolution, dtype, draw), 'forward');
          await session.check(byWeight(convolution, dtype, draw), 'by weight');
        });
      }
    }
  });
}
