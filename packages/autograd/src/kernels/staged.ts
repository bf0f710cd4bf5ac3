import {
  cast,
  computeDType,
  constant,
  contiguousStrides,
  type DeviceBuffer,
  type DType,
  type Expr,
  exprDType,
  inputAccess,
  type LoopKernel,
  load,
  numel,
  outputAccess,
  type ReduceOp,
  type Shape,
  type Stage,
  scalar,
  stage,
  stepsOf,
  type Value,
  type View,
} from '@flambeau/backend';
import { emptyLike, requireSameDevice } from '../core/dispatch.ts';
import type { Tensor } from '../tensor.ts';
import { collapse } from './collapse.ts';

/** What a stage's formula can read. */
export interface StageScope {
  /** The current element of operand `i`, converted to the dtype asked for. */
  readonly load: (operand: number, dtype?: DType) => Expr;
  /** The result of reduce `i`, counted among the reduces. */
  readonly result: (reduce: number) => Expr;
  /** Run-time scalar `i`. */
  readonly scalar: (slot: number) => Expr;
}

/** One step of a staged program: fold the reduced axes, or write the next output. */
export type StageRow =
  | { readonly reduce: ReduceOp; readonly expr: (scope: StageScope) => Expr }
  /** `full` outputs have every axis, `reduced` ones only the kept axes. */
  | { readonly store: 'full' | 'reduced'; readonly dtype: DType; readonly expr: (scope: StageScope) => Expr };

/** A kernel that reads rows (the reduced axes) of its operands and runs stages on each. */
export interface StagedProgram {
  /** Names the stages; with dtypes and layouts it is the kernel's key. */
  readonly name: string;
  readonly stages: readonly StageRow[];
  readonly scalars?: readonly { readonly dtype: DType; readonly value: Value }[];
}

/** Everything about a call but the memory: how its launch looks. Equal calls, as in every step of a training loop, share it. */
interface StagedLaunch {
  /** Shapes of the outputs, one per store. */
  readonly outputs: readonly Shape[];
  /** Nothing is computed: there are no rows, or no elements to write. */
  readonly empty: boolean;
  /** Names the kernel's structure. */
  readonly key: string;
  readonly extents: readonly number[];
  readonly views: readonly View[];
  readonly build: (operands: readonly Tensor[], outputs: readonly Tensor[]) => LoopKernel;
}

const launches = new Map<string, StagedLaunch>();

/** Launches remembered at most; more distinct ones than any training loop has. */
const REMEMBERED = 4096;

/**
 * Runs a staged program over operands of one shape, which are broadcast beforehand by their strides.
 *
 * @param operands - Operand 0 gives shape and device.
 * @param layouts - A view of each operand over `shape`.
 * @param dims - The axes that each row runs along.
 * @returns One tensor per store, reduced ones without the reduced axes.
 */
export function runStaged(
  program: StagedProgram,
  operands: readonly Tensor[],
  layouts: readonly View[],
  dims: readonly number[],
): Tensor[] {
  const first = operands[0] as Tensor;
  if (operands.length > 1) requireSameDevice(program.name, operands);
  let key = `${program.name}|${dims.join()}|${(layouts[0] as View).shape.join()}`;
  for (let i = 0; i < layouts.length; i++) {
    const { strides, offset } = layouts[i] as View;
    key += `|${(operands[i] as Tensor).dtype}:${strides.join()}+${offset}`;
  }
  for (const row of program.stages) if ('store' in row) key += `>${row.dtype}`;
  const scalars = program.scalars ?? NO_SCALARS;
  for (const { dtype } of scalars) key += `*${dtype}`;
  let launch = launches.get(key);
  if (!launch) {
    launch = planLaunch(program, operands, layouts, dims);
    if (launches.size >= REMEMBERED) launches.clear();
    launches.set(key, launch);
  }
  const { extents, views, build } = launch;
  const outputs: Tensor[] = [];
  for (const row of program.stages) {
    if ('store' in row) outputs.push(emptyLike(first, launch.outputs[outputs.length] as Shape, row.dtype));
  }
  if (launch.empty) return outputs;
  const buffers: DeviceBuffer[] = [];
  for (const tensor of operands) buffers.push(tensor.buffer);
  for (const tensor of outputs) buffers.push(tensor.buffer);
  const executable = first.runtime.prepare(launch.key, () => build(operands, outputs));
  first.runtime.realize(executable, buffers, { extents, views, scalars: scalars.map(({ value }) => value) });
  return outputs;
}

const NO_SCALARS: NonNullable<StagedProgram['scalars']> = [];

