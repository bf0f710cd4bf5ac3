import {
  type ContractionKernel,
  castValue,
  computeDType,
  type DType,
  dtypes,
  type Expr,
  exprDType,
  type ScalarOpName,
  walk,
} from '@flambeau/backend';
import {
  type FunctionReference,
  f32,
  f64,
  type I32,
  i32,
  i32x4,
  i32x4Const,
  i64,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index.ts';
import type { Features } from '../runtime/runtime.ts';
import { type Emitter, LANES, type Lanes } from '../vector/emitter.ts';
import {
  emitCast,
  emitConstant,
  emitLoad,
  emitLoadLanes,
  emitLoadSplat,
  emitOp,
  emitStore,
  emitStoreLanes,
  splatValue,
} from '../vector/index.ts';
import { until } from './code.ts';
import { type AccessNumbers, type ParameterLayout, type ScratchLayout, SLIVER_COLUMNS } from './layout.ts';

/** Operations so short that the micro-kernel may repeat them for every vector. */
const SHORT: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>(['add', 'sub', 'mul', 'max', 'min', 'neg', 'abs']);
const MOST_SHORT = 4;

/** How a result moves along the columns: not at all, perhaps by units, or never so. */
type Along = 'zero' | 'unit' | 'strided';

/** Whether an epilogue consists of what an {@link Epilogue} writes: loads without bounds, no computed indices. */
export function isSimpleEpilogue(kernel: ContractionKernel): boolean {
  let simple = true;
  walk(kernel.epilogue, (expr: Expr) => {
    if (expr.kind === 'gather' || expr.kind === 'index' || expr.kind === 'random') simple = false;
    if (expr.kind === 'load' && kernel.accesses[expr.access]?.bounds) simple = false;
  });
  return simple;
}

/** Writes the code that turns accumulators into results. */
export class Epilogue {
  /** Whether the micro-kernel does it in registers where all results run along the columns by units. */
  readonly inline: boolean;
  readonly results: readonly AccessNumbers[];
  readonly along: readonly Along[];
  readonly #kernel: ContractionKernel;
  readonly #parameters: ParameterLayout;
  readonly #scratch: ScratchLayout;

  constructor(kernel: ContractionKernel, parameters: ParameterLayout, scratch: ScratchLayout) {
    this.#kernel = kernel;
    this.#parameters = parameters;
    this.#scratch = scratch;
    this.results = parameters.results;
    const { result, axes } = parameters.columns;
    this.along = this.results.map(({ access }) => {
      const steps = access.steps.slice(result, result + axes);
      if (steps.includes('unit')) return 'unit';
      return steps.includes('strided') ? 'strided' : 'zero';
    });
    let operations = 0;
    let short = true;
    walk(kernel.epilogue, (expr) => {
      if (expr.kind === 'op') {
        operations++;
        short &&= SHORT.has(expr.op);
      }
      short &&= exprDType(kernel, expr) === 'float32';
    });
    this.inline = this.#vectors && short && operations <= MOST_SHORT;
  }

  /** Whether results may run along the columns by units, all of them. */
  get #vectors(): boolean {
    return this.along.every((along, i) => along === 'unit' || (along === 'zero' && i > 0));
  }

  /** The scalars of a launch, loaded once in a function. */
  scalars(e: Emitter, parameters: I32): readonly Lanes[] {
    return this.#kernel.scalars.map((dtype, slot) => {
      const at = 4 * (this.#parameters.scalars[slot] as number);
      if (dtype === 'int64') return splatValue(e, dtype, i64.load(parameters, at));
      if (dtypes[dtype].kind !== 'float') return splatValue(e, dtype, i32.load(parameters, at));
      const value = f64.load(parameters, at);
      const rounded = splatValue(e, dtype, dtype === 'float64' ? value : f32.demote(value));
      return computeDType(dtype) === dtype ? rounded : emitCast(e, rounded, dtype);
    });
  }

  /** The values of the epilogue at four columns. */
  value(e: Emitter, accumulator: V128, scalars: readonly Lanes[], load: (result: number) => Lanes): Lanes {
    const known = new Map<Expr, Lanes>();
    const of = (expr: Expr): Lanes => {
      let found = known.get(expr);
      if (!found) {
        found = compute(expr);
        known.set(expr, found);
      }
      return found;
    };
    const compute = (expr: Expr): Lanes => {
      switch (expr.kind) {
        case 'const':
          return emitConstant(e, castValue(expr.value, expr.dtype), expr.dtype);
        case 'scalar':
          return scalars[expr.slot] as Lanes;
        case 'load':
          return load(expr.access - 2);
        case 'stage':
          return { dtype: 'float32', parts: [e.f.let(accumulator)] };
        case 'op': {
          const dtype = exprDType(this.#kernel, expr.args.at(-1) as Expr) as DType;
          return emitOp(e, expr.op, dtype, expr.args.map(of));
        }
        case 'cast':
          return emitCast(e, of(expr.arg), expr.dtype);
        default:
          throw new TypeError(`an epilogue with '${expr.kind}' is none of a packed contraction`);
      }
    };
    return of(this.#kernel.epilogue);
  }

  /** Writes four columns, all results of which lie side by side; addresses are those of the first. */
  writeVector(
    e: Emitter,
    accumulator: V128,
    scalars: readonly Lanes[],
    addresses: readonly I32[],
    vector: number,
  ): void {
    const value = this.value(e, accumulator, scalars, (result) => {
      const { dtype, bytes } = this.results[result] as AccessNumbers;
      const address = addresses[result] as I32;
      if (this.along[result] === 'zero') return emitLoadSplat(e, dtype, address);
      return emitLoad(e, dtype, address, LANES * vector * bytes);
    });
    const { dtype, bytes } = this.results[0] as AccessNumbers;
    emitStore(e, dtype, addresses[0] as I32, value, LANES * vector * bytes);
  }

  /** Whether, from a column on, `vectors` groups of four columns lie side by side in all results. */
  consecutive(e: Emitter, columns: I32, vectors: number): I32 {
    let all: I32 = i32.const(1);
    this.results.forEach(({ bytes }, i) => {
      if (this.along[i] !== 'unit') return;
      const table = this.#scratch.columns[i] as number;
      const first = e.f.local('i32', i32.load(columns, table));
      for (let v = 0; v < vectors; v++) {
        const wanted = [0, 1, 2, 3].map((lane) => (LANES * v + lane) * bytes);
        const offsets = i32x4.sub(v128.load(columns, table + 16 * v), i32x4.splat(first));
        all = i32.and(all, i32x4.all_true(i32x4.eq(offsets, i32x4Const(...wanted))));
      }
    });
    return all;
  }

  /**
   * Writes `finish(parameters, scratch, row, column, rows, columns)`: does the tile in private memory, however results lie. `row` and
   * `column` are its place in the block (4 bytes each).
   */
  finishFunction(module: ModuleBuilder, features: Features): FunctionReference {
    const f = module.function({ parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], results: [] });
    const e: Emitter = { module, f, features };
    const parameters = f.parameter(0, 'i32');
    const scratch = f.parameter(1, 'i32');
    const row = f.local('i32', i32.add(scratch, f.parameter(2, 'i32')));
    const column = f.parameter(3, 'i32');
    const rows = f.local('i32', i32.add(row, i32.shl(f.parameter(4, 'i32'), i32.const(2))));
    const columns = f.parameter(5, 'i32');
    const tile = f.local('i32', i32.add(scratch, i32.const(this.#scratch.tile)));
    const scalars = this.scalars(e, parameters);
    const at = f.local('i32');
    const left = f.local('i32');
    const source = f.local('i32');
    const bases = this.results.map(() => f.local('i32'));
    until(f, row, rows, () => {
      bases.forEach((base, i) => f.set(base, i32.load(row, this.#scratch.rows[i])));
      f.set(at, i32.add(scratch, column));
      f.set(left, columns);
      f.set(source, tile);
      f.while(i32.gt_s(left, i32.const(0)), () => {
        this.#finishFour(e, scalars, source, bases, at, left);
        f.advance(at, 4 * LANES);
        f.advance(source, 16);
        f.set(left, i32.sub(left, i32.const(LANES)));
      });
      f.advance(tile, 4 * SLIVER_COLUMNS);
      f.advance(row, 4);
    });
    return f;
  }

  #finishFour(
    e: Emitter,
    scalars: readonly Lanes[],
    source: I32,
    bases: readonly Local<'i32'>[],
    at: Local<'i32'>,
    left: Local<'i32'>,
  ): void {
    const { f } = e;
    const accumulator = f.local('v128', v128.load(source));
    const address = (result: number, lane: number): Local<'i32'> =>
      f.local('i32', i32.add(bases[result] as I32, i32.load(at, (this.#scratch.columns[result] as number) + 4 * lane)));
    const scattered = (): void => {
      const lanes = (result: number): Local<'i32'>[] => [0, 1, 2, 3].map((lane) => address(result, lane));
      const value = this.value(e, accumulator, scalars, (result) => {
        const { dtype } = this.results[result] as AccessNumbers;
        if (this.along[result] === 'zero') return emitLoadSplat(e, dtype, address(result, 0));
        return emitLoadLanes(e, dtype, lanes(result));
      });
      emitStoreLanes(e, (this.results[0] as AccessNumbers).dtype, lanes(0), value, left);
    };
    if (!this.#vectors) {
      scattered();
      return;
    }
    f.if(
      i32.and(i32.ge_s(left, i32.const(LANES)), this.consecutive(e, at, 1)),
      () =>
        this.writeVector(
          e,
          accumulator,
          scalars,
          this.results.map((_, i) => address(i, 0)),
          0,
        ),
      scattered,
    );
  }
}
