import { ArgumentError, DTypeError, ShapeError } from '@flambeau/backend';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromArray, grad, gradcheck, gradgradcheck, randn, type Tensor, tensor, zeros } from '../index.ts';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, avgPool1d, avgPool2d, maxPool1d, maxPool2d } from './pooling.ts';

interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

function positionsOf({ size, kernel, stride, padding, dilation }: Axis, ceilMode: boolean): number {
  const room = size + 2 * padding - dilation * (kernel - 1) - 1;
  const count = (ceilMode ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
  return ceilMode && (count - 1) * stride >= size + padding ? count - 1 : count;
}

const axisWith = (dilated: boolean): fc.Arbitrary<Axis> =>
  fc
    .record({
      size: fc.integer({ min: 1, max: 8 }),
      kernel: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 5 }),
      padding: fc.integer({ min: 0, max: 4 }),
      dilation: dilated ? fc.integer({ min: 1, max: 3 }) : fc.constant(1),
    })
    .filter((a) => a.padding <= Math.floor((a.dilation * (a.kernel - 1) + 1) / 2) && positionsOf(a, false) > 0);

const near = (got: readonly number[], want: readonly number[]): void => {
  expect(got.length).toBe(want.length);
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(want[i]!, 10);
};
const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
const read = (x: Tensor): number[] => Array.from(x.detach().toArraySync() as Float64Array, (v) => v + 0);

function values(shape: readonly number[], pick: (i: number) => number, permuted: boolean): Tensor {
  const order = shape.map((_, d) => (permuted ? shape.length - 1 - d : d));
  return fromArray(
    Float64Array.from({ length: product(shape) }, (_, i) => pick(i)),
    order.map((d) => shape[d] as number),
    { dtype: 'float64' },
  ).permute(order);
}

/** For each window of each plane: the positions of its elements inside the plane, and the windows' lengths with and without padding. */
function windowsOf(axes: readonly Axis[], ceilMode: boolean): { inside: number[]; padded: number }[] {
  let windows: { inside: number[]; padded: number }[] = [{ inside: [0], padded: 1 }];
  for (const axis of axes) {
    windows = windows.flatMap(({ inside, padded }) =>
      Array.from({ length: positionsOf(axis, ceilMode) }, (_, p) => {
        const start = p * axis.stride - axis.padding;
        const places = Array.from({ length: axis.kernel }, (__, k) => start + k * axis.dilation).filter(
          (i) => i >= 0 && i < axis.size,
        );
        return {
          inside: inside.flatMap((base) => places.map((i) => base * axis.size + i)),
          padded: padded * (Math.min(start + axis.kernel, axis.size + axis.padding) - start),
        };
      }),
    );
  }
  return windows;
}

const axesWith = (dilated: boolean): fc.Arbitrary<Axis[]> =>
  fc.array(axisWith(dilated), { minLength: 1, maxLength: 2 });
const options = (axes: readonly Axis[]): { stride: number[]; padding: number[] } => ({
  stride: axes.map((a) => a.stride),
  padding: axes.map((a) => a.padding),
});

