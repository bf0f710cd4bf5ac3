import { type Access, type Expr, type LoopInput, operands } from '@flambeau/backend';
import type { Evaluation } from '../wgsl/evaluate.ts';
import { isStill } from './stages.ts';

/** Whether an expression has the same value along all of some axes; `results` tells which stages' results differ between elements. */
export function isInvariant(
  input: LoopInput,
  expr: Expr,
  axes: readonly number[],
  results: ReadonlyMap<number, readonly string[]>,
): boolean {
  const all = (): boolean => operands(expr).every((operand) => isInvariant(input, operand, axes, results));
  switch (expr.kind) {
    case 'const':
    case 'scalar':
      return true;
    case 'stage':
      return results.get(expr.stage)?.length === 1 || axes.every((axis) => axis >= input.kernel.outer);
    case 'index':
      return !axes.includes(expr.axis);
    case 'load':
      return staysPut(input, expr.access, axes);
    case 'gather':
      return staysPut(input, expr.access, axes) && all();
    default:
      return all();
  }
}

/** Whether an access shows the same element along all of some axes. */
export function staysPut(input: LoopInput, number: number, axes: readonly number[]): boolean {
  const { steps } = input.kernel.accesses[number] as Access;
  return axes.every((axis) => steps[axis] === 'zero' && isStill(input, number, axis));
}

/** Computes those largest parts of an expression for which `isFixed` holds, as far as they are more than a name. */
export function preEvaluate(root: Expr, isFixed: (expr: Expr) => boolean, start: () => Evaluation): Map<Expr, string> {
  const found = new Map<Expr, string>();
  const seen = new Set<Expr>();
  let evaluation: Evaluation | undefined;
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (!isFixed(expr)) {
      for (const operand of operands(expr)) visit(operand);
    } else if (expr.kind === 'op' || expr.kind === 'cast' || expr.kind === 'random' || expr.kind === 'gather') {
      evaluation ??= start();
      found.set(expr, evaluation.of(expr));
    } else if (expr.kind === 'load') {
      // The site remembers the element.
      evaluation ??= start();
      evaluation.of(expr);
    }
  };
  visit(root);
  return found;
}
