import {
  type ContractionKernel,
  contiguousView,
  contractionAsLoop,
  type DType,
  type Expr,
  type HostArray,
  hostArray,
  inputAccess,
  load,
  op,
  outputAccess,
  permuteView,
  stage,
  storeValue,
  type View,
  windowView,
} from '@flambeau/backend';
import { describe, expect, it } from 'vitest';
import { generateLoop } from '../generator/generate-loop.ts';
import { agree, RandomKernel } from '../testing/random-kernel.ts';
import { sliverWidth } from './micro-kernel.ts';
import { packedContraction } from './packed.ts';

const random = new RandomKernel(7);

function filled(dtype: DType, length: number): HostArray {
  const array = hostArray(dtype, length);
  for (let i = 0; i < length; i++) storeValue(array, dtype, i, random.below(200) - 100);
  return array;
}

/** Runs a contraction in blocks and as a plain sum, and compares. */
function check(kernel: ContractionKernel, extents: number[], views: View[], lengths: number[]): void {
  const declared = [...kernel.inputs, ...kernel.outputs];
  const arrays = lengths.map((length, i) => filled(declared[i] as DType, length));
  const launch = { extents, views, scalars: [] };
  const [packed, plain] = [packedContraction(kernel), generateLoop(contractionAsLoop(kernel))].map((run) => {
    const copies = arrays.map((data) => ({ data: data.slice() }));
    run(copies, launch);
    return (copies.at(-1) as { data: HostArray }).data;
  }) as [HostArray, HostArray];
  expect(agree(packed, plain, kernel.outputs[0] as DType, 1e-6)).toBe(true);
}

function matmul(dtype: DType, m: number, n: number, k: number, transposes: string, epilogue: Expr = stage(0)): void {
  const matrix = (rows: number, columns: number, transposed: boolean): View => ({
    shape: [rows, columns],
    strides: transposed ? [1, rows] : [columns, 1],
    offset: 0,
  });
  const a = matrix(m, k, transposes[0] === 't');
  const b = matrix(n, k, transposes[1] === 't');
  const out = matrix(m, n, transposes[2] === 't');
  const bias: View = { shape: [m, n], strides: [0, 1], offset: 0 };
  const biased = epilogue.kind === 'op';
  const kernel: ContractionKernel = {
    kind: 'contraction',
    inputs: biased ? [dtype, dtype, dtype] : [dtype, dtype],
    outputs: [dtype],
    scalars: [],
    axes: { batch: 0, m: 1, n: 1, k: 1 },
    accesses: [inputAccess(0, a), inputAccess(1, b), outputAccess(0, out), ...(biased ? [inputAccess(2, bias)] : [])],
    epilogue,
  };
  const lengths = [m * k, n * k, ...(biased ? [n] : []), m * n];
  check(kernel, [m, n, k], [a, b, out, ...(biased ? [bias] : [])], lengths);
}

describe('packed contractions equal plain sums', () => {
  const sizes: readonly (readonly [number, number, number])[] = [
    [1, 1, 1],
    [2, 5, 3],
    [3, 4, 7],
    [4, 3, 1],
    [5, 9, 2],
    [7, 6, 400],
    [121, 17, 5],
    [13, 257, 3],
    [130, 270, 20],
    [8, 10, 1000],
  ];
  it.each(sizes)('for %d x %d x %d', (m, n, k) => {
    for (const transposes of ['nnn', 'tnn', 'ntn', 'ttn', 'nnt']) matmul('float32', m, n, k, transposes);
  });

  it.each(['float64', 'float16', 'bfloat16', 'int8', 'uint8'] as const)('for %s', (dtype) => {
    matmul(dtype, 10, 11, 12, 'nnn');
    matmul(dtype, 33, 5, 40, 'tnt');
  });

  it('with an epilogue, also where rows and columns change roles', () => {
    const epilogue = op('max', op('add', stage(0), load(3)), load(3));
    matmul('float32', 20, 30, 40, 'nnn', epilogue);
    matmul('float32', 20, 30, 40, 'nnt', epilogue);
  });

  it.each([
    [1, 1, 1],
    [2, 1, 2],
    [1, 2, 4],
    [3, 2, 0],
  ])('for convolutions with stride %d, dilation %d and padding %d', (stride, dilation, padding) => {
    const [images, channels, size, outputs, length] = [2, 3, 9, 5, 3];
    const positions = Math.floor((size + 2 * padding - dilation * (length - 1) - 1) / stride) + 1;
    const axis = { kernel: length, stride, dilation, padding, positions };
    const image = windowView(contiguousView([images, channels, size, size]), [
      { ...axis, axis: 2 },
      { ...axis, axis: 3 },
    ]);
    const a = contiguousView([outputs, channels, length, length]);
    const b = permuteView(image, [0, 2, 3, 1, 4, 5]);
    const out = permuteView(contiguousView([images, outputs, positions, positions]), [1, 0, 2, 3]);
    const kernel: ContractionKernel = {
      kind: 'contraction',
      inputs: ['float32', 'float32'],
      outputs: ['float32'],
      scalars: [],
      axes: { batch: 0, m: 1, n: 3, k: 3 },
      accesses: [inputAccess(0, a), inputAccess(1, b), outputAccess(0, out)],
      epilogue: stage(0),
    };
    const extents = [outputs, images, positions, positions, channels, length, length];
    const lengths = [
      outputs * channels * length ** 2,
      images * channels * size ** 2,
      images * outputs * positions ** 2,
    ];
    check(kernel, extents, [a, b, out], lengths);
  });

  it('in batches, with a broadcast operand', () => {
    const a: View = { shape: [3, 6, 5], strides: [30, 5, 1], offset: 0 };
    const b: View = { shape: [3, 7, 5], strides: [0, 1, 7], offset: 0 };
    const out = contiguousView([3, 6, 7]);
    const kernel: ContractionKernel = {
      kind: 'contraction',
      inputs: ['float32', 'float32'],
      outputs: ['float32'],
      scalars: [],
      axes: { batch: 1, m: 1, n: 1, k: 1 },
      accesses: [inputAccess(0, a), inputAccess(1, b), outputAccess(0, out)],
      epilogue: stage(0),
    };
    check(kernel, [3, 6, 7, 5], [a, b, out], [90, 35, 126]);
  });
});

describe('slivers', () => {
  it('cover any number of lines without one of a single line', () => {
    for (let count = 1; count < 40; count++) {
      for (const widest of [3, 4]) {
        const widths: number[] = [];
        for (let rest = count; rest > 0; rest -= widths.at(-1) as number) widths.push(sliverWidth(rest, widest));
        expect(widths.reduce((sum, width) => sum + width, 0)).toBe(count);
        if (count > 1) expect(Math.min(...widths)).toBeGreaterThan(1);
        expect(Math.max(...widths)).toBeLessThanOrEqual(widest);
      }
    }
  });
});
