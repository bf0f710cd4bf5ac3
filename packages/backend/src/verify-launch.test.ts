import { describe, expect, it } from 'vitest';
import type { DeviceBuffer } from './backend.ts';
import type { DType } from './dtype.ts';
import { gather, load, op, scalar, stage } from './expr.ts';
import {
  type ContractionKernel,
  inputAccess,
  type Kernel,
  type Launch,
  type LoopKernel,
  outputAccess,
  type RoutineKernel,
} from './kernel.ts';
import { accessExtents, verifyLaunch } from './verify-launch.ts';
import { contiguousView, padView, type Shape, sliceView, type View } from './view.ts';

const buffer = (dtype: DType, length: number): DeviceBuffer => ({ dtype, length });
const plain = contiguousView([4, 3]);

/** `out = in0 + s0` over two axes. */
const sum: LoopKernel = {
  kind: 'loop',
  inputs: ['float32'],
  outputs: ['float32'],
  scalars: ['float32'],
  outer: 2,
  accesses: [inputAccess(0, plain), outputAccess(0, plain)],
  stages: [{ kind: 'store', access: 1, inner: 0, expr: op('add', load(0), scalar(0)) }],
};

/** Rows less their maximum: the input is read in two stages, through two accesses. */
const centred: LoopKernel = {
  kind: 'loop',
  inputs: ['float32'],
  outputs: ['float32'],
  scalars: [],
  outer: 1,
  accesses: [inputAccess(0, plain), inputAccess(0, plain), outputAccess(0, plain)],
  stages: [
    { kind: 'reduce', op: 'max', inner: 1, expr: load(0) },
    { kind: 'store', access: 2, inner: 1, expr: op('sub', load(1), stage(0)) },
  ],
};

/** Stores, then reads the input again in a later stage. */
const late: LoopKernel = {
  ...centred,
  outputs: ['float32', 'float32'],
  accesses: [inputAccess(0, plain), outputAccess(0, plain), inputAccess(0, plain), outputAccess(1, plain)],
  stages: [
    { kind: 'store', access: 1, inner: 1, expr: load(0) },
    { kind: 'store', access: 3, inner: 1, expr: load(2) },
  ],
};

const table: View = { shape: [4, 3, 5], strides: [0, 0, 1], offset: 0 };
const lookup: LoopKernel = {
  ...sum,
  inputs: ['float32', 'int32'],
  scalars: [],
  accesses: [inputAccess(0, table), inputAccess(1, plain), outputAccess(0, plain)],
  stages: [{ kind: 'store', access: 2, inner: 0, expr: gather(0, [load(1)]) }],
};

const product: ContractionKernel = {
  kind: 'contraction',
  inputs: ['float32', 'float32'],
  outputs: ['float32'],
  scalars: [],
  axes: { batch: 0, m: 1, n: 1, k: 1 },
  accesses: [inputAccess(0, plain), inputAccess(1, plain), outputAccess(0, contiguousView([4, 4]))],
  epilogue: stage(0),
};

const routine = (
  name: RoutineKernel['name'],
  attributes: RoutineKernel['attributes'],
  inputs: DType[],
  outputs: DType[],
): RoutineKernel => ({
  kind: 'routine',
  name,
  inputs,
  outputs,
  scalars: [],
  attributes,
});
const sort = routine('sort', { dim: 1, descending: false }, ['float32'], ['float32', 'int32']);
const scatter = routine('scatter', { dim: 0, reduce: 'sum' }, ['int32', 'float32'], ['float32']);
const nonzero = routine('nonzero', {}, ['float32'], ['int32', 'int32']);

/** A launch of `sum` with parts replaced. */
const launch = (change: Partial<Launch> = {}): Launch => ({
  extents: [4, 3],
  views: [plain, plain],
  scalars: [1],
  ...change,
});
const two = (): DeviceBuffer[] => [buffer('float32', 12), buffer('float32', 12)];
const routineLaunch = (...shapes: Shape[]): Launch => ({
  extents: [],
  scalars: [],
  views: shapes.map((s) => contiguousView(s)),
});

type Row = readonly [string, Kernel, readonly DeviceBuffer[], Launch];

const shared = buffer('float32', 40);
const backwards = sliceView(plain, 0, 3, 4, -1);

