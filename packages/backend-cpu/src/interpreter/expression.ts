import {
  type Access,
  castValue,
  computeDType,
  type DType,
  type Expr,
  evaluateScalarOp,
  exprDType,
  type HostArray,
  type Kernel,
  KernelError,
  type Launch,
  loadValue,
  randomBits,
  storeValue,
  type Value,
} from '@flambeau/backend';
import { elementAt, insideBounds } from './walk.ts';

/** What an expression can see while it is evaluated. */
export interface Scope {
  readonly kernel: Exclude<Kernel, { kind: 'routine' }>;
  /** Inputs, then outputs. */
  readonly arrays: readonly HostArray[];
  readonly launch: Launch;
  /** The current index along each axis in scope. */
  index: readonly number[];
  /** Results of the stages so far. */
  readonly stages: Value[];
}

/** An expression ready to be evaluated. */
export type Evaluate = (scope: Scope) => Value;

/** Reads through an access at an index, which includes the computed ones of a gather. */
function readAccess(scope: Scope, number: number, index: readonly number[]): Value {
  const access = scope.kernel.accesses[number] as Access;
  const view = scope.launch.views[number];
  const array = scope.arrays[access.buffer];
  const dtype = scope.kernel.inputs[access.buffer];
  if (!view || !array || !dtype) throw new KernelError('kernel', `access ${number} has no view or no buffer.`);
  for (let axis = scope.index.length; axis < index.length; axis++) {
    const at = index[axis] as number;
    if (at < 0 || at >= (view.shape[axis] as number)) return castValue(access.fill, dtype);
  }
  if (!insideBounds(view, index)) return castValue(access.fill, dtype);
  return loadValue(array, dtype, elementAt(view, index, array.length));
}

/** Writes a value through an output access at the current index. */
export function writeAccess(scope: Scope, number: number, value: Value): void {
  const { kernel, launch, arrays } = scope;
  const access = kernel.accesses[number] as Access;
  const view = launch.views[number];
  const array = arrays[kernel.inputs.length + access.buffer];
  const dtype = kernel.outputs[access.buffer];
  if (!view || !array || !dtype) throw new KernelError('kernel', `access ${number} has no view or no buffer.`);
  storeValue(array, dtype, elementAt(view, scope.index, array.length), value);
}

/** Turns an expression into nested functions; every operation is rounded to its dtype as the contract says. */
export function compileExpression(kernel: Scope['kernel'], expr: Expr): Evaluate {
  const compile = (inner: Expr): Evaluate => compileExpression(kernel, inner);
  switch (expr.kind) {
    case 'const': {
      const value = castValue(expr.value, expr.dtype);
      return () => value;
    }
    case 'scalar': {
      const { slot } = expr;
      const dtype = kernel.scalars[slot] as DType;
      return (scope) => castValue(scope.launch.scalars[slot] as Value, dtype);
    }
    case 'index': {
      const { axis } = expr;
      return (scope) => scope.index[axis] as number;
    }
    case 'stage': {
      const { stage } = expr;
      return (scope) => scope.stages[stage] as Value;
    }
    case 'cast': {
      const { dtype } = expr;
      const arg = compile(expr.arg);
      return (scope) => castValue(arg(scope), dtype);
    }
    case 'random': {
      const key = compile(expr.key);
      const counter = compile(expr.counter);
      return (scope) => randomBits(key(scope) as number, counter(scope) as number);
    }
    case 'load': {
      const { access } = expr;
      return (scope) => readAccess(scope, access, scope.index);
    }
    case 'gather': {
      const { access } = expr;
      const indices = expr.indices.map(compile);
      return (scope) => readAccess(scope, access, [...scope.index, ...indices.map((at) => at(scope) as number)]);
    }
    case 'op': {
      const { op } = expr;
      // The dtype of an operation is that of its last operand: for 'where', of its branches.
      const dtype = computeDType(exprDType(kernel, expr.args[expr.args.length - 1] as Expr));
      const [a, b, c] = expr.args.map(compile) as [Evaluate, Evaluate?, Evaluate?];
      return (scope) => evaluateScalarOp(op, dtype, a(scope), b?.(scope), c?.(scope));
    }
  }
}
