import { type Access, type Expr, type LoopInput, type LoopKernel, stageAccesses, walk } from '@flambeau/backend';

/** Whether an access's bounds have the same value along an axis. */
export function isStill(input: LoopInput, number: number, axis: number): boolean {
  const { bounds } = input.kernel.accesses[number] as Access;
  for (let bound = 0; bound < bounds; bound++) if (!input.still?.[number]?.[bound]?.[axis]) return false;
  return true;
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
