import {
  type Access,
  type ContractionKernel,
  constant,
  contiguousView,
  gather,
  inputAccess,
  KernelError,
  type LoopKernel,
  load,
  op,
  outputAccess,
  padView,
  type ReduceOp,
  stage,
  type View,
  windowView,
} from '@flambeau/backend';
import { describe, expect, it } from 'vitest';
import { interpret } from './interpret.ts';

function storeKernel(overrides: Partial<LoopKernel>): LoopKernel {
  return {
    kind: 'loop',
    inputs: ['float32'],
    outputs: ['float32'],
    scalars: [],
    outer: 1,
    accesses: [],
    stages: [],
    ...overrides,
  };
}

describe('loop kernels', () => {
  it('adds a row to each row of a matrix', () => {
    const matrix = contiguousView([2, 3]);
    const row: View = { shape: [2, 3], strides: [0, 1], offset: 1 };
    const kernel = storeKernel({
      inputs: ['float32', 'float32'],
      outer: 2,
      accesses: [inputAccess(0, matrix), inputAccess(1, row), outputAccess(0, matrix)],
      stages: [{ kind: 'store', access: 2, inner: 0, expr: op('add', load(0), load(1)) }],
    });
    const out = new Float32Array(6);
    interpret(kernel, [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(99, 10, 20, 30), out], {
      extents: [2, 3],
      views: [matrix, row, matrix],
      scalars: [],
    });
    expect([...out]).toEqual([11, 22, 33, 14, 25, 36]);
  });

  it('normalises rows by their sum in two stages', () => {
    const rows = contiguousView([2, 2]);
    const kernel = storeKernel({
      accesses: [inputAccess(0, rows), inputAccess(0, rows), outputAccess(0, rows)],
      stages: [
        { kind: 'reduce', op: 'sum', inner: 1, expr: load(0) },
        { kind: 'store', access: 2, inner: 1, expr: op('div', load(1), stage(0)) },
      ],
    });
    const out = new Float32Array(4);
    const launch = { extents: [2, 2, 2], views: [rows, rows, rows], scalars: [] };
    interpret(kernel, [Float32Array.of(1, 3, 2, 2), out], launch);
    expect([...out]).toEqual([0.25, 0.75, 0.5, 0.5]);
  });

  it('rounds after each operation', () => {
    const view = contiguousView([1]);
    const big = op('add', load(0), constant(1, 'float32'));
    const kernel = storeKernel({
      accesses: [inputAccess(0, view), outputAccess(0, view)],
      stages: [{ kind: 'store', access: 1, inner: 0, expr: op('sub', big, load(0)) }],
    });
    const out = new Float32Array(1);
    interpret(kernel, [Float32Array.of(2 ** 24), out], { extents: [1], views: [view, view], scalars: [] });
    expect(out[0]).toBe(0);
  });

  it('reads the fill value outside bounds and outside a gathered axis', () => {
    const padded = padView(contiguousView([2]), [1], [1]);
    const kernel = storeKernel({
      accesses: [inputAccess(0, padded, 7), outputAccess(0, contiguousView([4]))],
      stages: [{ kind: 'store', access: 1, inner: 0, expr: load(0) }],
    });
    const out = new Float32Array(4);
    interpret(kernel, [Float32Array.of(1, 2), out], {
      extents: [4],
      views: [padded, contiguousView([4])],
      scalars: [],
    });
    expect([...out]).toEqual([7, 1, 2, 7]);

    const table: View = { shape: [4, 3], strides: [0, 1], offset: 0 };
    const lookup = storeKernel({
      inputs: ['float32', 'int32'],
      accesses: [inputAccess(0, table, -1), inputAccess(1, contiguousView([4])), outputAccess(0, contiguousView([4]))],
      stages: [{ kind: 'store', access: 2, inner: 0, expr: gather(0, [load(1)]) }],
    });
    const views = [table, contiguousView([4]), contiguousView([4])];
    interpret(lookup, [Float32Array.of(5, 6, 8), Int32Array.of(2, -1, 0, 3), out], {
      extents: [4],
      views,
      scalars: [],
    });
    expect([...out]).toEqual([8, -1, 5, -1]);
  });

  const reductions: readonly [ReduceOp, readonly number[], number][] = [
    ['sum', [1, 2, 4], 7],
    ['prod', [2, 3, 4], 24],
    ['max', [1, Number.NaN, 4], Number.NaN],
    ['min', [3, -2, 4], -2],
    ['argmax', [1, 5, 5], 1],
    ['argmax', [1, Number.NaN, 9], 1],
    ['argmin', [4, 2, 2], 1],
    ['sum', [], 0],
    ['prod', [], 1],
    ['max', [], Number.NEGATIVE_INFINITY],
    ['argmin', [], 0],
  ];
  it.each(reductions)('%s of [%s] is %d', (reduceOp, values, expected) => {
    const line = contiguousView([values.length]);
    const scalar = contiguousView([]);
    const isArg = reduceOp.startsWith('arg');
    const kernel = storeKernel({
      outer: 0,
      outputs: [isArg ? 'int32' : 'float32'],
      accesses: [inputAccess(0, line), outputAccess(0, scalar)],
      stages: [
        { kind: 'reduce', op: reduceOp, inner: 1, expr: load(0) },
        { kind: 'store', access: 1, inner: 0, expr: stage(0) },
      ],
    });
    const out = isArg ? new Int32Array(1) : new Float32Array(1);
    const launch = { extents: [values.length], views: [line, scalar], scalars: [] };
    interpret(kernel, [Float32Array.from(values), out], launch);
    expect(out[0]).toEqual(expected);
  });

  it('wraps sums of integers at their dtype', () => {
    const line = contiguousView([2]);
    const kernel = storeKernel({
      inputs: ['int8'],
      outputs: ['int8'],
      outer: 0,
      accesses: [inputAccess(0, line), outputAccess(0, contiguousView([]))],
      stages: [
        { kind: 'reduce', op: 'sum', inner: 1, expr: load(0) },
        { kind: 'store', access: 1, inner: 0, expr: stage(0) },
      ],
    });
    const out = new Int8Array(1);
    interpret(kernel, [Int8Array.of(100, 100), out], { extents: [2], views: [line, contiguousView([])], scalars: [] });
    expect(out[0]).toBe(-56);
  });
});

