import { ArgumentError, DTypeError, ShapeError } from '@flambeau/backend';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromArray, grad, gradcheck, gradgradcheck, randn, type Tensor, tensor, zeros } from '../index.ts';
import { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } from './convolution.ts';

interface Geometry {
  readonly images: number;
  readonly groups: number;
  readonly channels: readonly [number, number];
  readonly axes: readonly Axis[];
  readonly bias: boolean;
  readonly layout: 'contiguous' | 'permuted';
}

interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

const reachOf = ({ kernel, dilation }: Axis): number => dilation * (kernel - 1) + 1;
const positionsOf = (axis: Axis): number =>
  Math.floor((axis.size + 2 * axis.padding - reachOf(axis)) / axis.stride) + 1;

const axis = fc
  .record({
    size: fc.integer({ min: 1, max: 9 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 5 }),
    padding: fc.integer({ min: 0, max: 4 }),
    dilation: fc.integer({ min: 1, max: 4 }),
  })
  .filter((a) => positionsOf(a) > 0);

const geometry: fc.Arbitrary<Geometry> = fc.record({
  images: fc.integer({ min: 0, max: 3 }),
  groups: fc.integer({ min: 1, max: 3 }),
  channels: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  axes: fc.array(axis, { minLength: 1, maxLength: 2 }),
  bias: fc.boolean(),
  layout: fc.constantFrom('contiguous', 'permuted'),
});

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Small whole numbers, so that sums are exact in any order. */
function whole(shape: readonly number[], seed: number, layout: Geometry['layout'] = 'contiguous'): Tensor {
  const order = layout === 'permuted' ? shape.map((_, d) => shape.length - 1 - d) : shape.map((_, d) => d);
  const data = Float64Array.from({ length: product(shape) }, (_, i) => ((i * 7 + seed * 5 + ((i * i) >> 2)) % 9) - 4);
  const stored = fromArray(
    data,
    order.map((d) => shape[d] as number),
    { dtype: 'float64' },
  );
  return stored.permute(order);
}

const read = (x: Tensor): number[] => Array.from(x.toArraySync() as Float64Array);

/** Calls `visit` with every triple (input element, weight element, output element) that a convolution multiplies and adds. */
function forEachProduct(g: Geometry, visit: (x: number, w: number, out: number) => void): void {
  const [c, o] = g.channels;
  const positions = g.axes.map(positionsOf);
  const kernel = g.axes.map((a) => a.kernel);
  const sizes = g.axes.map((a) => a.size);
  const digits = (value: number, bases: readonly number[]): number[] => {
    let rest = value;
    return [...bases]
      .reverse()
      .map((base) => {
        const digit = rest % base;
        rest = Math.floor(rest / base);
        return digit;
      })
      .reverse();
  };
  for (let n = 0; n < g.images; n++) {
    for (let out = 0; out < g.groups * o; out++) {
      const group = Math.floor(out / o);
      for (let p = 0; p < product(positions); p++) {
        const place = digits(p, positions);
        for (let channel = 0; channel < c; channel++) {
          for (let t = 0; t < product(kernel); t++) {
            const tap = digits(t, kernel);
            const at = g.axes.map(
              (a, d) => (place[d] as number) * a.stride - a.padding + (tap[d] as number) * a.dilation,
            );
            if (at.some((i, d) => i < 0 || i >= (sizes[d] as number))) continue;
            const inside = at.reduce((sum, i, d) => sum * (sizes[d] as number) + i, 0);
            visit(
              ((n * g.groups + group) * c + channel) * product(sizes) + inside,
              (out * c + channel) * product(kernel) + t,
              (n * g.groups * o + out) * product(positions) + p,
            );
          }
        }
      }
    }
  }
}

const optionsOf = (g: Geometry): { stride: number[]; padding: number[]; dilation: number[]; groups: number } => ({
  stride: g.axes.map((a) => a.stride),
  padding: g.axes.map((a) => a.padding),
  dilation: g.axes.map((a) => a.dilation),
  groups: g.groups,
});

