import { type Expr, walk } from './expr.ts';
import type { Access, LoopKernel, Stage } from './kernel.ts';

/** A loop kernel as generators of code take it. */
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

/** The position, among inputs then outputs, of the buffer behind an access. */
export function bufferOf({ inputs }: LoopKernel, { role, buffer }: Access): number {
  return role === 'input' ? buffer : inputs.length + buffer;
}

/** Whether a stage counts positions, so that its axes keep their order. */
export function countsPositions(stage: Stage): boolean {
  return stage.kind === 'reduce' && (stage.op === 'argmax' || stage.op === 'argmin');
}
