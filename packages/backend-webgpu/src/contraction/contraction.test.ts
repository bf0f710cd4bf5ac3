import {
  type ContractionKernel,
  contiguousView,
  type DType,
  inputAccess,
  type Launch,
  load,
  numel,
  op,
  outputAccess,
  permuteView,
  scalar,
  stage,
  type View,
  windowView,
} from '@flambeau/backend';
import { Draw, type KernelCase, layAs, Session, wholeValues } from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';
import { describe, expect, it } from 'vitest';
import { openWebGpu } from '../backend.ts';
import type { DeviceLimits } from '../limits.ts';
import { leastLimits } from '../testing/limits.ts';
import { packShader } from './pack.ts';
import { planPacked } from './packed-plan.ts';
import { pathOf } from './path.ts';
import { productShader } from './product.ts';
import { rolesOf } from './roles.ts';
import { tileShader } from './tile-shader.ts';

const LIMITS: DeviceLimits = { ...leastLimits, subgroups: true, software: true };

/** A case on small whole numbers, whose sums of products are exact. */
function wholeCase(kernel: ContractionKernel, launch: Launch, lengths: readonly number[]): KernelCase {
  const draw = new Draw(lengths.reduce((sum, length) => sum + length, 0));
  const dtypes = [...kernel.inputs, ...kernel.outputs];
  const arrays = lengths.map((length, i) => {
    const dtype = dtypes[i] as DType;
    return layAs(dtype, wholeValues(dtype, length, draw, 3), [length], 'contiguous', draw).array;
  });
  return { kernel, launch, arrays };
}

/** A product of matrices; `layouts`: `n`ormal, `t`ransposed or with `s`paces, of A, B (over n and k) and the result. */
function matmul(m: number, n: number, k: number, layouts: string, dtype: DType = 'float32', batch = 0): KernelCase {
  const matrix = (rows: number, columns: number, layout: string | undefined): View => {
    const strides = layout === 't' ? [1, rows] : layout === 's' ? [2 * columns, 2] : [columns, 1];
    const view = { shape: [rows, columns], strides, offset: layout === 's' ? 1 : 0 };
    if (!batch) return view;
    return { shape: [batch, rows, columns], strides: [2 * rows * columns, ...strides], offset: view.offset };
  };
  const [a, b, out] = [matrix(m, k, layouts[0]), matrix(n, k, layouts[1]), matrix(m, n, layouts[2])];
  const kernel: ContractionKernel = {
    kind: 'contraction',
    inputs: [dtype, dtype],
    outputs: [dtype],
    scalars: [],
    axes: { batch: batch ? 1 : 0, m: 1, n: 1, k: 1 },
    accesses: [inputAccess(0, a), inputAccess(1, b), outputAccess(0, out)],
    epilogue: stage(0),
  };
  const extents = batch ? [batch, m, n, k] : [m, n, k];
  const lengths = [a, b, out].map((view) => 2 * numel(view.shape) + 2);
  return wholeCase(kernel, { extents, views: [a, b, out], scalars: [] }, lengths);
}

/** `(A Bᵀ + bias + residual) · scalar`. */
function epilogue(m: number, n: number, k: number): KernelCase {
  const { kernel, launch, arrays } = matmul(m, n, k, 'ntn');
  const { accesses } = kernel as ContractionKernel;
  const bias: View = { shape: [m, n], strides: [0, 1], offset: 0 };
  const residual = contiguousView([m, n]);
  const [a, b, out] = arrays.map(({ length }) => length) as [number, number, number];
  return wholeCase(
    {
      ...(kernel as ContractionKernel),
      inputs: ['float32', 'float32', 'float32', 'float32'],
      scalars: ['float32'],
      accesses: [...accesses, inputAccess(2, bias), inputAccess(3, residual)],
      epilogue: op('mul', op('add', op('add', stage(0), load(3)), load(4)), scalar(0)),
    },
    { ...launch, views: [...launch.views, bias, residual], scalars: [0.5] },
    [a, b, n, m * n, out],
  );
}

/** A padded convolution of images, or its gradient by the weight. */
function convolution(byWeight: boolean): KernelCase {
  const [images, cin, cout, size] = [2, 6, 10, 9];
  const windows = windowView(
    contiguousView([images, cin, size, size]),
    [2, 3].map((axis) => ({ axis, kernel: 3, stride: 1, dilation: 1, padding: 1, positions: size })),
  );
  const image = contiguousView([images, cout, size, size]);
  const weight = contiguousView([cout, cin, 3, 3]);
  const positions = [images, size, size];
  const window = [cin, 3, 3];
  const views = byWeight
    ? [permuteView(image, [1, 0, 2, 3]), permuteView(windows, [1, 4, 5, 0, 2, 3]), weight]
    : [permuteView(windows, [0, 2, 3, 1, 4, 5]), weight, permuteView(image, [0, 2, 3, 1])];
  const [a, b, out] = views as [View, View, View];
  const [pixels, parameters, results] = [images * cin * size ** 2, cout * cin * 9, images * cout * size ** 2];
  return wholeCase(
    {
      kind: 'contraction',
      inputs: ['float32', 'float32'],
      outputs: ['float32'],
      scalars: [],
      axes: byWeight ? { batch: 0, m: 1, n: 3, k: 3 } : { batch: 0, m: 3, n: 1, k: 3 },
      accesses: [inputAccess(0, a), inputAccess(1, b), outputAccess(0, out)],
      epilogue: stage(0),
    },
    { extents: byWeight ? [cout, ...window, ...positions] : [...positions, cout, ...window], views, scalars: [] },
    byWeight ? [results, pixels, parameters] : [pixels, parameters, results],
  );
}

