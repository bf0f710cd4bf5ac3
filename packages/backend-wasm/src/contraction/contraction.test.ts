import {
  type ContractionKernel,
  cast,
  contiguousView,
  type DType,
  type Expr,
  type HostArray,
  inputAccess,
  load,
  numel,
  op,
  outputAccess,
  permuteView,
  scalar,
  stage,
  type Value,
  type View,
  windowView,
} from '@flambeau/backend';
import { Draw, layAs, wholeValues } from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';
import { describe, expect, it } from 'vitest';
import { PieceRuntime } from '../routines/testing/piece-runtime.ts';
import { WasmRuntime } from '../runtime/wasm-runtime.ts';
import { hostFunction } from '../vector/index.ts';
import { PackedContraction } from './packed.ts';

/** Engines with and without relaxed SIMD, where this one has it. */
const runtimes = [false, true]
  .filter((relaxed) => !relaxed || new WasmRuntime().features.relaxed)
  .map((relaxed) => ({
    relaxed,
    runtime: new WasmRuntime({ relaxed, hostFunction: (name) => hostFunction(name) as never }),
  }));

/** Small whole numbers, whose sums of products are exact. */
function whole(dtype: DType, length: number, draw: Draw): HostArray {
  return layAs(dtype, wholeValues(dtype, length, draw), [length], 'contiguous', draw).array;
}

/** Runs a contraction in blocks and in the interpreter, on whole numbers, and expects equal results. */
function check(
  kernel: ContractionKernel,
  extents: number[],
  views: View[],
  lengths: number[],
  scalars: Value[] = [],
): void {
  const draw = new Draw(lengths.reduce((sum, length) => sum + length, 0));
  const declared = [...kernel.inputs, ...kernel.outputs];
  const arrays = lengths.map((length, i) => whole(declared[i] as DType, length, draw));
  const launch = { extents, views, scalars };
  const expected = arrays.map((array) => array.slice());
  interpret(kernel, expected, launch);
  for (const { runtime } of runtimes) {
    const buffers = arrays.map((array, i) => {
      const buffer = runtime.allocate(declared[i] as DType, array.length);
      runtime.write(buffer, array);
      return buffer;
    });
    const packed = new PackedContraction(kernel, runtime);
    expect(packed.fits).toBe(true);
    packed.run(buffers, launch);
    const out = buffers.at(-1) as (typeof buffers)[number];
    expect(runtime.read(out, 0, out.length)).toEqual(expected.at(-1));
    for (const buffer of buffers) runtime.free(buffer);
  }
}

interface Variation {
  readonly dtype?: DType;
  readonly out?: DType;
  /** What is loaded in it: a value per column, per row, per element. */
  readonly loads?: readonly ('columns' | 'rows' | 'elements')[];
  readonly epilogue?: Expr;
  readonly scalars?: readonly DType[];
  readonly values?: Value[];
}

/** `transposes`: of A, B and the result; `s` puts a gap between elements. */
function matmul(m: number, n: number, k: number, transposes: string, variation: Variation = {}): void {
  const { dtype = 'float32', out = 'float32', loads = [], epilogue = stage(0), scalars = [], values = [] } = variation;
  const matrix = (rows: number, columns: number, layout: string | undefined): View => {
    const strides = layout === 't' ? [1, rows] : layout === 's' ? [2 * columns, 2] : [columns, 1];
    return { shape: [rows, columns], strides, offset: 0 };
  };
  const [a, b, result] = [matrix(m, k, transposes[0]), matrix(n, k, transposes[1]), matrix(m, n, transposes[2])];
  const strides = { columns: [0, 1], rows: [1, 0], elements: [n, 1] };
  const addends = loads.map((kind): View => ({ shape: [m, n], strides: strides[kind], offset: 0 }));
  const kernel: ContractionKernel = {
    kind: 'contraction',
    inputs: [dtype, dtype, ...loads.map(() => 'float32' as const)],
    outputs: [out],
    scalars,
    axes: { batch: 0, m: 1, n: 1, k: 1 },
    accesses: [
      inputAccess(0, a),
      inputAccess(1, b),
      outputAccess(0, result),
      ...addends.map((view, i) => inputAccess(2 + i, view)),
    ],
    epilogue,
  };
  const size = (view: View): number => 2 * numel(view.shape) + 1;
  check(
    kernel,
    [m, n, k],
    [a, b, result, ...addends],
    [size(a), size(b), ...addends.map(() => m * n), size(result)],
    values,
  );
}

