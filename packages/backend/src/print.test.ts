import { describe, expect, it } from 'vitest';
import { cast, constant, type Expr, gather, index, load, op, random, scalar, stage } from './expr.ts';
import { type ContractionKernel, inputAccess, type LoopKernel, outputAccess, type RoutineKernel } from './kernel.ts';
import { printExpr, printKernel, structuralKey } from './print.ts';
import { verifyKernel } from './verify.ts';
import { contiguousView, padView, permuteView, type View } from './view.ts';

/** `out = expr` over two axes with three inputs, read through `views`. */
function map(expr: Expr, views: readonly View[] = [], change: Partial<LoopKernel> = {}): LoopKernel {
  const plain = contiguousView([2, 3]);
  return {
    kind: 'loop',
    inputs: ['float32', 'float32', 'int32'],
    outputs: ['float32'],
    scalars: ['float32'],
    outer: 2,
    accesses: [0, 1, 2].map((i) => inputAccess(i, views[i] ?? plain)).concat(outputAccess(0, plain)),
    stages: [{ kind: 'store', access: 3, inner: 0, expr }],
    ...change,
  };
}

const rows: LoopKernel = {
  kind: 'loop',
  inputs: ['float32'],
  outputs: ['float32'],
  scalars: [],
  outer: 1,
  accesses: [inputAccess(0, contiguousView([2, 3])), outputAccess(0, contiguousView([2]))],
  stages: [
    { kind: 'reduce', op: 'sum', inner: 1, expr: load(0) },
    { kind: 'store', access: 1, inner: 0, expr: stage(0) },
  ],
};

const product: ContractionKernel = {
  kind: 'contraction',
  inputs: ['float32', 'float32', 'float32'],
  outputs: ['float32'],
  scalars: [],
  axes: { batch: 0, m: 1, n: 1, k: 1 },
  accesses: [
    inputAccess(0, contiguousView([4, 5])),
    inputAccess(1, contiguousView([6, 5])),
    outputAccess(0, contiguousView([4, 6])),
    inputAccess(2, { shape: [4, 6], strides: [0, 1], offset: 0 }),
  ],
  epilogue: op('add', stage(0), load(3)),
};

const routine: RoutineKernel = {
  kind: 'routine',
  name: 'sort',
  inputs: ['float32'],
  outputs: ['float32', 'int32'],
  scalars: [],
  attributes: { dim: 1, descending: false },
};

describe('printKernel', () => {
  it('writes a loop', () => {
    expect(printKernel(rows)).toBe(
      ['loop i0 (float32) -> (float32)', '  r0 = sum over j0 in0#0[i0:n j0:1]', '  out0#1[i0:1] = r0'].join('\n'),
    );
  });

  it('writes a contraction', () => {
    expect(printKernel(product)).toBe(
      [
        'contraction - | m0 | n0 | k0 (float32, float32, float32) -> (float32)',
        '  acc = sum over k0 mul(in0#0[m0:n k0:1], in1#1[n0:n k0:1])',
        '  out0#2[m0:n n0:1] = add(acc, in2#3[n0:1])',
      ].join('\n'),
    );
  });

  it('writes a routine with its attributes in one order', () => {
    expect(printKernel(routine)).toBe('routine sort (float32) -> (float32, int32) descending=false dim=1');
    expect(printKernel({ ...routine, attributes: { descending: false, dim: 1 } })).toBe(printKernel(routine));
  });

  it('writes every kind of expression', () => {
    const expr = op(
      'where',
      op('lt', index(1), cast(scalar(0), 'int32')),
      gather(0, [load(2)]),
      cast(random(constant(7, 'int32'), index(0)), 'float32'),
    );
    const table = { ...inputAccess(0, { shape: [2, 3, 9], strides: [0, 0, 4], offset: 0 }), fill: Number.NaN };
    const kernel = map(expr, [], { accesses: [table, ...map(expr).accesses.slice(1)] });
    expect(printExpr(kernel, expr)).toBe(
      'where(lt(i1, int32(s0)), in0#0[{in2#2[i0:n i1:1]}:n |fill NaN], float32(random(7:int32, i0)))',
    );
    const padded = map(load(0), [padView(contiguousView([2, 1]), [0, 1], [0, 1])]);
    expect(printExpr(padded, load(0))).toBe('in0#0[i0:1 i1:1 |1 bounds |fill 0]');
  });

  it('writes malformed kernels too', () => {
    expect(printExpr(map(load(9)), load(9))).toBe('?access9');
  });
});

