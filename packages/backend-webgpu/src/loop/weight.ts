import { type Expr, type LoopKernel, operands, type ScalarOpName } from '@flambeau/backend';

/** Operations of one instruction or a few; the others are functions of dozens, which devices write out at each call. */
const LIGHT: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>([
  'neg',
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'trunc',
  'sqrt',
  'rsqrt',
  'reciprocal',
  'isnan',
  'signbit',
  'not',
  'add',
  'sub',
  'mul',
  'div',
  'max',
  'min',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'and',
  'or',
  'xor',
  'shiftLeft',
  'shiftRight',
  'where',
]);

const HEAVY = 16;

/** Functions of several branches, each of dozens. */
const HEAVIEST: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>(['lgamma', 'digamma', 'polygamma', 'pow']);

/** How much code a kernel's expressions are, roughly in instructions. */
export function weigh({ stages }: LoopKernel): number {
  const seen = new Set<Expr>();
  const visit = (expr: Expr): number => {
    if (seen.has(expr)) return 0;
    seen.add(expr);
    return operands(expr).reduce((sum, operand) => sum + visit(operand), own(expr));
  };
  return stages.reduce((sum, { expr }) => sum + visit(expr), 0);
}

function own(expr: Expr): number {
  switch (expr.kind) {
    case 'op':
      return LIGHT.has(expr.op) ? 1 : HEAVIEST.has(expr.op) ? 4 * HEAVY : HEAVY;
    case 'random':
      return 2 * HEAVY;
    case 'gather':
      return 4;
    case 'cast':
      return 2;
    default:
      return 0;
  }
}
