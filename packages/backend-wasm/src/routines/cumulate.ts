import { type DType, dtypes, numel, type RoutineKernel, type View } from '@flambeau/backend';
import { f64, type I32, i32, i64, type Local, type Value } from '../assembler/index.ts';
import type { Run, Runtime } from '../runtime/runtime.ts';
import type { Emitter } from '../vector/index.ts';
import { canScan, scanBody, vectorStep } from './cumulate-vectors.ts';
import { sumType } from './element.ts';
import { lazily, makeProgram } from './program.ts';
import { type Fold, identity, totals } from './totals.ts';
import {
  columnStride,
  forEachPanel,
  grainOf,
  lineLength,
  lineStride,
  type Panel,
  planWalk,
  times,
  unitsOf,
  type Walk,
  writeWalk,
} from './walk.ts';

/** Widest panel of columns; its totals (up to 8 bytes each) stay in the level-1 cache beside the rows. */
const PANEL = 512;

/** One line at a time, in a register. */
function lineBody(e: Emitter, dtype: DType, op: Fold): void {
  const { f } = e;
  const { add, store } = totals(e, dtype, op);
  const total = f.local(sumType(dtype));
  forEachPanel(f, 2, 1, ({ at: [x, out] }) => {
    const [from, to] = [x as Local<'i32'>, out as Local<'i32'>];
    const steps = [0, 1].map((k) => f.let(lineStride(f, 2, k))) as [Local<'i32'>, Local<'i32'>];
    f.set(total, identity(dtype, op));
    const moving = [
      [from, steps[0]],
      [to, steps[1]],
    ] as const;
    times(f, lineLength(f), moving, () => {
      f.set(total, add(total, from));
      store(to, total);
    });
  });
}

/** A panel of lines side by side, row by row, with their totals in scratch memory. */
function columnBody(e: Emitter, dtype: DType, op: Fold, unit: boolean): void {
  const { f } = e;
  const { add, store } = totals(e, dtype, op);
  const type = sumType(dtype);
  const bytes = type === 'i32' ? 4 : 8;
  const scratch = f.parameter(1, 'i32');
  const total = f.local(type);
  const step = unit ? vectorStep(e, dtype, op) : null;
  const load = (at: I32): Value => (type === 'f64' ? f64.load(at) : type === 'i64' ? i64.load(at) : i32.load(at));
  forEachPanel(f, 2, PANEL, ({ at: [x, out], width }: Panel) => {
    const rows = [x as Local<'i32'>, out as Local<'i32'>] as const;
    const start = f.local('i32', scratch);
    times(f, width, [[start, bytes]], () => f.store(start, identity(dtype, op)));
    const [fromStep, toStep] = [0, 1].map((k) => f.let(columnStride(f, 2, k))) as [Local<'i32'>, Local<'i32'>];
    const down = rows.map((row, k) => [row, f.let(lineStride(f, 2, k))] as const);
    times(f, lineLength(f), down, () => {
      const [from, to] = rows.map((row) => f.local('i32', row)) as [Local<'i32'>, Local<'i32'>];
      const at = f.local('i32', scratch);
      const count = f.local('i32', width);
      if (step) {
        const size = step.columns * dtypes[dtype].bytes;
        const moving = [[from, size] as const, [to, size] as const, [at, step.bytes] as const];
        times(f, i32.div_u(width, i32.const(step.columns)), moving, () => step.write(from, to, at));
        f.set(count, i32.rem_u(width, i32.const(step.columns)));
      }
      const moving = [[from, fromStep] as const, [to, toStep] as const, [at, bytes] as const];
      times(f, count, moving, () => {
        f.set(total, load(at));
        f.set(total, add(total, from));
        f.store(at, total);
        store(to, total);
      });
    });
  });
}

/** Whether every operand moves by single elements. */
function isUnit({ strides }: { readonly strides: readonly number[] }, bytes: number): boolean {
  return strides.every((stride) => stride === bytes);
}

/** Running sums or products along `dim`; floats accumulate in float64, integers wrap. */
export function cumulate({ inputs, attributes }: RoutineKernel, runtime: Runtime): Run {
  const dtype = inputs[0] as DType;
  const op = attributes.op as Fold;
  const dim = attributes.dim as number;
  const { bytes } = dtypes[dtype];
  const scans = op === 'sum' && canScan(dtype);
  const program = lazily<'line' | 'scan' | 'columns' | 'unit'>((variant) =>
    makeProgram(runtime, (f, module) => {
      const e: Emitter = { f, module, features: runtime.features };
      if (variant === 'line') lineBody(e, dtype, op);
      else if (variant === 'scan') scanBody(e, dtype);
      else columnBody(e, dtype, op, variant === 'unit');
    }),
  );
  const variant = ({ line, columns }: Walk): 'line' | 'scan' | 'columns' | 'unit' => {
    if (columns.extent === 1) return scans && isUnit(line, bytes) ? 'scan' : 'line';
    return isUnit(columns, bytes) ? 'unit' : 'columns';
  };
  return (buffers, launch) => {
    const [x] = launch.views as readonly [View, View];
    if (numel(x.shape) === 0) return;
    const addresses = buffers.map(({ address }) => address);
    const walk = planWalk(x.shape, dim, launch.views, addresses, [bytes, bytes]);
    const chosen = program(variant(walk));
    writeWalk(runtime, walk);
    runtime.dispatch(chosen, unitsOf(walk), grainOf(walk));
  };
}
