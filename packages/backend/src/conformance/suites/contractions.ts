import { describe } from 'vitest';
import { type DType, dtypeNames, dtypes, isFloat } from '../../dtype.ts';
import { cast, constant, type Expr, index, load, op, stage } from '../../expr.ts';
import { computeDType } from '../../kernel.ts';
import type { Shape, View } from '../../view.ts';
import { contractionCase, type Groups, type Order, orders } from '../contraction-case.ts';
import type { CaseBuilder } from '../kernel-case.ts';
import { layAs } from '../layouts.ts';
import type { Session } from '../session.ts';
import { sampleValues } from '../values.ts';

/** Sizes around the tiles that backends like, as [m, n, k]. */
const SIZES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 1, 70],
  [1, 17, 5],
  [17, 1, 5],
  [2, 3, 4],
  [3, 5, 7],
  [4, 4, 4],
  [5, 8, 9],
  [7, 7, 7],
  [8, 8, 8],
  [9, 15, 16],
  [16, 16, 17],
  [31, 33, 3],
  [33, 31, 2],
  [63, 5, 65],
  [64, 64, 64],
  [65, 67, 13],
  [70, 69, 70],
];

const matrix = (m: number, n: number, k: number, batch: Shape = []): Groups => ({ batch, m: [m], n: [n], k: [k] });

/** Contractions: sizes, transposes, groups, dtypes, epilogues. */
export function describeContractions(session: Session): void {
  const dtypesHere = dtypeNames.filter((dtype) => dtype !== 'bool');
  describe('contraction', () => {
    for (const dtype of dtypesHere) {
      session.test(`sizes in ${dtype}`, [dtype], async () => {
        const draw = session.draw(40);
        const sizes = dtype === 'float32' ? SIZES : SIZES.filter((_, i) => i % 3 === 1);
        for (const [m, n, k] of sizes)
          await session.check(contractionCase(matrix(m, n, k), { dtype }, draw), `${m}×${n}×${k}`);
      });

      session.test(`orders of operands in ${dtype}`, [dtype], async () => {
        const draw = session.draw(41);
        for (const a of orders) {
          for (const b of orders) {
            await session.check(contractionCase(matrix(5, 9, 6, [3]), { dtype, a, b }, draw), `${a} by ${b}`);
          }
        }
        for (const out of orders.filter((order) => order !== 'repeated')) {
          await session.check(contractionCase(matrix(6, 7, 3, [2]), { dtype, out }, draw), `into ${out}`);
        }
      });

      session.test(`nothing to add or nowhere to write in ${dtype}`, [dtype], async () => {
        const draw = session.draw(42);
        for (const [m, n, k] of [
          [3, 4, 0],
          [0, 4, 3],
          [3, 0, 3],
          [0, 0, 0],
        ] as const) {
          await session.check(contractionCase(matrix(m, n, k), { dtype }, draw), `${m}×${n}×${k}`);
          await session.check(contractionCase(matrix(m, n, k, [2]), { dtype }, draw), `2 of ${m}×${n}×${k}`);
        }
        await session.check(contractionCase(matrix(3, 4, 5, [0]), { dtype }, draw), 'no batch');
      });
    }

    session.test('every transpose of every size', ['float32'], async () => {
      const draw = session.draw(43);
      const sides: Order[] = ['batch row column', 'batch column row'];
      for (const [m, n, k] of SIZES) {
        for (const a of sides) {
          for (const b of sides) {
            const out = draw.pick(['batch row column', 'batch column row'] as const);
            await session.check(
              contractionCase(matrix(m, n, k), { dtype: 'float32', a, b, out }, draw),
              `${m}×${n}×${k}, ${a} by ${b} into ${out}`,
            );
          }
        }
      }
    });

    session.test('sizes beyond the blocks of a cache', ['float32'], async () => {
      const draw = session.draw(54);
      for (const [m, n, k] of [
        [66, 70, 260],
        [3, 270, 520],
        [270, 3, 130],
      ] as const) {
        for (const b of ['batch row column', 'batch column row'] as Order[]) {
          await session.check(contractionCase(matrix(m, n, k), { dtype: 'float32', b }, draw), `${m}×${n}×${k}, ${b}`);
        }
      }
    });

    session.test('random odd sizes from 1 to 70', ['float32'], async () => {
      const draw = session.draw(44);
      for (let run = 0; run < 40; run++) {
        const [m, n, k] = [draw.int(1, 70), draw.int(1, 70), draw.int(1, 70)];
        const a = draw.pick(orders);
        const b = draw.pick(orders);
        const batch = draw.int(0, 3) ? [] : [draw.int(1, 3)];
        await session.check(
          contractionCase(matrix(m, n, k, batch), { dtype: 'float32', a, b }, draw),
          `${m}×${n}×${k}, ${a} by ${b}`,
        );
      }
    });

    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      session.test(`groups of 0 to 3 axes in ${dtype}`, [dtype], async () => {
        const draw = session.draw(45);
        const groups: Shape[] = [[], [3], [2, 3], [2, 1, 2]];
        for (const batch of groups) {
          for (const m of groups) {
            for (const n of groups) {
              for (const k of groups) {
                const what = `batch [${batch}] m [${m}] n [${n}] k [${k}]`;
                const [a, b] = [draw.pick(orders), draw.pick(orders)];
                await session.check(
                  contractionCase({ batch, m, n, k }, { dtype, a, b }, draw),
                  `${what}, ${a} by ${b}`,
                );
              }
            }
          }
        }
      });
    }

    describeAccuracy(session, dtypesHere.filter(isFloat));
    describeEpilogues(session);
  });
}

