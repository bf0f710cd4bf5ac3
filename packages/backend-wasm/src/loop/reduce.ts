import {
  countsPositions,
  type Expr,
  exprDType,
  isFloat,
  type ReduceStage,
  stageAccesses,
  walk,
} from '@flambeau/backend';
import { type I32, i32, i32x4, i32x4Const, type Local } from '../assembler/index.ts';
import { LANES, type Lanes } from '../vector/emitter.ts';
import { emitConstant, emitOp } from '../vector/index.ts';
import { type Accumulator, accumulator, FLUSH } from './accumulator.ts';
import { indexLanes } from './element-access.ts';
import { Evaluation, type Known } from './evaluate.ts';
import type { Nest, Position, Range, Site } from './nest.ts';
import type { Loop } from './plan.ts';

/** Groups that a reduction takes side by side, so that additions do not wait for each other. */
const SIDE_BY_SIDE = 4;

/** Largest expression that is worth writing several times (nodes). */
const SMALL = 12;

/** Whether copies of an expression side by side pay. */
export function isSmall(expr: Expr): boolean {
  let size = 0;
  walk(expr, (each) => {
    size += each.kind === 'gather' || each.kind === 'random' ? SMALL : 1;
  });
  return size <= SMALL;
}

/** A reduction while it is written. */
export interface Reduction {
  readonly nest: Nest;
  readonly stage: ReduceStage;
  readonly loops: readonly Loop[];
  /** Whether products may be fused into a sum. */
  readonly fuse: boolean;
  readonly known: Known;
}

/** The row-major position of the element at a site among the stage's inner axes, where that is asked for. */
function positionLanes({ nest, stage, loops }: Reduction, site: Site): Lanes | undefined {
  if (!countsPositions(stage)) return undefined;
  const { f } = nest.e;
  const inOrder = [...loops].sort((a, b) => a.axis - b.axis);
  let sum: Local<'v128'> | null = null;
  for (const loop of inOrder) {
    const index = indexLanes(nest, loop.axis, site).parts[0] as Local<'v128'>;
    sum = sum ? f.local('v128', i32x4.add(i32x4.mul(sum, i32x4.splat(nest.extent(loop.extent))), index)) : index;
  }
  return { dtype: 'int32', parts: [sum ?? f.local('v128', i32x4Const(0))] };
}

/** Adds the elements of a site to an accumulator. */
function take(reduction: Reduction, into: Accumulator, site: Site, position?: Lanes): void {
  const { nest, stage, fuse, known } = reduction;
  const { expr } = stage;
  const evaluation = new Evaluation(nest, site, known);
  if (fuse && !site.valid && into.addProduct && expr.kind === 'op' && expr.op === 'mul') {
    const [a, b] = expr.args.map((arg) => evaluation.of(arg)) as [Lanes, Lanes];
    into.addProduct(a, b);
  } else into.add(evaluation.of(expr), site.valid, position);
}

/** Counts additions, and moves sums to float64 when there were many. */
class Flusher {
  readonly #nest: Nest;
  readonly #accumulators: readonly Accumulator[];
  readonly #pending: Local<'i32'>;

  constructor(nest: Nest, accumulators: readonly Accumulator[]) {
    this.#nest = nest;
    this.#accumulators = accumulators;
    this.#pending = nest.e.f.local('i32', i32.const(0));
  }

  /** Takes note of additions; `count` is an upper bound for each lane. */
  after(count: I32): void {
    const { f } = this.#nest.e;
    f.advance(this.#pending, count);
    f.if(i32.ge_s(this.#pending, i32.const(FLUSH)), () => {
      this.flush();
      f.set(this.#pending, i32.const(0));
    });
  }

  flush(): void {
    for (const each of this.#accumulators) each.flush();
  }
}

/** A reduction without axes: its one value. */
function single({ nest, stage, known }: Reduction, site: Site): Lanes {
  const { e } = nest;
  if (countsPositions(stage)) return emitConstant(e, 0, 'int32');
  const value = new Evaluation(nest, site, known).of(stage.expr);
  // A sum starts from 0, which makes -0 into 0.
  if (stage.op !== 'sum' || !isFloat(value.dtype)) return value;
  return emitOp(e, 'add', value.dtype, [value, emitConstant(e, 0, value.dtype)]);
}

/** Writes a reduction with lanes along its last inner axis: one result, in all lanes. */
export function reduceLines(reduction: Reduction, at: Position): Lanes {
  const { nest, stage, loops } = reduction;
  const { e } = nest;
  const dtype = exprDType(nest.kernel, stage.expr);
  const accesses = stageAccesses(stage);
  const last = loops.at(-1);
  if (!last) return single(reduction, { position: at, axis: -1, block: 0 });
  const copies = isSmall(stage.expr) ? SIDE_BY_SIDE : 1;
  const accumulators = Array.from({ length: copies }, () => accumulator(e, stage.op, dtype));
  const [first, ...others] = accumulators as [Accumulator, ...Accumulator[]];
  const flusher = new Flusher(nest, accumulators);
  const line = (inside: Position, range: Range): void => {
    nest.lanesLoop(inside, accesses, last.axis, range, copies, (sites) => {
      sites.forEach((site, block) => {
        take(reduction, accumulators[block] as Accumulator, site, positionLanes(reduction, site));
      });
    });
  };
  nest.loops(at, accesses, loops.slice(0, -1), (inside) => {
    // Long lines are taken in parts, after each of which sums can be moved.
    const part = FLUSH * copies * LANES;
    nest.tiles(nest.range(last), part, (range) => {
      line(inside, range);
      const length = i32.sub(range.to, range.from ?? i32.const(0));
      flusher.after(i32.div_u(i32.add(length, i32.const(copies * LANES - 1)), i32.const(copies * LANES)));
    });
  });
  flusher.flush();
  for (const other of others) first.merge(other);
  return first.total();
}

/**
 * Writes a reduction with lanes along an outer axis, for several sites side by side (with results of earlier stages of their
 * own): a result for each lane of each site.
 */
export function reduceRows(reductions: readonly Reduction[], sites: readonly Site[]): Lanes[] {
  const { nest, stage, loops } = reductions[0] as Reduction;
  if (loops.length === 0) return sites.map((site, i) => single(reductions[i] as Reduction, site));
  const dtype = exprDType(nest.kernel, stage.expr);
  const accumulators = sites.map(() => accumulator(nest.e, stage.op, dtype));
  const flusher = new Flusher(nest, accumulators);
  const { f } = nest.e;
  // Inner axes are walked in their order, so that positions are counted one by one.
  const counter = countsPositions(stage) ? f.local('i32', i32.const(0)) : undefined;
  nest.loops((sites[0] as Site).position, stageAccesses(stage), loops, (position) => {
    const place = counter && { dtype: 'int32' as const, parts: [f.local('v128', i32x4.splat(counter))] };
    sites.forEach((site, i) => {
      // Lanes that do not count hold rubbish that nobody reads.
      take(reductions[i] as Reduction, accumulators[i] as Accumulator, { ...site, position }, place);
    });
    if (counter) f.advance(counter, 1);
    flusher.after(i32.const(1));
  });
  flusher.flush();
  return accumulators.map((each) => each.lanes());
}
