import fc from 'fast-check';
import { describe } from 'vitest';
import { castValue, type DType, dtypeNames, hostArray, isFloat, storeValue } from '../../dtype.ts';
import { cast, type Expr, op, stage } from '../../expr.ts';
import { computeDType, type ReduceOp } from '../../kernel.ts';
import { numel, type Shape, type View } from '../../view.ts';
import { Choices, choiceNumbers } from '../choices.ts';
import { Draw } from '../draw.ts';
import { CaseBuilder, type KernelCase } from '../kernel-case.ts';
import { garbage, lengthFor } from '../layouts.ts';
import { allowedUlps } from '../options.ts';
import { ExpressionSource, type RandomContext, sureZero } from '../random-expression.ts';
import { BUFFER_LENGTH, injectiveView, randomView } from '../random-view.ts';
import type { Session } from '../session.ts';
import { sampleValue, wholeValues } from '../values.ts';

/** Extents of some axes, whose product stays small. */
function randomExtents(choices: Choices, maxRank: number, maxCount: number): number[] {
  const extents = Array.from({ length: choices.int(0, maxRank) }, () => choices.pick([1, 2, 3, 5, 4, 7, 8, 0, 17, 33]));
  while (numel(extents) > maxCount) extents.splice(extents.indexOf(Math.max(...extents)), 1, 2);
  return extents;
}

/** A buffer's content: ordinary numbers with some edges. */
function content(dtype: DType, draw: Draw, nonFinite: boolean): ReturnType<typeof hostArray> {
  const array = hostArray(dtype, BUFFER_LENGTH);
  const edges = [
    -0,
    0,
    0.5,
    1e30,
    ...(nonFinite ? [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] : []),
  ];
  for (let i = 0; i < BUFFER_LENGTH; i++) {
    const edge = isFloat(dtype) && draw.int(0, 19) === 0;
    storeValue(array, dtype, i, edge ? castValue(draw.pick(edges), dtype) : sampleValue(dtype, draw));
  }
  return array;
}

function contextOf(session: Session, choices: Choices, values: 'any' | 'whole'): RandomContext {
  const builder = new CaseBuilder();
  const draw = new Draw(choices.int(0, 1000));
  const buffers: { dtype: DType; number: number }[] = [];
  return {
    choices,
    builder,
    options: session.options,
    // The simplest first, for shrinking.
    dtypes: [...new Set<DType>(['float32', 'int32', ...dtypeNames])].filter((dtype) => session.has(dtype)),
    results: [],
    buffer(dtype) {
      const same = buffers.filter((buffer) => buffer.dtype === dtype);
      if (same.length && (choices.int(0, 1) || buffers.length >= 5)) return choices.pick(same).number;
      const array = values === 'any' ? content(dtype, draw, session.numerics.nonFinite) : wholeContent(dtype, draw);
      const number = builder.input(dtype, array);
      buffers.push({ dtype, number });
      return number;
    },
  };
}

function wholeContent(dtype: DType, draw: Draw): ReturnType<typeof hostArray> {
  const array = hostArray(dtype, BUFFER_LENGTH);
  const values = wholeValues(dtype, BUFFER_LENGTH, draw, 3);
  for (const [i, value] of values.entries()) storeValue(array, dtype, i, value);
  return array;
}

/** Adds a random reduce stage. */
function addReduce(context: RandomContext, outer: Shape): void {
  const { choices, builder, dtypes, results } = context;
  const inner = randomExtents(choices, 2, 40);
  const source = new ExpressionSource(context, [...outer, ...inner]);
  const dtype = computeDType(choices.pick(dtypes));
  const folds: ReduceOp[] = ['max', 'min', 'argmax', 'argmin'];
  if (dtype !== 'bool') folds.push('sum');
  if (dtype !== 'bool' && !isFloat(dtype)) folds.push('prod');
  const reduce = choices.pick(folds);
  let expr: Expr;
  if (reduce === 'sum' && isFloat(dtype)) expr = source.whole(dtype);
  else expr = sureZero(source.exact(dtype, choices.int(0, 3)), dtype);
  const number = builder.reduce(reduce, inner, expr);
  results.push({ stage: number, dtype: reduce === 'argmax' || reduce === 'argmin' ? 'int32' : dtype });
}

