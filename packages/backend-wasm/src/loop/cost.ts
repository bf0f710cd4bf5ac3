import { type LoopKernel, type ScalarOpName, type Stage, walk } from '@flambeau/backend';

/** Operations of one or two instructions. */
const CHEAP: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>([
  'neg',
  'abs',
  'add',
  'sub',
  'mul',
  'max',
  'min',
  'where',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'and',
  'or',
  'xor',
  'not',
  'floor',
  'ceil',
  'trunc',
  'round',
]);

/** Time for one element of a stage on one thread (nanoseconds, roughly): what decides whether waking a thread pays. */
export function elementCost(kernel: LoopKernel, stage: Stage): number {
  let cost = stage.kind === 'store' ? 0.15 : 0.05;
  walk(stage.expr, (expr) => {
    if (expr.kind === 'load') {
      const access = kernel.accesses[expr.access];
      cost += access?.bounds || access?.steps.at(-1) === 'strided' ? 0.5 : 0.1;
    } else if (expr.kind === 'gather' || expr.kind === 'random') cost += 1.5;
    else if (expr.kind === 'op') cost += CHEAP.has(expr.op) ? 0.1 : 0.6;
  });
  return cost;
}