describe('max pooling', () => {
  const special = [Number.NEGATIVE_INFINITY, Number.NaN, 1, 2, 3, -5, Number.NEGATIVE_INFINITY];

  test('equals loops with positions and gradient for any geometry', () => {
    fc.assert(
      fc.property(
        axesWith(true),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 0, max: 2 }),
        fc.boolean(),
        (axes, ceilMode, permuted, batched, images, odd) => {
          const lead = batched ? [images, 2] : [2];
          const x = values(
            [...lead, ...axes.map((a) => a.size)],
            (i) => (odd ? special[(i * 3 + (i >> 2)) % special.length]! : (i * 7) % 11),
            permuted,
          ).requiresGrad_();
          const dilation = axes.map((a) => a.dilation);
          const pool = axes.length === 1 ? maxPool1d : maxPool2d;
          const [out, indices] = pool(
            x,
            axes.map((a) => a.kernel),
            { ...options(axes), dilation, ceilMode, returnIndices: true },
          );
          expect(out.shape).toEqual([...lead, ...axes.map((a) => positionsOf(a, ceilMode))]);
          expect(indices.dtype).toBe('int32');
          const [source, plane] = [read(x), product(axes.map((a) => a.size))];
          const wantValues: number[] = [];
          const wantIndices: number[] = [];
          const wantGrad = source.map(() => 0);
          for (let p = 0; p < product(lead); p++) {
            for (const { inside } of windowsOf(axes, ceilMode)) {
              if (inside.length === 0) {
                wantValues.push(Number.NEGATIVE_INFINITY);
                wantIndices.push(-1);
                continue;
              }
              let best = inside[0] as number;
              for (const i of inside) {
                const [now, then] = [source[p * plane + i]!, source[p * plane + best]!];
                if (now > then || (Number.isNaN(now) && !Number.isNaN(then))) best = i;
              }
              wantGrad[p * plane + best]! += (wantValues.length % 5) - 2;
              wantValues.push(source[p * plane + best]!);
              wantIndices.push(best);
            }
          }
          expect(read(out)).toEqual(wantValues);
          expect(read(indices)).toEqual(wantIndices);
          expect(
            read(
              pool(
                x.detach(),
                axes.map((a) => a.kernel),
                { ...options(axes), dilation, ceilMode },
              ),
            ),
          ).toEqual(wantValues);
          const seed = values(out.shape, (i) => (i % 5) - 2, false);
          const [gradient] = grad([out], [x], { gradOutputs: [seed] }) as [Tensor];
          expect(read(gradient)).toEqual(wantGrad);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('whole numbers, with padding of their least value', () => {
    for (const dtype of ['uint8', 'int8', 'int32', 'int64'] as const) {
      const x = tensor([[[0, 0, 3, 2]]]).to(dtype);
      const [out, indices] = maxPool1d(x, 2, { padding: 1, returnIndices: true });
      expect(read(out.to('float64'))).toEqual([0, 3, 2]);
      expect(read(indices)).toEqual([0, 2, 3]);
    }
  });

  test('is differentiable twice', () => {
    const x = values([2, 1, 4, 5], (i) => ((i * 17) % 40) / 7, false).requiresGrad_();
    const f = (a: Tensor): Tensor => maxPool2d(a, 3, { stride: 2, padding: 1 });
    expect(gradcheck(f, [x])).toBe(true);
    expect(
      gradgradcheck(
        (a: Tensor) => {
          const y = f(a);
          return y.mul(y);
        },
        [x],
      ),
    ).toBe(true);
  });

  test('complains before it computes', () => {
    expect(() => maxPool2d(zeros([4, 4]), 2)).toThrow(ShapeError);
    expect(() => maxPool2d(zeros([1, 0, 4, 4]), 2)).toThrow(/optional 0 dim batch size/);
    expect(() => maxPool1d(zeros([1, 1, 4]), 2, { padding: 2 })).toThrow(
      'pad should be at most half of effective kernel size; got pad=2, kernel_size=2 and dilation=1',
    );
    expect(() => maxPool1d(zeros([1, 1, 4]), 0)).toThrow(ArgumentError);
    expect(() => maxPool1d(zeros([1, 1, 4]), 2, { stride: 0 })).toThrow(ArgumentError);
    expect(() => maxPool1d(zeros([1, 1, 4]), 5)).toThrow(/output size is too small/);
    expect(() => maxPool2d(zeros([1, 1, 4, 4]), [2, 2, 2])).toThrow(ArgumentError);
  });
});

describe('average pooling', () => {
  test('equals loops with its gradients for any geometry', () => {
    fc.assert(
      fc.property(
        axesWith(false),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(null, null, 3, -2),
        (axes, ceilMode, permuted, batched, countIncludePad, divisorOverride) => {
          const lead = batched ? [2, 3] : [2];
          const x = values([...lead, ...axes.map((a) => a.size)], (i) => (i * 7) % 11, permuted).requiresGrad_();
          const pool = axes.length === 1 ? avgPool1d : avgPool2d;
          const out = pool(
            x,
            axes.map((a) => a.kernel),
            { ...options(axes), ceilMode, countIncludePad, divisorOverride },
          );
          expect(out.shape).toEqual([...lead, ...axes.map((a) => positionsOf(a, ceilMode))]);
          const [source, plane] = [read(x), product(axes.map((a) => a.size))];
          const want: number[] = [];
          const wantGrad = source.map(() => 0);
          for (let p = 0; p < product(lead); p++) {
            for (const { inside, padded } of windowsOf(axes, ceilMode)) {
              const divisor = divisorOverride ?? (countIncludePad ? padded : inside.length);
              for (const i of inside) wantGrad[p * plane + i]! += ((want.length % 5) - 2) / divisor;
              want.push(inside.reduce((sum, i) => sum + source[p * plane + i]!, 0) / divisor);
            }
          }
          near(read(out), want);
          const seed = values(out.shape, (i) => (i % 5) - 2, permuted)
            .permute(out.shape.map((_, d) => d))
            .contiguous();
          const flat = fromArray(
            Float64Array.from({ length: want.length }, (_, i) => (i % 5) - 2),
            out.shape,
            { dtype: 'float64' },
          );
          near(read((grad([out], [x], { gradOutputs: [flat], retainGraph: true }) as [Tensor])[0]), wantGrad);
          expect(seed.shape).toEqual(out.shape);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('averages of whole numbers are cut towards 0', () => {
    for (const dtype of ['int32', 'int64'] as const) {
      const x = tensor([[[-3, -4, 5, 6, 7]]]).to(dtype);
      expect(read(avgPool1d(x, 2).to('float64'))).toEqual([-3, 5]);
      expect(read(avgPool1d(x, 2, { padding: 1, countIncludePad: false }).to('float64'))).toEqual([-3, 0, 6]);
    }
  });

  test('a last window beyond the input counts what lies in the padded input', () => {
    const x = tensor([[[2, 4, 6, 8, 10]]]);
    expect(read(avgPool1d(x, 2, { ceilMode: true }))).toEqual([3, 7, 10]);
    expect(read(avgPool1d(x, 3, { stride: 3, padding: 1, ceilMode: true }))).toEqual([2, 8]);
    expect(read(avgPool1d(x, 3, { stride: 3, padding: 1, ceilMode: true, countIncludePad: false }))).toEqual([3, 8]);
  });

  test('is differentiable twice', () => {
    const x = randn([2, 2, 5, 4], { dtype: 'float64', requiresGrad: true });
    for (const countIncludePad of [true, false]) {
      const f = (a: Tensor): Tensor => {
        const y = avgPool2d(a, [3, 2], { stride: [2, 1], padding: 1, ceilMode: true, countIncludePad });
        return y.mul(y);
      };
      expect(gradcheck(f, [x])).toBe(true);
      expect(gradgradcheck(f, [x])).toBe(true);
    }
  });

  test('complains before it computes', () => {
    expect(() => avgPool2d(zeros([1, 1, 4, 4], { dtype: 'uint8' }), 2)).toThrow(DTypeError);
    expect(() => avgPool2d(zeros([1, 1, 4, 4]), 2, { divisorOverride: 0 })).toThrow(/divisor must be not zero/);
    expect(() => avgPool2d(zeros([1, 1, 4, 4]), 2, { padding: 2 })).toThrow(/at most half/);
    expect(avgPool2d(zeros([0, 1, 4, 4]), 2).shape).toEqual([0, 1, 2, 2]);
  });
});

describe('adaptive average pooling', () => {
  test('equals means of its windows, with gradients, for any sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
          minLength: 1,
          maxLength: 2,
        }),
        fc.boolean(),
        (sizes, permuted) => {
          const x = values([2, 3, ...sizes.map(([from]) => from)], (i) => (i * 7) % 11, permuted).requiresGrad_();
          const targets = sizes.map(([, to]) => to);
          const out = (sizes.length === 1 ? adaptiveAvgPool1d : adaptiveAvgPool2d)(x, targets);
          expect(out.shape).toEqual([2, 3, ...targets]);
          const ranges = sizes.map(([from, to]) =>
            Array.from({ length: to }, (_, i) => {
              const start = Math.floor((i * from) / to);
              return Array.from({ length: Math.ceil(((i + 1) * from) / to) - start }, (__, k) => start + k);
            }),
          );
          const windows = ranges.reduce<number[][]>(
            (found, range, d) =>
              found.flatMap((bases) =>
                range.map((places) => bases.flatMap((base) => places.map((i) => base * sizes[d]![0] + i))),
              ),
            [[0]],
          );
          const [source, plane] = [read(x), product(sizes.map(([from]) => from))];
          const wantGrad = source.map(() => 0);
          const want: number[] = [];
          for (let p = 0; p < 6; p++) {
            for (const inside of windows) {
              for (const i of inside) wantGrad[p * plane + i]! += ((want.length % 5) - 2) / inside.length;
              want.push(inside.reduce((sum, i) => sum + source[p * plane + i]!, 0) / inside.length);
            }
          }
          near(read(out), want);
          const seed = values(out.shape, (i) => (i % 5) - 2, false);
          near(read((grad([out], [x], { gradOutputs: [seed] }) as [Tensor])[0]), wantGrad);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('null keeps a size, NaN stays in its windows, and gradients differentiate', () => {
    const x = randn([1, 2, 5, 7], { dtype: 'float64', requiresGrad: true });
    expect(adaptiveAvgPool2d(x, [3, null]).shape).toEqual([1, 2, 3, 7]);
    expect(adaptiveAvgPool2d(x, 1).shape).toEqual([1, 2, 1, 1]);
    expect(adaptiveAvgPool1d(zeros([2, 6]), 4).shape).toEqual([2, 4]);
    expect(read(adaptiveAvgPool1d(tensor([[Number.NaN, 1, 2, 3, 4]]), 3))).toEqual([Number.NaN, 2, 3.5]);
    const f = (a: Tensor): Tensor => {
      const y = adaptiveAvgPool2d(a, [3, 4]);
      return y.mul(y);
    };
    expect(gradcheck(f, [x])).toBe(true);
    expect(gradgradcheck(f, [x])).toBe(true);
  });

  test('complains before it computes', () => {
    expect(() => adaptiveAvgPool2d(zeros([4, 4]), 2)).toThrow(ShapeError);
    expect(() => adaptiveAvgPool1d(zeros([1, 1, 0]), 2)).toThrow(ShapeError);
    expect(() => adaptiveAvgPool2d(zeros([1, 4, 4]), [2])).toThrow(ArgumentError);
    expect(() => adaptiveAvgPool1d(zeros([1, 1, 4], { dtype: 'int32' }), 2)).toThrow(DTypeError);
  });
});