/** Adds a random store stage. */
function addStore(context: RandomContext, outer: Shape, session: Session, draw: Draw): void {
  const { choices, builder, dtypes } = context;
  const inner = randomExtents(choices, outer.length ? 1 : 2, 40);
  const scope = [...outer, ...inner];
  const source = new ExpressionSource(context, scope);
  const target = choices.pick(dtypes);
  const dtype = computeDType(target);
  const depth = choices.int(0, 4);
  const view = injectiveView(scope, choices);
  let tolerance: { ulps: number } | undefined;
  let expr: Expr;
  if (isFloat(dtype) && choices.rarely(3)) {
    const { expr: rounded, name } = source.rounded(dtype, depth);
    tolerance = { ulps: allowedUlps(name, target, session.options) };
    expr = choices.int(0, 1) ? rounded : op('neg', rounded);
  } else if (choices.rarely(4)) {
    // In place: the output is its own input, read at the same element.
    const array = garbage(target, lengthFor(view), draw);
    const own = op(
      dtype === 'bool' ? 'xor' : 'sub',
      { kind: 'load', access: builder.read(builder.input(target, array), view) },
      source.exact(dtype, depth),
    );
    builder.store(builder.write(builder.output(target, array), view), inner, own);
    return;
  } else {
    expr = source.exact(dtype, depth);
    if (context.results.length && choices.int(0, 1))
      expr = op(dtype === 'bool' ? 'xor' : 'sub', source.result(dtype), expr);
  }
  const out = garbage(target, lengthFor(view), draw);
  builder.store(builder.write(builder.output(target, out, tolerance), view), inner, expr);
}

/** A loop kernel made of choices. */
export function randomLoop(session: Session, choices: Choices): KernelCase {
  const context = contextOf(session, choices, 'any');
  const draw = new Draw(choices.int(0, 1000));
  const outer = randomExtents(choices, 3, 60);
  const reductions = choices.int(0, 2);
  for (let i = 0; i < reductions; i++) addReduce(context, outer);
  addStore(context, outer, session, draw);
  if (choices.rarely(3)) addStore(context, outer, session, draw);
  return context.builder.loop(outer);
}

/** A contraction made of choices; its operands are whole numbers, so that its sums are exact. */
export function randomContraction(session: Session, choices: Choices): KernelCase {
  const context = contextOf(session, choices, 'whole');
  const { builder, dtypes } = context;
  const draw = new Draw(choices.int(0, 1000));
  const dtype = choices.pick(dtypes.filter((name) => name !== 'bool'));
  const [batch, m, n, k] = [
    randomExtents(choices, 1, 3),
    randomExtents(choices, 2, 20),
    randomExtents(choices, 2, 20),
    randomExtents(choices, 2, 30),
  ];
  const result = [...batch, ...m, ...n];
  const operand = (extents: Shape): void => {
    const view: View = randomView(extents, choices);
    builder.read(builder.input(dtype, wholeContent(dtype, draw)), view, castValue(choices.int(0, 2), dtype));
  };
  operand([...batch, ...m, ...k]);
  operand([...batch, ...n, ...k]);
  const target = choices.pick(dtypes);
  const view = injectiveView(result, choices);
  builder.write(builder.output(target, garbage(target, lengthFor(view), draw)), view);
  const accumulator = computeDType(dtype);
  context.results.push({ stage: 0, dtype: accumulator });
  const source = new ExpressionSource(context, result);
  const combined = choices.int(0, 1) ? op('add', stage(0), source.exact(accumulator, choices.int(0, 2))) : stage(0);
  const epilogue = computeDType(target) === accumulator ? combined : cast(combined, target);
  const axes = { batch: batch.length, m: m.length, n: n.length, k: k.length };
  return builder.contraction(axes, [...batch, ...m, ...n, ...k], epilogue);
}

/** Kernels that nobody wrote. */
export function describeRandomKernels(session: Session): void {
  describe('random kernels', () => {
    const kinds = { loops: randomLoop, contractions: randomContraction };
    for (const [name, make] of Object.entries(kinds)) {
      session.test(
        name,
        [],
        async () => {
          const property = fc.asyncProperty(choiceNumbers, async (numbers) => {
            await session.check(make(session, new Choices(numbers)));
          });
          await fc.assert(property, { seed: session.seed, numRuns: session.runs });
        },
        300_000,
      );
    }
  });
}
