import type { Access, Expr, LoopKernel, Stage } from '@flambeau/backend';
import { walk } from '@flambeau/backend';

/** A loop kernel as the generator takes it. */
export interface LoopInput {
  readonly kernel: LoopKernel;
  /** For each access, the view axis behind each axis in scope, -1 where there is none; absent where they are the same. */
  readonly viewAxes?: readonly (readonly number[])[];
  /**
   * For each access and bound, whether the bound's value stays the same along each axis in scope and computed index; absent
   * where that is not known.
   */
  readonly still?: readonly (readonly (readonly boolean[])[])[];
}

/** The view axis behind an axis of an access: an axis in scope, or one of a gather's computed indices after them. */
export function viewAxis({ viewAxes }: LoopInput, number: number, axis: number): number {
  const own = viewAxes?.[number];
  if (!own) return axis;
  if (axis < own.length) return own[axis] as number;
  return own.filter((at) => at >= 0).length + axis - own.length;
}

/** Whether an access's bounds have the same value along an axis. */
export function isStill(input: LoopInput, number: number, axis: number): boolean {
  const { bounds } = input.kernel.accesses[number] as Access;
  for (let bound = 0; bound < bounds; bound++) if (!input.still?.[number]?.[bound]?.[axis]) return false;
  return true;
}

/** The accesses that a stage reads and writes. */
export function stageAccesses(stage: Stage): number[] {
  const found = accessesIn(stage.expr);
  if (stage.kind === 'store') found.add(stage.access);
  return [...found];
}

/** The accesses that an expression reads. */
export function accessesIn(root: Expr): Set<number> {
  const found = new Set<number>();
  walk(root, (expr) => {
    if (expr.kind === 'load' || expr.kind === 'gather') found.add(expr.access);
  });
  return found;
}

/** The earlier stages that an expression reads. */
export function stagesIn(root: Expr): Set<number> {
  const found = new Set<number>();
  walk(root, (expr) => {
    if (expr.kind === 'stage') found.add(expr.stage);
  });
  return found;
}

/** For each access, the stage that it belongs to. */
export function stageOfAccess(kernel: LoopKernel): number[] {
  const found = kernel.accesses.map(() => 0);
  kernel.stages.forEach((stage, s) => {
    for (const number of stageAccesses(stage)) found[number] = s;
  });
  return found;
}

/** The position, among inputs then outputs, of the buffer behind an access. */
export function bufferOf({ inputs }: LoopKernel, { role, buffer }: Access): number {
  return role === 'input' ? buffer : inputs.length + buffer;
}

/** Whether a stage counts positions. */
export function countsPositions(stage: Stage): boolean {
  return stage.kind === 'reduce' && (stage.op === 'argmax' || stage.op === 'argmin');
}