function planLaunch(
  program: StagedProgram,
  operands: readonly Tensor[],
  layouts: readonly View[],
  dims: readonly number[],
): StagedLaunch {
  const shape = (layouts[0] as View).shape;
  const kept = shape.map((_, axis) => axis).filter((axis) => !dims.includes(axis));
  const pick = (values: readonly number[], axes: readonly number[]): number[] =>
    axes.map((axis) => values[axis] as number);
  const outerShape = pick(shape, kept);
  const stores = program.stages.filter((row) => 'store' in row);
  const outputs = stores.map((row) => (row.store === 'full' ? shape : outerShape));
  const walkers = [...layouts.map((view) => view.strides), contiguousStrides(shape)];
  const reducedStrides = contiguousStrides(outerShape);
  const outer = collapse(outerShape, [...walkers.map((strides) => pick(strides, kept)), reducedStrides]);
  const inner = collapse(
    pick(shape, dims),
    walkers.map((strides) => pick(strides, dims)),
  );
  const outerRank = outer.extents.length;
  const both: Shape = [...outer.extents, ...inner.extents];
  const [fullView, ...operandViews] = [layouts.length, ...layouts.keys()].map(
    (walker): View => ({
      shape: both,
      strides: [...(outer.strides[walker] as number[]), ...(inner.strides[walker] as number[])],
      offset: layouts[walker]?.offset ?? 0,
    }),
  ) as [View, ...View[]];
  const reducedView: View = { shape: outer.extents, strides: outer.strides[layouts.length + 1] as number[], offset: 0 };

  let steps = '';
  for (const view of [...operandViews, fullView, reducedView]) {
    steps += ',';
    for (const step of stepsOf(view)) steps += step.charAt(0);
  }
  const dtypes = operands.map((tensor) => tensor.dtype).join();
  const scalars = (program.scalars ?? []).map((s) => s.dtype).join();
  const extents: number[] = [...outer.extents];
  for (const row of program.stages) if (!('store' in row) || row.store === 'full') extents.push(...inner.extents);
  const views = accessPlan(program).map((step) => {
    if (step.kind === 'output') return step.full ? fullView : reducedView;
    const view = operandViews[step.operand] as View;
    return step.outer ? outerPart(view, outerRank) : view;
  });
  return {
    outputs,
    empty: numel(outerShape) === 0 || (numel(shape) === 0 && stores.every((row) => row.store === 'full')),
    key: `${program.name}|${dtypes}|${stores.map((row) => row.dtype).join()}|${scalars}|${outerRank}|${steps}`,
    extents,
    views,
    build: (inputs, results) =>
      buildStaged(program, inputs, results, operandViews, fullView, reducedView, outerRank, inner.extents.length),
  };
}

type PlanStep =
  | { readonly kind: 'operand'; readonly operand: number; readonly outer: boolean }
  | { readonly kind: 'output'; readonly full: boolean };

function outerPart(view: View, rank: number): View {
  return { shape: view.shape.slice(0, rank), strides: view.strides.slice(0, rank), offset: view.offset };
}

/** The order in which a program's stages load operands and store outputs. */
function accessPlan(program: StagedProgram): PlanStep[] {
  const plan: PlanStep[] = [];
  for (const row of program.stages) {
    const outer = 'store' in row && row.store === 'reduced';
    const seen = new Set<number>();
    row.expr({
      load: (operand) => {
        if (!seen.has(operand)) plan.push({ kind: 'operand', operand, outer });
        seen.add(operand);
        return constant(0, 'float32');
      },
      result: stage,
      scalar,
    });
    if ('store' in row) plan.push({ kind: 'output', full: row.store === 'full' });
  }
  return plan;
}

function buildStaged(
  program: StagedProgram,
  operands: readonly Tensor[],
  outputs: readonly Tensor[],
  operandViews: readonly View[],
  fullView: View,
  reducedView: View,
  outer: number,
  inner: number,
): LoopKernel {
  const accesses: LoopKernel['accesses'][number][] = [];
  const stages: Stage[] = [];
  const reduces: number[] = [];
  const scalars = (program.scalars ?? []).map((s) => s.dtype);
  let output = 0;
  const kernel: LoopKernel = {
    kind: 'loop',
    outer,
    inputs: operands.map((tensor) => tensor.dtype),
    outputs: outputs.map((tensor) => tensor.dtype),
    scalars,
    accesses,
    stages,
  };
  for (const row of program.stages) {
    const isStore = 'store' in row;
    const whole = !isStore || row.store === 'full';
    const loaded = new Map<number, number>();
    const expr = row.expr({
      load: (operand, dtype) => {
        let access = loaded.get(operand);
        if (access === undefined) {
          const view = operandViews[operand] as View;
          access = accesses.push(inputAccess(operand, whole ? view : outerPart(view, outer))) - 1;
          loaded.set(operand, access);
        }
        const has = computeDType((operands[operand] as Tensor).dtype);
        return dtype === undefined || computeDType(dtype) === has ? load(access) : cast(load(access), dtype);
      },
      result: (reduce) => stage(reduces[reduce] as number),
      scalar,
    });
    if (isStore) {
      const access = accesses.push(outputAccess(output++, whole ? fullView : reducedView)) - 1;
      const stored = exprDType(kernel, expr) === computeDType(row.dtype) ? expr : cast(expr, row.dtype);
      stages.push({ kind: 'store', access, inner: whole ? inner : 0, expr: stored });
    } else {
      reduces.push(stages.push({ kind: 'reduce', op: row.reduce, inner, expr }) - 1);
    }
  }
  return kernel;
}
