import type { DType, Value } from './dtype.ts';
import type { ScalarOpName } from './scalar-ops.ts';

/** A scalar expression: data, never code, so that every backend can translate it. */
export type Expr =
  | { readonly kind: 'const'; readonly dtype: DType; readonly value: Value }
  /** Run-time scalar `slot` of the launch, of the dtype the kernel declares. */
  | { readonly kind: 'scalar'; readonly slot: number }
  /** The element of an input access at the current indices. */
  | { readonly kind: 'load'; readonly access: number }
  /**
   * The element of an input access that has extra trailing axes, indexed by computed int32 values.
   * An index outside its axis reads the access's fill value.
   */
  | { readonly kind: 'gather'; readonly access: number; readonly indices: readonly Expr[] }
  /** The current index along an axis in scope, as int32. */
  | { readonly kind: 'index'; readonly axis: number }
  /** The result of an earlier reduce stage, or the accumulator (stage 0) of a contraction. */
  | { readonly kind: 'stage'; readonly stage: number }
  | { readonly kind: 'op'; readonly op: ScalarOpName; readonly args: readonly Expr[] }
  | { readonly kind: 'cast'; readonly dtype: DType; readonly arg: Expr }
  /** 32 random bits (int32) of a counter under a key, both int32; see `randomBits`. */
  | { readonly kind: 'random'; readonly key: Expr; readonly counter: Expr };

/** A constant of a dtype. */
export function constant(value: Value, dtype: DType): Expr {
  return { kind: 'const', dtype, value: dtype === 'int64' ? BigInt(value) : Number(value) };
}

/** A run-time scalar. */
export function scalar(slot: number): Expr {
  return { kind: 'scalar', slot };
}

/** An element of an input access. */
export function load(access: number): Expr {
  return { kind: 'load', access };
}

/** An element of an input access at computed indices of its trailing axes. */
export function gather(access: number, indices: readonly Expr[]): Expr {
  return { kind: 'gather', access, indices };
}

/** The current index along an axis. */
export function index(axis: number): Expr {
  return { kind: 'index', axis };
}

/** The result of an earlier stage. */
export function stage(stage: number): Expr {
  return { kind: 'stage', stage };
}

/** An operation on expressions. */
export function op(name: ScalarOpName, ...args: readonly Expr[]): Expr {
  return { kind: 'op', op: name, args };
}

/** A conversion to another dtype. */
export function cast(arg: Expr, dtype: DType): Expr {
  return { kind: 'cast', dtype, arg };
}

/** Counter-based random bits. */
export function random(key: Expr, counter: Expr): Expr {
  return { kind: 'random', key, counter };
}

/** The direct operands of an expression. */
export function operands(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'op':
      return expr.args;
    case 'gather':
      return expr.indices;
    case 'cast':
      return [expr.arg];
    case 'random':
      return [expr.key, expr.counter];
    default:
      return [];
  }
}

/** Calls `visit` on an expression and everything in it, operands first. */
export function walk(expr: Expr, visit: (expr: Expr) => void): void {
  for (const operand of operands(expr)) walk(operand, visit);
  visit(expr);
}