const SIZES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [2, 5, 3],
  [3, 4, 7],
  [4, 3, 1],
  [5, 9, 2],
  [6, 8, 4],
  [7, 5, 520],
  [61, 17, 5],
  [13, 67, 3],
  [1030, 2, 2],
  [2, 1030, 2],
];

describe('packed contractions equal the interpreter', () => {
  it.each(SIZES)('for %d x %d x %d', (m, n, k) => {
    for (const transposes of ['nnn', 'tnn', 'ntn', 'ttn', 'nnt', 'ssn', 'nns']) matmul(m, n, k, transposes);
  });

  it('for every small size', () => {
    const draw = new Draw(3);
    for (let count = 0; count < 40; count++) {
      const transposes = Array.from({ length: 3 }, () => draw.pick(['n', 't', 's'])).join('');
      matmul(draw.int(1, 40), draw.int(1, 70), draw.int(1, 20), transposes);
    }
  });

  it.each(['float16', 'bfloat16'] as const)('for %s', (dtype) => {
    for (const transposes of ['nnn', 'tnt', 'ntn', 'sst']) matmul(21, 13, 12, transposes, { dtype, out: dtype });
    matmul(10, 30, 17, 'nnn', { dtype });
  });

  it.each(['float64', 'int32', 'int64', 'int8', 'uint8', 'bool', 'float16'] as const)('with results of %s', (out) => {
    matmul(14, 22, 9, 'nnn', { out, epilogue: cast(stage(0), out) });
    matmul(14, 22, 9, 'nnt', { out, epilogue: cast(stage(0), out) });
  });

  it('with a bias, also where rows and columns change roles', () => {
    for (const loads of ['columns', 'rows', 'elements'] as const) {
      for (const transposes of ['nnn', 'ntt', 'nns']) {
        matmul(20, 31, 40, transposes, { loads: [loads], epilogue: op('add', stage(0), load(3)) });
      }
    }
  });

  it('with a long epilogue', () => {
    const sum = op('add', op('mul', stage(0), scalar(0)), op('sub', load(3), op('mul', load(4), load(5))));
    const epilogue = op(
      'where',
      op('lt', sum, scalar(0)),
      op('floor', op('div', sum, scalar(0))),
      op('max', sum, load(3)),
    );
    for (const transposes of ['nnn', 'ntt', 'nns']) {
      matmul(20, 31, 40, transposes, {
        loads: ['columns', 'rows', 'elements'],
        epilogue,
        scalars: ['float32'],
        values: [2],
      });
    }
  });

  it('in batches, with a broadcast operand', () => {
    const a: View = { shape: [3, 2, 26, 5], strides: [260, 130, 5, 1], offset: 0 };
    const b: View = { shape: [3, 2, 17, 5], strides: [0, 85, 1, 17], offset: 0 };
    const out = permuteView(contiguousView([2, 3, 26, 17]), [1, 0, 2, 3]);
    const kernel: ContractionKernel = {
      kind: 'contraction',
      inputs: ['float32', 'float32'],
      outputs: ['float32'],
      scalars: [],
      axes: { batch: 2, m: 1, n: 1, k: 1 },
      accesses: [inputAccess(0, a), inputAccess(1, b), outputAccess(0, out)],
      epilogue: stage(0),
    };
    check(kernel, [3, 2, 26, 17, 5], [a, b, out], [780, 170, 26 * 17 * 6]);
  });
});