const CASES: Readonly<Record<string, KernelCase>> = {
  'rows and columns as they lie': matmul(48, 64, 32, 'nnn'),
  'all transposed': matmul(48, 64, 32, 'ttt'),
  'odd sizes': matmul(45, 67, 29, 'ntn'),
  'spaces between elements': matmul(45, 67, 29, 'sss'),
  'few rows, long sums': matmul(5, 9, 1030, 'nnn'),
  'long sums over strides': matmul(9, 5, 1030, 'tsn'),
  'a batch': matmul(20, 30, 40, 'ntn', 'float32', 3),
  'a batch of odd sizes': matmul(21, 31, 41, 'nnt', 'float32', 2),
  float16: matmul(33, 35, 40, 'ntn', 'float16'),
  'transposed bfloat16': matmul(33, 35, 40, 'tnn', 'bfloat16'),
  'an epilogue': epilogue(37, 41, 30),
  'a convolution': convolution(false),
  'a convolution by its weight': convolution(true),
};

for (const software of [true, false]) {
  describe(`contractions in blocks, made for ${software ? 'programs' : 'GPUs'}`, () => {
    const session = new Session({ name: 'webgpu', create: () => openWebGpu({ software }), reference: interpret });
    session.manage();

    it.each(Object.entries(CASES))('%s', (_, sample) => session.check(sample));
  });
}

describe('plans', () => {
  const plan = (
    rows: number,
    columns: number,
    depth: number,
    forms: readonly ['depth' | 'single', 'depth' | 'single'] = ['depth', 'depth'],
    bindingBytes = 2 ** 30,
  ) => planPacked({ sizes: { batches: 1, rows, columns, depth }, forms, quads: true, bindingBytes });

  it('take large blocks for large products', () => {
    expect(plan(512, 512, 512)).toMatchObject({ block: { rows: 16, columns: 8 }, packs: false, parts: 1 });
  });

  it('turn narrow products round', () => {
    expect(plan(128, 10, 256)).toMatchObject({ swap: true });
    expect(plan(10, 128, 256)).toMatchObject({ swap: false });
  });

  it('cut long sums of few results', () => {
    const { parts, partDepth } = plan(16, 16, 8192);
    expect(parts).toBeGreaterThan(1);
    expect(parts * partDepth).toBeGreaterThanOrEqual(8192);
  });

  it('pack the smaller operand of two that must be packed, within bounds', () => {
    const whole = plan(3136, 32, 288, ['single', 'single']);
    expect(whole).toMatchObject({ packs: true, swap: false, chunk: { columnPanels: whole.columnPanels } });
    const tight = plan(4096, 4096, 512, ['single', 'single'], 2 ** 20);
    expect(tight.chunk.columnPanels).toBeLessThan(tight.columnPanels);
    expect(4 * tight.block.columns * 4 * 512 * tight.chunk.columnPanels).toBeLessThanOrEqual(2 ** 20);
  });
});

describe('paths', () => {
  const launch = (extents: number[]): Launch => ({ extents, views: [], scalars: [] });
  const view = (strides: number[]): View => ({ shape: strides, strides, offset: 0 });

  it('merge axes that are walked as one, and drop those that do not move', () => {
    const group = { axes: 3, extent: 0, axis: 0 };
    expect(pathOf(launch([2, 3, 4]), view([12, 4, 1]), group)).toEqual({ sizes: [24], steps: [[1]] });
    expect(pathOf(launch([2, 1, 4]), view([9, 77, 2]), group)).toEqual({ sizes: [2, 4], steps: [[9], [2]] });
    expect(pathOf(launch([2, 3, 4]), view([0, 0, 0]), group)).toEqual({ sizes: [], steps: [] });
  });
});

describe('shaders', () => {
  const kernel = matmul(8, 8, 8, 'ntn', 'float16').kernel as ContractionKernel;
  const roles = rolesOf(kernel, false);
  const results = { axes: [[0, 1, 1]] as const, shared: [0] };
  const rows = { axes: [0, 1, 1, true] as const, form: 'depth' as const };
  const product = (limits: DeviceLimits): string =>
    productShader(
      kernel,
      roles,
      { block: { rows: 4, columns: 4 }, rows, columns: null, results, isWhole: true },
      limits,
    ).code;

  it('say first what they need', () => {
    expect(product({ ...LIMITS, f16: true })).toMatch(/^enable f16;\nenable subgroups;\n/);
    expect(product(LIMITS)).toMatch(/^enable subgroups;\n@group/);
    expect(product({ ...LIMITS, subgroups: false })).not.toMatch(/enable|quad/);
  });

  it('multiply with sums in registers', () => {
    expect(product(LIMITS)).toMatchSnapshot();
  });

  it('pack through bounds', () => {
    const operand = { dtype: 'float32', bounds: 1, fill: 0, axes: [0, 2, 1, true] } as const;
    expect(packShader({ operand, width: 16 }, LIMITS).code).toMatchSnapshot();
  });

  it('multiply by tiles of workgroup memory', () => {
    const tile = { rows: 8, columns: 8, depth: 4, rowVectors: 1, columnVectors: 1 };
    const side = { axes: [0, 1, 1, true], along: 'depth' } as const;
    const variant = { tile, rows: side, columns: side, results };
    expect(tileShader(kernel, roles, variant, { ...LIMITS, software: false }).code).toMatchSnapshot();
  });
});