const malformed: readonly Row[] = [
  ['needs 2 buffers; got 1.', sum, [buffer('float32', 12)], launch()],
  ['buffer 1 must be float32; got int32.', sum, [buffer('float32', 12), buffer('int32', 12)], launch()],
  ['needs 1 scalars; got 0.', sum, two(), launch({ scalars: [] })],
  ['scalar 0 is float32 and cannot be bigint 1.', sum, two(), launch({ scalars: [1n] })],
  ['needs 2 extents; got 3.', sum, two(), launch({ extents: [4, 3, 1] })],
  ['an extent cannot be -3.', sum, two(), launch({ extents: [4, -3] })],
  ['an extent cannot be 1.5.', sum, two(), launch({ extents: [4, 1.5] })],
  ['needs 2 views; got 1.', sum, two(), launch({ views: [plain] })],
  [
    'view 0 has 2 sizes and 1 strides.',
    sum,
    two(),
    launch({ views: [{ shape: [4, 3], strides: [1], offset: 0 }, plain] }),
  ],
  ['view 1 has a size, stride or offset of 0.5.', sum, two(), launch({ views: [plain, { ...plain, offset: 0.5 }] })],
  [
    'view 0 has a bound that is not over 2 axes.',
    sum,
    two(),
    launch({ views: [{ ...plain, bounds: [{ start: 0, coefficients: [1], extent: 1 }] }, plain] }),
  ],
  [
    'view 0 reaches elements 1 to 12 of a buffer of 12.',
    sum,
    two(),
    launch({ views: [contiguousView([4, 3], 1), plain] }),
  ],
  [
    'view 1 reaches elements -3 to 8 of a buffer of 12.',
    sum,
    two(),
    launch({ views: [plain, contiguousView([4, 3], -3)] }),
  ],
  [
    'view 0 has shape [3,4], its axes have extents [4,3].',
    sum,
    two(),
    launch({ views: [contiguousView([3, 4]), plain] }),
  ],
  [
    'view 0 needs rank 3.',
    lookup,
    [buffer('float32', 12), buffer('int32', 12), buffer('float32', 12)],
    { extents: [4, 3], scalars: [], views: [plain, plain, plain] },
  ],
  ['view 0 needs 0 bounds.', sum, two(), launch({ views: [padView(contiguousView([3, 3]), [1, 0], [0, 0]), plain] })],
  [
    "view 0 has stride 2 along axis 1, which was compiled as 'unit'.",
    sum,
    [buffer('float32', 30), buffer('float32', 12)],
    launch({ views: [{ shape: [4, 3], strides: [6, 2], offset: 0 }, plain] }),
  ],
  [
    "view 0 has stride 1 along axis 0, which was compiled as 'zero'.",
    lookup,
    [buffer('float32', 12), buffer('int32', 12), buffer('float32', 12)],
    { extents: [4, 3], scalars: [], views: [{ shape: [4, 3, 5], strides: [1, 0, 1], offset: 0 }, plain, plain] },
  ],
  [
    'view 1 writes an element twice.',
    sum,
    two(),
    launch({ views: [plain, { shape: [4, 3], strides: [2, 1], offset: 0 }] }),
  ],
  [
    'view 1 writes elements that view 0 reads at another place or time.',
    sum,
    [shared, shared],
    launch({ views: [contiguousView([4, 3], 1), plain] }),
  ],
  [
    'view 1 writes elements that view 0 reads at another place or time.',
    sum,
    [shared, shared],
    launch({ views: [backwards, plain] }),
  ],
  [
    'view 1 writes elements that view 2 reads at another place or time.',
    late,
    [shared, shared, buffer('float32', 12)],
    { extents: [4, 3, 3], scalars: [], views: [plain, plain, plain, plain] },
  ],
  [
    'view 2 writes elements that view 0 reads at another place or time.',
    lookup,
    [shared, buffer('int32', 12), shared],
    { extents: [4, 3], scalars: [], views: [table, plain, plain] },
  ],
  [
    'view 2 writes elements that view 0 reads at another place or time.',
    product,
    [shared, buffer('float32', 12), shared],
    { extents: [4, 4, 3], scalars: [], views: [plain, plain, contiguousView([4, 4])] },
  ],
  [
    'needs 0 extents; got 1.',
    sort,
    [buffer('float32', 6), buffer('float32', 6), buffer('int32', 6)],
    { ...routineLaunch([2, 3], [2, 3], [2, 3]), extents: [2] },
  ],
  [
    "operands of 'sort' must have one shape; got [2,3], [2,3], [3,2].",
    sort,
    [buffer('float32', 6), buffer('float32', 6), buffer('int32', 6)],
    routineLaunch([2, 3], [2, 3], [3, 2]),
  ],
  [
    'dim 1 is not an axis of [3].',
    sort,
    [buffer('float32', 6), buffer('float32', 6), buffer('int32', 6)],
    routineLaunch([3], [3], [3]),
  ],
  [
    'view 0 of a routine has bounds.',
    sort,
    [buffer('float32', 6), buffer('float32', 6), buffer('int32', 6)],
    {
      ...routineLaunch([1, 1], [1, 1], [1, 1]),
      views: [padView(contiguousView([0, 1]), [1, 0], [0, 0]), contiguousView([1, 1]), contiguousView([1, 1])],
    },
  ],
  [
    'view 1 writes elements that view 0 reads at another place or time.',
    sort,
    [shared, shared, buffer('int32', 6)],
    routineLaunch([2, 3], [2, 3], [2, 3]),
  ],
  [
    "operands of 'scatter' must have one shape; got [2,3], [2,2].",
    scatter,
    [buffer('int32', 6), buffer('float32', 6), buffer('float32', 6)],
    routineLaunch([2, 3], [2, 2], [2, 3]),
  ],
  [
    "the target [5,2] of 'scatter' must hold [2,3] but along dim 0.",
    scatter,
    [buffer('int32', 6), buffer('float32', 6), buffer('float32', 10)],
    routineLaunch([2, 3], [2, 3], [5, 2]),
  ],
  [
    "'nonzero' of [2,3] needs outputs [capacity, 2] and [1]; got [6,3] and [1].",
    nonzero,
    [buffer('float32', 6), buffer('int32', 18), buffer('int32', 1)],
    routineLaunch([2, 3], [6, 3], [1]),
  ],
  [
    "'nonzero' of [2,3] needs outputs [capacity, 2] and [1]; got [6,2] and [].",
    nonzero,
    [buffer('float32', 6), buffer('int32', 18), buffer('int32', 1)],
    routineLaunch([2, 3], [6, 2], []),
  ],
];