describe('structuralKey', () => {
  const sum = op('add', load(0), load(1));
  const wide: View = { shape: [2, 3, 4], strides: [0, 0, 1], offset: 0 };
  const still: View = { shape: [2, 3, 1], strides: [0, 0, 0], offset: 0 };
  const looked = (view: View, fill: number, at: Expr): LoopKernel => {
    const kernel = map(gather(0, [at]));
    return { ...kernel, accesses: [{ ...inputAccess(0, view), fill }, ...kernel.accesses.slice(1)] };
  };
  const padded = padView(contiguousView([2, 1]), [0, 1], [0, 1]);
  const filled = (fill: number): LoopKernel => {
    const kernel = map(load(0), [padded]);
    return {
      ...kernel,
      accesses: [{ ...(kernel.accesses[0] as object), fill }, ...kernel.accesses.slice(1)],
    } as LoopKernel;
  };
  const kernels: Record<string, LoopKernel | ContractionKernel | RoutineKernel> = {
    'a sum': map(sum),
    'operands the other way round': map(op('add', load(1), load(0))),
    'another operation': map(op('sub', load(0), load(1))),
    'one buffer twice': map(op('add', load(0), load(0))),
    'a copy': map(load(0)),
    'a copy of another input': map(load(1)),
    'a transposed read': map(sum, [permuteView(contiguousView([3, 2]), [1, 0])]),
    'a repeated read': map(sum, [{ shape: [2, 3], strides: [0, 1], offset: 0 }]),
    'a bounded read': map(sum, [padded]),
    'fill 0': filled(0),
    'fill -0': filled(-0),
    'fill NaN': filled(Number.NaN),
    'constant 0': map(op('add', load(0), constant(0, 'float32'))),
    'constant -0': map(op('add', load(0), constant(-0, 'float32'))),
    'a constant cast to it': map(op('add', load(0), cast(constant(0, 'float64'), 'float32'))),
    'a scalar': map(op('add', load(0), scalar(0))),
    'another dtype of a scalar': map(cast(scalar(0), 'float32'), [], { scalars: ['float64'] }),
    'more scalars': map(sum, [], { scalars: ['float32', 'int32'] }),
    'another output dtype': map(cast(sum, 'float64'), [], { outputs: ['float64'] }),
    'another input dtype': map(cast(load(0), 'float32'), [], { inputs: ['float16', 'float32', 'int32'] }),
    'an index': map(cast(index(0), 'float32')),
    'another index': map(cast(index(1), 'float32')),
    'random bits': map(cast(random(index(0), index(1)), 'float32')),
    'random bits the other way': map(cast(random(index(1), index(0)), 'float32')),
    'a gather': looked(wide, 0, load(2)),
    'a gather with another fill': looked(wide, 1, load(2)),
    'a gather at another place': looked(wide, 0, index(1)),
    'a gather of one element': looked(still, 0, load(2)),
    'a gather of one element at another place': looked(still, 0, index(1)),
    'a row sum': rows,
    'a row product': {
      ...rows,
      stages: [{ kind: 'reduce', op: 'prod', inner: 1, expr: load(0) }, rows.stages[1]],
    } as LoopKernel,
    'a sum of nothing but itself': {
      ...rows,
      accesses: [inputAccess(0, contiguousView([2])), outputAccess(0, contiguousView([2]))],
      stages: [{ kind: 'reduce', op: 'sum', inner: 0, expr: load(0) }, rows.stages[1]],
    } as LoopKernel,
    'a contraction': product,
    'another group': { ...product, axes: { batch: 1, m: 0, n: 1, k: 1 } },
    'another epilogue': { ...product, epilogue: op('mul', stage(0), load(3)) },
    'a routine': routine,
    'another attribute': { ...routine, attributes: { dim: 0, descending: false } },
  };
  // The same accesses in another order: each load then finds its view elsewhere in the launch.
  kernels['accesses in another order'] = map(op('add', load(1), load(0)), [], {
    accesses: [1, 0, 2]
      .map((i) => inputAccess(i, contiguousView([2, 3])))
      .concat(outputAccess(0, contiguousView([2, 3]))),
  });

  it('differs between any two structures', () => {
    const seen = new Map<string, string>();
    for (const [name, kernel] of Object.entries(kernels)) {
      const key = structuralKey(kernel);
      expect(seen.get(key), name).toBeUndefined();
      seen.set(key, name);
    }
  });

  it('does not depend on sizes, offsets, strides beyond 1, or on which objects say it', () => {
    const other: View = { shape: [50, 70], strides: [300, 1], offset: 9 };
    const larger = map(sum, [other, other, other], {
      accesses: [0, 1, 2].map((i) => inputAccess(i, other)).concat(outputAccess(0, other)),
    });
    expect(structuralKey(larger)).toBe(structuralKey(map(op('add', load(0), load(1)))));
    expect(structuralKey(structuredClone(product))).toBe(structuralKey(product));
  });

  it('is asked of well-formed kernels', () => {
    verifyKernel(rows);
    verifyKernel(product);
    verifyKernel(routine);
  });
});
