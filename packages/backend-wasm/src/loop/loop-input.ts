import type { Access, LoopKernel, Stage } from '@flambeau/backend';
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
  /** Sizes of short inner axes, by their launch extents. */
  readonly sizes?: ReadonlyMap<number, number>;
  /** Whether the products under float sums may be fused with the addition, as in a contraction. */
  readonly exactSummands?: boolean;
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
  const found = new Set<number>();
  walk(stage.expr, (expr) => {
    if (expr.kind === 'load' || expr.kind === 'gather') found.add(expr.access);
  });
  if (stage.kind === 'store') found.add(stage.access);
  return [...found];
}

/** The accesses of a stage, with their numbers. */
export function accessesOf(kernel: LoopKernel, stage: Stage): Access[] {
  return stageAccesses(stage).map((number) => kernel.accesses[number] as Access);
}

/** Whether a stage counts positions, so that its axes keep their order. */
export function countsPositions(stage: Stage): boolean {
  return stage.kind === 'reduce' && (stage.op === 'argmax' || stage.op === 'argmin');
}