/** The same convolution by loops, with the gradients that `seed` gives. */
function byLoops(
  g: Geometry,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  seed: Tensor,
): { out: number[]; gradX: number[]; gradW: number[]; gradB: number[] } {
  const [xs, ws, bs, gs] = [read(x), read(w), bias ? read(bias) : [], read(seed)];
  const per = product(g.axes.map(positionsOf));
  const outputs = g.groups * g.channels[1];
  const out = gs.map((_, i) => bs[Math.floor(i / per) % outputs] ?? 0);
  const [gradX, gradW, gradB] = [xs.map(() => 0), ws.map(() => 0), bs.map(() => 0)];
  gs.forEach((value, i) => {
    if (bias) gradB[Math.floor(i / per) % outputs]! += value;
  });
  forEachProduct(g, (i, j, k) => {
    out[k]! += xs[i]! * ws[j]!;
    gradX[i]! += gs[k]! * ws[j]!;
    gradW[j]! += gs[k]! * xs[i]!;
  });
  return { out, gradX, gradW, gradB };
}

describe('convolution', () => {
  test('equals loops, with all gradients, for any geometry', () => {
    fc.assert(
      fc.property(geometry, (g) => {
        const [c, o] = g.channels;
        const x = whole([g.images, g.groups * c, ...g.axes.map((a) => a.size)], 1, g.layout).requiresGrad_();
        const w = whole([g.groups * o, c, ...g.axes.map((a) => a.kernel)], 2, g.layout).requiresGrad_();
        const bias = g.bias ? whole([g.groups * o], 3).requiresGrad_() : null;
        const conv = g.axes.length === 1 ? conv1d : conv2d;
        const out = conv(x, w, bias, optionsOf(g));
        expect(out.shape).toEqual([g.images, g.groups * o, ...g.axes.map(positionsOf)]);
        const seed = whole(out.shape, 4, g.layout);
        const want = byLoops(g, x.detach(), w.detach(), bias?.detach() ?? null, seed);
        const grads = grad([out], bias ? [x, w, bias] : [x, w], { gradOutputs: [seed] }) as Tensor[];
        expect(read(out.detach())).toEqual(want.out);
        expect(read(grads[0]!).map((v) => v + 0)).toEqual(want.gradX.map((v) => v + 0));
        expect(read(grads[1]!).map((v) => v + 0)).toEqual(want.gradW.map((v) => v + 0));
        if (bias) expect(read(grads[2]!).map((v) => v + 0)).toEqual(want.gradB.map((v) => v + 0));
      }),
      { numRuns: 200 },
    );
  });

  test('large enough for packed blocks', () => {
    for (const stride of [1, 2, 3]) {
      const axes = [
        { size: 14, kernel: 3, stride, padding: 1, dilation: 1 },
        { size: 13, kernel: 3, stride, padding: 1, dilation: 1 },
      ];
      const g: Geometry = { images: 3, groups: 2, channels: [8, 12], axes, bias: true, layout: 'contiguous' };
      const x = whole([3, 16, 14, 13], 1).requiresGrad_();
      const w = whole([24, 8, 3, 3], 2).requiresGrad_();
      const bias = whole([24], 3).requiresGrad_();
      const out = conv2d(x, w, bias, optionsOf(g));
      const seed = whole(out.shape, 4);
      const want = byLoops(g, x.detach(), w.detach(), bias.detach(), seed);
      const [gradX, gradW, gradB] = grad([out], [x, w, bias], { gradOutputs: [seed] }) as [Tensor, Tensor, Tensor];
      expect(read(out.detach())).toEqual(want.out);
      expect(read(gradX)).toEqual(want.gradX);
      expect(read(gradW)).toEqual(want.gradW);
      expect(read(gradB)).toEqual(want.gradB);
    }
  });

  test('three spatial axes', () => {
    const x = whole([2, 2, 4, 5, 3], 1);
    const w = whole([3, 2, 2, 2, 2], 2);
    const axes = [4, 5, 3].map((size) => ({ size, kernel: 2, stride: 2, padding: 1, dilation: 1 }));
    const g: Geometry = { images: 2, groups: 1, channels: [2, 3], axes, bias: false, layout: 'contiguous' };
    const out = conv3d(x, w, null, { stride: 2, padding: 1 });
    expect(read(out)).toEqual(byLoops(g, x, w, null, out).out);
  });

  test('takes one image without a batch axis', () => {
    const x = whole([4, 6, 5], 1);
    const w = whole([2, 4, 3, 3], 2);
    const bias = whole([2], 3);
    const single = conv2d(x, w, bias, { padding: 1 });
    expect(single.shape).toEqual([2, 6, 5]);
    expect(read(single)).toEqual(read(conv2d(x.unsqueeze(0), w, bias, { padding: 1 })));
    expect(conv1d(whole([4, 6], 1), whole([2, 4, 3], 2)).shape).toEqual([2, 4]);
  });

  test("'same' pads an even kernel by one more at the end", () => {
    const x = tensor([[[1, 2, 3, 4]]]);
    const w = tensor([[[1, 10]]]);
    expect(Array.from(conv1d(x, w, null, { padding: 'same' }).toArraySync() as Float32Array)).toEqual([21, 32, 43, 4]);
    expect(conv2d(zeros([1, 1, 5, 6]), zeros([1, 1, 4, 3]), null, { padding: 'same', dilation: [1, 2] }).shape).toEqual(
      [1, 1, 5, 6],
    );
    expect(conv1d(x, w, null, { padding: 'valid' }).shape).toEqual([1, 1, 3]);
  });

  test('whole numbers and 16-bit floats', () => {
    for (const dtype of ['int32', 'int64', 'float16', 'bfloat16', 'float32'] as const) {
      const x = whole([1, 2, 5], 1).to(dtype);
      const w = whole([3, 2, 3], 2).to(dtype);
      const out = conv1d(x, w, null, { padding: 1 });
      expect(out.dtype).toBe(dtype);
      expect(read(out.to('float64'))).toEqual(read(conv1d(x.to('float64'), w.to('float64'), null, { padding: 1 })));
    }
  });

  test('gradients of gradients', () => {
    const draw = (shape: number[]): Tensor => randn(shape, { dtype: 'float64', requiresGrad: true });
    const inputs = [draw([1, 2, 4, 3]), draw([2, 1, 2, 3]), draw([2])] as const;
    for (const options of [
      { padding: 1, groups: 2 },
      { stride: 2, padding: [0, 1], groups: 2 },
      { dilation: [2, 1], groups: 2, padding: 'same' },
    ] as const) {
      const f = (x: Tensor, w: Tensor, b: Tensor): Tensor => conv2d(x, w, b, options);
      expect(gradcheck(f as (...inputs: Tensor[]) => Tensor, inputs)).toBe(true);
      expect(gradgradcheck(f as (...inputs: Tensor[]) => Tensor, inputs)).toBe(true);
    }
  });

  test('complains before it computes', () => {
    const x = zeros([2, 4, 8, 8]);
    const w = zeros([6, 4, 3, 3]);
    expect(() => conv2d(zeros([8, 8]), w)).toThrow(ShapeError);
    expect(() => conv2d(x, zeros([6, 4, 3]))).toThrow(ShapeError);
    expect(() => conv2d(zeros([2, 3, 8, 8]), w)).toThrow(/to have 4 channels; got 3 channels/);
    expect(() => conv2d(x, zeros([5, 2, 3, 3]), null, { groups: 2 })).toThrow(/divisible by 2 at dimension 0/);
    expect(() => conv2d(zeros([2, 4, 2, 8]), w)).toThrow(/Kernel size can't be greater than actual input size/);
    expect(() => conv2d(x, w, zeros([4]))).toThrow(/expected bias to be 1-dimensional with 6 elements/);
    expect(() => conv2d(x, w.to('float64'))).toThrow(DTypeError);
    expect(() => conv2d(x, w, null, { stride: 0 })).toThrow(ArgumentError);
    expect(() => conv2d(x, w, null, { padding: -1 })).toThrow(ArgumentError);
    expect(() => conv2d(x, w, null, { dilation: [1, 0] })).toThrow(ArgumentError);
    expect(() => conv2d(x, w, null, { groups: 0 })).toThrow(/non-positive groups/);
    expect(() => conv2d(x, w, null, { stride: 2, padding: 'same' })).toThrow(/not supported for strided/);
    expect(() => conv2d(x, w, null, { stride: [1, 2, 3] })).toThrow(/list of 2 values/);
  });
});

describe('transposed convolution', () => {
  test('is the adjoint of the convolution of the same options', () => {
    fc.assert(
      fc.property(geometry, fc.integer({ min: 0, max: 4 }), (g, extra) => {
        fc.pre(g.axes.every((a) => (positionsOf(a) - 1) * a.stride - 2 * a.padding + reachOf(a) > 0));
        const [c, o] = g.channels;
        const y = whole([g.images, g.groups * o, ...g.axes.map(positionsOf)], 1, g.layout);
        const w = whole([g.groups * o, c, ...g.axes.map((a) => a.kernel)], 2, g.layout);
        const outputPadding = g.axes.map((a) => Math.min(extra, a.stride - 1));
        const out = (g.axes.length === 1 ? convTranspose1d : convTranspose2d)(y, w, null, {
          ...optionsOf(g),
          outputPadding,
        });
        const axes = g.axes.map((a, d) => ({
          ...a,
          size: (positionsOf(a) - 1) * a.stride - 2 * a.padding + reachOf(a) + (outputPadding[d] as number),
        }));
        expect(out.shape).toEqual([g.images, g.groups * c, ...axes.map((a) => a.size)]);
        const want = byLoops({ ...g, axes }, zeros(out.shape, { dtype: 'float64' }), w, null, y).gradX;
        expect(read(out).map((v) => v + 0)).toEqual(want.map((v) => v + 0));
      }),
      { numRuns: 100 },
    );
  });

  test('bias, unbatched input, three axes and gradients', () => {
    const x = randn([2, 2, 3], { dtype: 'float64', requiresGrad: true });
    const w = randn([2, 3, 2, 3], { dtype: 'float64', requiresGrad: true });
    const b = randn([3], { dtype: 'float64', requiresGrad: true });
    // More output padding than the stride, which dilation allows.
    const f = (...[a, k, c]: Tensor[]): Tensor =>
      convTranspose2d(a!, k!, c!, { stride: [2, 1], dilation: [1, 3], padding: 1, outputPadding: [1, 2] });
    expect(f(x, w, b).shape).toEqual([3, 3, 9]);
    expect(gradcheck(f, [x, w, b])).toBe(true);
    expect(gradgradcheck(f, [x, w, b])).toBe(true);
    expect(convTranspose3d(zeros([1, 2, 2, 2, 2]), zeros([2, 1, 2, 2, 2])).shape).toEqual([1, 1, 3, 3, 3]);
  });

  test('complains before it computes', () => {
    const x = zeros([2, 4, 8, 8]);
    expect(() => convTranspose2d(x, zeros([3, 4, 3, 3]))).toThrow(/to have 3 channels; got 4/);
    expect(() => convTranspose2d(x, zeros([4, 4, 3, 3]), null, { outputPadding: 1 })).toThrow(
      /output padding must be smaller/,
    );
    expect(() => convTranspose2d(x, zeros([4, 4, 3, 3]), null, { padding: 9 })).toThrow(/Output size is too small/);
    expect(() => convTranspose2d(x, zeros([4, 4, 3, 3]), zeros([3]))).toThrow(/with 4 elements/);
  });
});