describe('contractions of few rows', () => {
  it.each([1, 2, 3, 4, 5, 7, 13])('read the other operand where it lies: %d', (rows) => {
    for (const [n, k] of [
      [70, 19],
      [1045, 3],
      [16, 530],
    ] as const) {
      for (const transposes of ['ntn', 'tsn', 'ntt', 'nts']) matmul(rows, n, k, transposes);
      matmul(n, rows, k, 'tnt');
    }
    matmul(rows, 70, 19, 'ntn', { dtype: 'float16', loads: ['columns'], epilogue: op('add', stage(0), load(3)) });
  });
});

describe('results do not depend on', () => {
  const sizes = [
    [300, 200, 100],
    [64, 700, 1100],
    [3, 2500, 300],
    [520, 9, 40],
  ] as const;
  it.each(sizes)('how many threads share %d x %d x %d', (m, n, k) => {
    const draw = new Draw(11);
    const numbers = (length: number): Float32Array =>
      Float32Array.from({ length }, () => draw.int(0, 2 ** 20 - 1) / 2 ** 20);
    const [left, right] = [numbers(m * k), numbers(k * n)];
    const results = [1, 2, 5].map((pieces) => {
      const runtime = new PieceRuntime(pieces);
      const buffers = [left, right, new Float32Array(m * n)].map((array) => {
        const buffer = runtime.allocate('float32', array.length);
        runtime.write(buffer, array);
        return buffer;
      });
      const views = [contiguousView([m, k]), permuteView(contiguousView([k, n]), [1, 0]), contiguousView([m, n])];
      const [a, b, out] = views as [View, View, View];
      const kernel: ContractionKernel = {
        kind: 'contraction',
        inputs: ['float32', 'float32'],
        outputs: ['float32'],
        scalars: [],
        axes: { batch: 0, m: 1, n: 1, k: 1 },
        accesses: [inputAccess(0, a), inputAccess(1, b), outputAccess(0, out)],
        epilogue: stage(0),
      };
      new PackedContraction(kernel, runtime).run(buffers, { extents: [m, n, k], views, scalars: [] });
      return runtime.read(buffers[2] as (typeof buffers)[number], 0, m * n) as Float32Array;
    }) as [Float32Array, Float32Array, Float32Array];
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    for (let at = 0; at < m * n; at += 97) {
      const [row, column] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let i = 0; i < k; i++) sum += (left[row * k + i] as number) * (right[i * n + column] as number);
      expect(results[0][at]).toBeCloseTo(sum, 2);
    }
  });
});

describe('padding', () => {
  it('may reach beyond the end of memory', () => {
    const runtime = new WasmRuntime();
    const size = 1800;
    const axis = { kernel: 3, stride: 900, dilation: 900, padding: 900, positions: 2 };
    const whole = contiguousView([1, 1, size, size]);
    const windows = windowView(whole, [
      { ...axis, axis: 2 },
      { ...axis, axis: 3 },
    ]);
    const image = permuteView(windows, [0, 2, 3, 1, 4, 5]);
    const weight = contiguousView([4, 1, 3, 3]);
    const out = contiguousView([4, 1, 2, 2]);
    const kernel: ContractionKernel = {
      kind: 'contraction',
      inputs: ['float32', 'float32'],
      outputs: ['float32'],
      scalars: [],
      axes: { batch: 0, m: 1, n: 3, k: 3 },
      accesses: [inputAccess(0, weight), inputAccess(1, image), outputAccess(0, out)],
      epilogue: stage(0),
    };
    const lengths = [36, size * size, 16];
    const buffers = lengths.map((length) => runtime.allocate('float32', length));
    const data = lengths.map((length) => Float32Array.from({ length }, (_, i) => (i % 7) - 3));
    data.forEach((array, i) => runtime.write(buffers[i] as (typeof buffers)[number], array));
    const launch = { extents: [4, 1, 2, 2, 1, 3, 3], views: [weight, image, out], scalars: [] };
    const { address } = buffers[1] as (typeof buffers)[number];
    expect(address + 4 * (size * size + 899 * size)).toBeGreaterThan(runtime.bytes.length);
    new PackedContraction(kernel, runtime).run(buffers, launch);
    interpret(kernel, data, launch);
    expect(runtime.read(buffers[2] as (typeof buffers)[number], 0, 16)).toEqual(data[2]);
  });
});

