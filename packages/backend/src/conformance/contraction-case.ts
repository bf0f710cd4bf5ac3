import type { DType, Value } from '../dtype.ts';
import { type Expr, stage } from '../expr.ts';
import { type ContractionAxes, computeDType } from '../kernel.ts';
import { contiguousStrides, numel, permuteView, type Shape, type View } from '../view.ts';
import type { Tolerance } from './compare.ts';
import type { Draw } from './draw.ts';
import { CaseBuilder, type KernelCase } from './kernel-case.ts';
import { type Laid, lay } from './layouts.ts';
import { wholeValues } from './values.ts';

/** Sizes of the groups of axes of a contraction. */
export interface Groups {
  readonly batch: Shape;
  readonly m: Shape;
  readonly n: Shape;
  readonly k: Shape;
}

/** How the groups of an operand lie in memory: which is outermost. `repeated` has no batch of its own. */
export type Order = 'batch row column' | 'batch column row' | 'row batch column' | 'column row batch' | 'repeated';

/** All orders in which an operand may lie in memory. */
export const orders: readonly Order[] = [
  'batch row column',
  'batch column row',
  'row batch column',
  'column row batch',
  'repeated',
];

/** What varies between contractions with the same groups. */
interface Variation {
  readonly dtype: DType;
  readonly a?: Order;
  readonly b?: Order;
  readonly out?: Exclude<Order, 'repeated'>;
  readonly outDType?: DType;
  readonly tolerance?: Tolerance;
  /** Values of the operands; small whole numbers, whose sums are exact, when absent. */
  readonly values?: (dtype: DType, count: number, draw: Draw) => Value[];
  /** Adds reads and gives the epilogue; the accumulator alone when absent. */
  readonly epilogue?: (builder: CaseBuilder, result: Shape) => Expr;
}

/** A view over (batch, rows, columns) whose groups lie in memory in some order. */
function orderedView(batch: Shape, rows: Shape, columns: Shape, order: Order): View {
  const shape = [...batch, ...rows, ...columns];
  if (order === 'repeated') {
    const own = contiguousStrides([...rows, ...columns]);
    return { shape, strides: [...batch.map(() => 0), ...own], offset: 0 };
  }
  const sizes = { batch, row: rows, column: columns };
  const starts = { batch: 0, row: batch.length, column: batch.length + rows.length };
  const names = order.split(' ') as (keyof typeof sizes)[];
  const axes = names.flatMap((name) => sizes[name].map((_, i) => starts[name] + i));
  const stored = axes.map((axis) => shape[axis] as number);
  const back = shape.map((_, axis) => axes.indexOf(axis));
  return permuteView({ shape: stored, strides: contiguousStrides(stored), offset: 0 }, back);
}

/** Fills a view that may repeat elements. */
function laid(dtype: DType, view: View, draw: Draw, values: NonNullable<Variation['values']>): Laid {
  return lay(dtype, values(dtype, numel(view.shape), draw), view, draw);
}

/** A contraction over groups of axes. */
export function contractionCase(groups: Groups, variation: Variation, draw: Draw): KernelCase {
  const { dtype } = variation;
  const { batch, m, n, k } = groups;
  const values = variation.values ?? ((d, count, source) => wholeValues(d, count, source));
  const builder = new CaseBuilder();
  const a = laid(dtype, orderedView(batch, m, k, variation.a ?? 'batch row column'), draw, values);
  const b = laid(dtype, orderedView(batch, n, k, variation.b ?? 'batch row column'), draw, values);
  builder.read(builder.input(dtype, a.array), a.view);
  builder.read(builder.input(dtype, b.array), b.view);
  const result = [...batch, ...m, ...n];
  const target = variation.outDType ?? computeDType(dtype);
  const outView = orderedView(batch, m, n, variation.out ?? 'batch row column');
  const out = lay(target, wholeValues(target, numel(result), draw), outView, draw);
  builder.write(builder.output(target, out.array, variation.tolerance), out.view);
  const epilogue = variation.epilogue?.(builder, result) ?? stage(0);
  return builder.contraction(axesOf(groups), [...batch, ...m, ...n, ...k], epilogue);
}

/** The numbers of axes of groups. */
function axesOf({ batch, m, n, k }: Groups): ContractionAxes {
  return { batch: batch.length, m: m.length, n: n.length, k: k.length };
}