function describeAccuracy(session: Session, floats: readonly DType[]): void {
  for (const dtype of floats) {
    session.test(`rounding of long sums in ${dtype}`, [dtype], async () => {
      const draw = session.draw(46);
      for (const k of [10, 100, 1000]) {
        // |Σ ab| may be off by the rounding of k additions of products of at most 1.
        const absolute = k * dtypes[computeDType(dtype)].epsilon * Math.min(k, 64) * 0.25;
        const values = (d: DType, count: number): ReturnType<typeof sampleValues> =>
          sampleValues(d, count, draw, [-1, 1]);
        const sample = contractionCase(matrix(5, 7, k), { dtype, values, tolerance: { absolute } }, draw);
        await session.check(sample, `${k} products`);
      }
    });
  }

  session.test('int32 wraps', ['int32'], async () => {
    const draw = session.draw(47);
    await session.check(
      contractionCase(matrix(9, 8, 7), { dtype: 'int32', values: (d, count) => sampleValues(d, count, draw) }, draw),
    );
  });

  session.test('NaN and infinity spread to their rows and columns only', ['float32'], async () => {
    if (!session.numerics.nonFinite) return;
    const draw = session.draw(48);
    const sample = contractionCase(matrix(10, 12, 11), { dtype: 'float32' }, draw);
    (sample.arrays[0] as Float32Array)[15] = Number.NaN;
    (sample.arrays[0] as Float32Array)[60] = Number.POSITIVE_INFINITY;
    (sample.arrays[1] as Float32Array)[38] = Number.NEGATIVE_INFINITY;
    await session.check(sample);
  });
}

/** Reads a bias over the result's axes that varies along some of them only. */
function bias(
  builder: CaseBuilder,
  dtype: DType,
  result: Shape,
  varying: (axis: number) => boolean,
  session: Session,
): Expr {
  const draw = session.draw(49);
  const sizes = result.map((size, axis) => (varying(axis) ? size : 1));
  const { array, view } = layAs(
    dtype,
    sampleValues(
      dtype,
      sizes.reduce((a, b) => a * b, 1),
      draw,
      [-5, 5],
    ).map((x) => (typeof x === 'number' ? Math.round(x) : x)),
    sizes,
    'contiguous',
    draw,
  );
  const strides = view.strides.map((stride, axis) => (varying(axis) ? stride : 0));
  const repeated: View = { shape: result, strides, offset: 0 };
  return load(builder.read(builder.input(dtype, array), repeated));
}

function describeEpilogues(session: Session): void {
  const f32 = (value: number): Expr => constant(value, 'float32');
  const last = (result: Shape) => (axis: number) => axis === result.length - 1;
  const epilogues: Record<string, (builder: CaseBuilder, result: Shape) => Expr> = {
    'bias along n': (builder, result) => op('add', stage(0), bias(builder, 'float32', result, last(result), session)),
    'bias along m': (builder, result) =>
      op(
        'add',
        stage(0),
        bias(builder, 'float32', result, (axis) => axis === result.length - 2, session),
      ),
    'residual over everything': (builder, result) =>
      op(
        'sub',
        stage(0),
        bias(builder, 'float32', result, () => true, session),
      ),
    'bias and activation': (builder, result) =>
      op('max', op('add', stage(0), bias(builder, 'float32', result, last(result), session)), f32(0)),
    scalars: (builder) => op('add', op('mul', stage(0), builder.scalar('float32', 0.5)), builder.scalar('float32', -3)),
    'a mask from indices': (_, result) =>
      op('where', op('ge', index(result.length - 2), index(result.length - 1)), stage(0), f32(-1e9)),
    'the accumulator twice': () => op('mul', stage(0), op('sub', stage(0), f32(1))),
    'no accumulator at all': (_, result) => cast(index(result.length - 1), 'float32'),
  };
  for (const [name, epilogue] of Object.entries(epilogues)) {
    session.test(`epilogue: ${name}`, ['float32', 'int32', 'bool'], async () => {
      const draw = session.draw(50);
      for (const groups of [
        matrix(5, 7, 9),
        matrix(17, 33, 4, [2]),
        matrix(3, 4, 0),
        { batch: [2], m: [2, 3], n: [2, 2], k: [] },
      ]) {
        await session.check(contractionCase(groups, { dtype: 'float32', epilogue }, draw), JSON.stringify(groups));
        await session.check(
          contractionCase(groups, { dtype: 'float32', epilogue, out: 'batch column row' }, draw),
          'transposed',
        );
      }
    });
  }

  for (const outDType of dtypeNames) {
    session.test(`epilogue: cast to ${outDType}`, [outDType, 'float32', 'int32'], async () => {
      const draw = session.draw(51);
      const epilogue = (): Expr => cast(stage(0), outDType);
      for (const dtype of ['float32', 'int32'] as const) {
        await session.check(contractionCase(matrix(6, 9, 5), { dtype, epilogue, outDType }, draw), dtype);
      }
    });
  }

  session.test('epilogue: a smooth activation', ['float32'], async () => {
    const draw = session.draw(52);
    const epilogue = (builder: CaseBuilder, result: Shape): Expr =>
      op('mul', stage(0), op('sigmoid', op('add', stage(0), bias(builder, 'float32', result, last(result), session))));
    const tolerance = { relative: 1e-6, absolute: 1e-6 };
    await session.check(contractionCase(matrix(8, 11, 6), { dtype: 'float32', epilogue, tolerance }, draw));
  });

  for (const dtype of ['float16', 'bfloat16'] as const) {
    session.test(`epilogue: ${dtype} accumulates in float32 and rounds once`, [dtype], async () => {
      const draw = session.draw(53);
      const epilogue = (): Expr => op('add', stage(0), f32(0.25));
      await session.check(contractionCase(matrix(9, 6, 300), { dtype, epilogue, outDType: dtype }, draw));
    });
  }
}