describe('packed convolutions equal the interpreter', () => {
  const cases: readonly (readonly [number, number, number, number, number])[] = [
    [1, 1, 1, 9, 3],
    [1, 1, 0, 9, 3],
    [2, 1, 2, 9, 3],
    [1, 2, 4, 9, 3],
    [3, 2, 0, 12, 3],
    [1, 1, 2, 11, 5],
    [2, 1, 1, 16, 3],
    [1, 1, 0, 8, 1],
    [1, 1, 3, 4, 3],
  ];
  it.each(cases)('for stride %d, dilation %d, padding %d, size %d and window %d', (...numbers) => {
    const [stride, dilation, padding, size, length] = numbers;
    for (const dtype of ['float32', 'float16'] as const) {
      for (const fill of dtype === 'float32' ? [0, 2] : [0]) {
        convolution(dtype, { stride, dilation, padding }, size, length, fill);
      }
    }
  });
});

/** A convolution, its gradient by the weight, and both with operands in each other's place. */
function convolution(
  dtype: DType,
  how: { readonly stride: number; readonly dilation: number; readonly padding: number },
  size: number,
  length: number,
  fill: number,
): void {
  const { stride, dilation, padding } = how;
  const [images, channels, outputs] = [2, 3, 5];
  const positions = Math.floor((size + 2 * padding - dilation * (length - 1) - 1) / stride) + 1;
  const axis = { kernel: length, ...how, positions };
  const image = windowView(contiguousView([images, channels, size, size]), [
    { ...axis, axis: 2 },
    { ...axis, axis: 3 },
  ]);
  const weight = contiguousView([outputs, channels, length, length]);
  const grown = permuteView(contiguousView([images, outputs, positions, positions]), [1, 0, 2, 3]);
  const places = [images, positions, positions];
  const taps = [channels, length, length];
  const counts = [outputs * numel(taps), images * channels * size ** 2, outputs * numel(places)] as const;
  const run = (
    a: View,
    b: View,
    out: View,
    extents: number[],
    m: number,
    n: number,
    lengths: number[],
    bounded: 0 | 1,
  ): void => {
    const kernel: ContractionKernel = {
      kind: 'contraction',
      inputs: [dtype, dtype],
      outputs: ['float32'],
      scalars: [],
      axes: { batch: 0, m, n, k: 3 },
      accesses: [inputAccess(0, a, bounded ? 0 : fill), inputAccess(1, b, bounded ? fill : 0), outputAccess(0, out)],
      epilogue: stage(0),
    };
    check(kernel, extents, [a, b, out], lengths);
  };
  const forward = permuteView(image, [0, 2, 3, 1, 4, 5]);
  const backward = permuteView(image, [1, 4, 5, 0, 2, 3]);
  run(weight, forward, grown, [outputs, ...places, ...taps], 1, 3, [counts[0], counts[1], counts[2]], 1);
  run(grown, backward, weight, [outputs, ...taps, ...places], 1, 3, [counts[2], counts[1], counts[0]], 1);
  const swappedOut = permuteView(grown, [1, 2, 3, 0]);
  run(forward, weight, swappedOut, [...places, outputs, ...taps], 3, 1, [counts[1], counts[0], counts[2]], 0);
  const whole = contiguousView([...places, outputs]);
  run(forward, weight, whole, [...places, outputs, ...taps], 3, 1, [counts[1], counts[0], counts[2]], 0);
  run(
    backward,
    grown,
    permuteView(weight, [1, 2, 3, 0]),
    [...taps, outputs, ...places],
    3,
    1,
    [counts[1], counts[2], counts[0]],
    0,
  );
}
