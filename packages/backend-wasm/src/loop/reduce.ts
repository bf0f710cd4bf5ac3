import { type Expr, exprDType, type ReduceStage, walk } from '@flambeau/backend';
import { type I32, i32, i32x4, i32x4Const, type Local } from '../assembler/index.ts';
import { LANES, type Lanes } from '../vector/emitter.ts';
import { type Accumulator, accumulator, FLUSH } from './accumulator.ts';
import { indexLanes } from './element-access.ts';
import { Evaluation } from './evaluate.ts';
import { stageAccesses } from './loop-input.ts';
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
  readonly results: ReadonlyMap<number, Lanes>;
}

/** The row-major position of the element at a site among the stage's inner axes. */
function positionLanes({ nest, loops }: Reduction, site: Site): Lanes {
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
function take(reduction: Reduction, into: Accumulator, site: Site): void {
  const { nest, stage, fuse, results } = reduction;
  const { expr } = stage;
  const evaluation = new Evaluation(nest, site, results);
  const position = stage.op.startsWith('arg') ? positionLanes(reduction, site) : undefined;
  if (fuse && !site.valid && into.addProduct && expr.kind === 'op' && expr.op === 'mul') {
    const [a, b] = expr.args.map((arg) => evaluation.of(arg)) as [Lanes, Lanes];
    into.addProduct(a, b);
  } else into.add(evaluation.of(expr), site.valid, position);
}

/** All lanes below a count. */
export function validLanes(nest: Nest, count: Local<'i32'>): Lanes {
  const { f } = nest.e;
  return { dtype: 'bool', parts: [f.local('v128', i32x4.lt_s(i32x4Const(0, 1, 2, 3), i32x4.splat(count)))] };
}

function nested(
  nest: Nest,
  loops: readonly Loop[],
  accesses: readonly number[],
  at: Position,
  body: (at: Position) => void,
): void {
  const [first, ...rest] = loops;
  if (!first) {
    body(at);
    return;
  }
  nest.scalarLoop(at, accesses, first.axis, nest.range(first), (inside) => nested(nest, rest, accesses, inside, body));
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

/** Writes a reduction with lanes along its last inner axis: one result, in all lanes. */
export function reduceLines(reduction: Reduction, at: Position): Lanes {
  const { nest, stage, loops } = reduction;
  const { e } = nest;
  const dtype = exprDType(nest.kernel, stage.expr);
  const accesses = stageAccesses(stage);
  const last = loops.at(-1);
  if (!last) {
    const single = accumulator(e, stage.op, dtype);
    const one = { dtype: 'bool' as const, parts: [i32x4Const(-1, 0, 0, 0)] };
    take(reduction, single, { position: at, axis: -1, block: 0, valid: one });
    single.flush();
    return single.total();
  }
  const copies = isSmall(stage.expr) ? SIDE_BY_SIDE : 1;
  const accumulators = Array.from({ length: copies }, () => accumulator(e, stage.op, dtype));
  const [first, ...others] = accumulators as [Accumulator, ...Accumulator[]];
  const flusher = new Flusher(nest, accumulators);
  const line = (inside: Position, range: Range): void => {
    nest.lanesLoop(
      inside,
      accesses,
      last.axis,
      range,
      copies,
      (sites) => sites.forEach((site, block) => take(reduction, accumulators[block] as Accumulator, site)),
      (site) => {
        const valid = validLanes(nest, site.count as Local<'i32'>);
        take(reduction, first, { ...site, valid });
      },
    );
  };
  nested(nest, loops.slice(0, -1), accesses, at, (inside) => {
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
  const dtype = exprDType(nest.kernel, stage.expr);
  const accumulators = sites.map(() => accumulator(nest.e, stage.op, dtype));
  const flusher = new Flusher(nest, accumulators);
  nested(nest, loops, stageAccesses(stage), (sites[0] as Site).position, (position) => {
    sites.forEach((site, i) => {
      // Lanes that do not count hold rubbish that nobody reads.
      take(reductions[i] as Reduction, accumulators[i] as Accumulator, { ...site, position });
    });
    flusher.after(i32.const(1));
  });
  flusher.flush();
  return accumulators.map((each) => each.lanes());
}