describe('verifyLaunch', () => {
  it.each(malformed)('says: %s (%#)', (message, kernel, buffers, numbers) => {
    expect(() => verifyLaunch(kernel, buffers, numbers)).toThrow(`[kernel] ${message}\n`);
  });

  it.each([
    ['plain', sum, two(), launch()],
    ['in place', sum, [shared, shared], launch()],
    ['into the other half of a buffer', sum, [shared, shared], launch({ views: [plain, contiguousView([4, 3], 12)] })],
    [
      'into other columns of a buffer',
      {
        ...sum,
        accesses: [inputAccess(0, { ...plain, strides: [6, 1] }), outputAccess(0, { ...plain, strides: [6, 1] })],
      },
      [shared, shared],
      launch({ views: [0, 3].map((offset) => ({ shape: [4, 3], strides: [6, 1], offset })) }),
    ],
    ['rows in place', centred, [shared, shared], { extents: [4, 3, 3], scalars: [], views: [plain, plain, plain] }],
    [
      'nothing at all',
      sum,
      [buffer('float32', 0), buffer('float32', 0)],
      launch({ extents: [0, 3], views: [contiguousView([0, 3]), contiguousView([0, 3])] }),
    ],
    [
      'an axis of one element with any stride',
      sum,
      two(),
      launch({ extents: [4, 1], views: [0, 1].map(() => ({ shape: [4, 1], strides: [3, 8], offset: 0 })) }),
    ],
    [
      'a lookup in a larger table',
      lookup,
      [buffer('float32', 5), buffer('int32', 12), buffer('float32', 12)],
      { extents: [4, 3], scalars: [], views: [table, plain, plain] },
    ],
    [
      'a sort',
      sort,
      [buffer('float32', 6), buffer('float32', 6), buffer('int32', 6)],
      routineLaunch([2, 3], [2, 3], [2, 3]),
    ],
    [
      'a scatter into a longer target',
      scatter,
      [buffer('int32', 6), buffer('float32', 6), buffer('float32', 30)],
      routineLaunch([2, 3], [2, 3], [10, 3]),
    ],
    [
      'a nonzero with little room',
      nonzero,
      [buffer('float32', 6), buffer('int32', 2), buffer('int32', 1)],
      routineLaunch([2, 3], [1, 2], [1]),
    ],
  ] as readonly Row[])('accepts %s', (_, kernel, buffers, numbers) => {
    expect(() => verifyLaunch(kernel, buffers, numbers)).not.toThrow();
  });
});

describe('accessExtents', () => {
  it('gives every access of a loop the axes of its stage', () => {
    expect(accessExtents(centred, [4, 3, 5])).toEqual([
      [4, 3],
      [4, 5],
      [4, 5],
    ]);
  });

  it('gives operands and result of a contraction their groups', () => {
    const kernel: ContractionKernel = { ...product, axes: { batch: 1, m: 2, n: 1, k: 1 } };
    expect(accessExtents(kernel, [2, 3, 4, 5, 6])).toEqual([
      [2, 3, 4, 6],
      [2, 5, 6],
      [2, 3, 4, 5],
    ]);
  });
});