describe('contractions', () => {
  const accesses = (views: readonly View[]): Access[] => [
    inputAccess(0, views[0] as View),
    inputAccess(1, views[1] as View),
    outputAccess(0, views[2] as View),
  ];

  it('multiplies matrices and applies the epilogue', () => {
    const a = contiguousView([2, 2]);
    const b: View = { shape: [2, 2], strides: [1, 2], offset: 0 };
    const kernel: ContractionKernel = {
      kind: 'contraction',
      inputs: ['float32', 'float32'],
      outputs: ['float32'],
      scalars: [],
      axes: { batch: 0, m: 1, n: 1, k: 1 },
      accesses: accesses([a, b, a]),
      epilogue: op('max', stage(0), constant(20, 'float32')),
    };
    const out = new Float32Array(4);
    interpret(kernel, [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8), out], {
      extents: [2, 2, 2],
      views: [a, b, a],
      scalars: [],
    });
    expect([...out]).toEqual([20, 22, 43, 50]);
  });

  it('convolves through a padded window', () => {
    const window = { axis: 0, kernel: 3, stride: 1, dilation: 1, padding: 1, positions: 3 };
    const image = windowView(contiguousView([3]), [window]);
    const weight: View = { shape: [3], strides: [1], offset: 0 };
    const result = contiguousView([3]);
    const kernel: ContractionKernel = {
      kind: 'contraction',
      inputs: ['float32', 'float32'],
      outputs: ['float32'],
      scalars: [],
      axes: { batch: 0, m: 1, n: 0, k: 1 },
      accesses: accesses([image, weight, result]),
      epilogue: stage(0),
    };
    const out = new Float32Array(3);
    interpret(kernel, [Float32Array.of(1, 2, 3), Float32Array.of(1, 10, 100), out], {
      extents: [3, 3],
      views: [image, weight, result],
      scalars: [],
    });
    expect([...out]).toEqual([210, 321, 32]);
  });
});

describe('what is wrong is said', () => {
  const view = contiguousView([3]);
  const kernel = storeKernel({
    accesses: [inputAccess(0, view), outputAccess(0, view)],
    stages: [{ kind: 'store', access: 1, inner: 0, expr: load(0) }],
  });

  it('when a view reaches past its buffer', () => {
    const launch = { extents: [3], views: [view, view], scalars: [] };
    expect(() => interpret(kernel, [new Float32Array(2), new Float32Array(3)], launch)).toThrow(KernelError);
  });

  it('when a bounded read reaches past its buffer', () => {
    const beyond: View = { ...view, bounds: [{ start: 0, coefficients: [1], extent: 3 }] };
    const bounded = { ...kernel, accesses: [inputAccess(0, beyond), outputAccess(0, view)] };
    const launch = { extents: [3], views: [beyond, view], scalars: [] };
    expect(() => interpret(bounded, [new Float32Array(2), new Float32Array(3)], launch)).toThrow(
      /element 2 of a buffer of 2/,
    );
  });

  it('when the kernel is malformed', () => {
    const broken = { ...kernel, stages: [] };
    expect(() => interpret(broken, [], { extents: [], views: [], scalars: [] })).toThrow(KernelError);
  });
});
