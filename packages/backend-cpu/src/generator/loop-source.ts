import { type DType, type LoopKernel, type Stage, type StoreStage, walk } from '@flambeau/backend';
import { Level, wrapAll } from './levels.ts';
import { isHalf } from './library.ts';
import type { LoopPlan } from './loop-plan.ts';
import { reduceLine, reduceRows } from './reduce-stage.ts';
import { asNumber } from './scalar-source.ts';
import { ROW_COUNTER, StageSource } from './stage-source.ts';
import { AccessSource } from './walker.ts';

/** A loop kernel as the generator takes it. */
export interface LoopInput {
  readonly kernel: LoopKernel;
  /** For each access, the view axis behind each axis in scope, -1 where there is none; absent where they are the same. */
  readonly viewAxes?: readonly (readonly number[])[];
  /** Whether the summands of float sums are left unrounded, as in a contraction. */
  readonly exactSummands?: boolean;
}

/** Writes the body of a factory that returns `run(buffers, launch)`. */
export function loopSource(input: LoopInput, plan: LoopPlan): string {
  const { kernel } = input;
  const accesses = kernel.accesses.map((access, i) => {
    const scope = Array.from({ length: scopeOf(kernel, i) }, (_, axis) => axis);
    return new AccessSource(i, access, input.viewAxes?.[i] ?? scope);
  });
  const top = new Level(null, 'top');
  const outer = plan.outer.map((loop, i) => new Level(loop, `i${i}`));
  const factory: string[] = [];
  const stages = kernel.stages.map((stage, s) => {
    const source = new StageSource(s, kernel, accesses, plan.rows, [top, ...outer]);
    const loops = plan.inner[s] ?? [];
    const levels = loops.map((loop, i) => new Level(loop, loop.role === 'within' ? ROW_COUNTER : `j${s}_${i}`));
    if (stage.kind === 'store') return store(source, stage, levels);
    const reduction = { source, stage, levels, exactSummands: input.exactSummands === true };
    return plan.rows ? reduceRows(reduction, factory) : reduceLine(reduction);
  });
  return [
    ...[...new Set([...kernel.inputs, ...kernel.outputs])]
      .filter(isHalf)
      .map((dtype) => `const ${dtype}Values = ${dtype}Table();`),
    ...factory,
    'return function run(buffers, launch) {',
    ...launchDeclarations(kernel),
    ...accesses.flatMap((access) => access.declarations()),
    wrapAll([top, ...outer], stages.join('\n')),
    '};',
  ].join('\n');
}

/** Number of axes in an access's scope, without the computed indices of a gather. */
function scopeOf({ accesses, stages }: LoopKernel, access: number): number {
  let computed = 0;
  for (const stage of stages) {
    walk(stage.expr, (expr) => {
      if (expr.kind === 'gather' && expr.access === access) computed = expr.indices.length;
    });
  }
  return (accesses[access]?.steps.length ?? 0) - computed;
}

function launchDeclarations(kernel: LoopKernel): string[] {
  const extents = kernel.stages.reduce((sum, stage: Stage) => sum + stage.inner, kernel.outer);
  return [
    'const { extents, views, scalars } = launch;',
    ...kernel.inputs.map((_, i) => `const in${i} = buffers[${i}].data;`),
    ...kernel.outputs.map((_, i) => `const out${i} = buffers[${kernel.inputs.length + i}].data;`),
    ...Array.from({ length: extents }, (_, i) => `const n${i} = extents[${i}] | 0;`),
    ...kernel.scalars.map((dtype, i) => `const x${i} = castValue(scalars[${i}], '${dtype}');`),
  ];
}

function store(source: StageSource, stage: StoreStage, levels: readonly Level[]): string {
  const access = source.accesses[stage.access] as AccessSource;
  const dtype = source.kernel.outputs[access.access.buffer] as DType;
  const half = isHalf(dtype);
  const expression = source.expressions(levels);
  expression.add(stage.expr);
  const value = asNumber(expression.write(stage.expr, half));
  const { element } = expression.position(stage.access);
  const statement = `${access.array}[${element}] = ${half ? `${dtype}BitsOf32(${value})` : value};`;
  return [...source.prelude.head, wrapAll(levels, statement)].join('\n');
}
