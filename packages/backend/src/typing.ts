import type { DType } from './dtype.ts';
import { KernelError } from './errors.ts';
import type { Expr } from './expr.ts';
import { computeDType, type Kernel, type Stage } from './kernel.ts';
import { acceptsDType, scalarOps } from './scalar-ops.ts';

/** The dtype of a reduce stage's result. */
export function stageDType(kernel: Kernel, stage: number): DType {
  if (kernel.kind === 'contraction') {
    if (stage !== 0) throw new KernelError('kernel', `a contraction has only stage 0; got ${stage}.`);
    return computeDType(kernel.inputs[0] as DType);
  }
  const found: Stage | undefined = kernel.kind === 'loop' ? kernel.stages[stage] : undefined;
  if (found?.kind !== 'reduce') throw new KernelError('kernel', `stage ${stage} is not a reduce stage.`);
  return found.op === 'argmax' || found.op === 'argmin' ? 'int32' : exprDType(kernel, found.expr);
}

/**
 * The dtype an expression has; 16-bit floats are computed in float32, so a load of one has dtype float32.
 *
 * @throws {KernelError} Operands do not fit their operation, or a reference leads nowhere.
 */
export function exprDType(kernel: Kernel, expr: Expr): DType {
  switch (expr.kind) {
    case 'const':
      return computeDType(expr.dtype);
    case 'cast':
      exprDType(kernel, expr.arg);
      return computeDType(expr.dtype);
    case 'index':
      return 'int32';
    case 'random':
      requireInt32(kernel, 'random key', expr.key);
      requireInt32(kernel, 'random counter', expr.counter);
      return 'int32';
    case 'stage':
      return stageDType(kernel, expr.stage);
    case 'scalar': {
      const dtype = kernel.scalars[expr.slot];
      if (!dtype) throw new KernelError('kernel', `there is no scalar slot ${expr.slot}.`);
      return computeDType(dtype);
    }
    case 'load':
    case 'gather': {
      if (expr.kind === 'gather') for (const index of expr.indices) requireInt32(kernel, 'gather index', index);
      const access = kernel.kind === 'routine' ? undefined : kernel.accesses[expr.access];
      if (access?.role !== 'input') throw new KernelError('kernel', `access ${expr.access} is not an input access.`);
      const dtype = kernel.inputs[access.buffer];
      if (!dtype)
        throw new KernelError('kernel', `access ${expr.access} names input ${access.buffer}, which does not exist.`);
      return computeDType(dtype);
    }
    case 'op':
      return opDType(kernel, expr);
  }
}

function opDType(kernel: Kernel, expr: Extract<Expr, { kind: 'op' }>): DType {
  const row = scalarOps[expr.op];
  if (!row) throw new KernelError('kernel', `there is no scalar operation '${expr.op}'.`);
  if (expr.args.length !== row.arity) {
    throw new KernelError('kernel', `'${expr.op}' takes ${row.arity} operands; got ${expr.args.length}.`);
  }
  const found = expr.args.map((arg) => exprDType(kernel, arg));
  const values = expr.op === 'where' ? found.slice(1) : found;
  const dtype = values[0] as DType;
  if (expr.op === 'where' && found[0] !== 'bool') {
    throw new KernelError('kernel', `the condition of 'where' must be bool; got ${found[0]}.`);
  }
  if (values.some((other) => other !== dtype)) {
    throw new KernelError('kernel', `operands of '${expr.op}' must share one dtype; got ${values.join(', ')}.`);
  }
  if (!acceptsDType(expr.op, dtype)) throw new KernelError('kernel', `'${expr.op}' does not accept ${dtype}.`);
  return row.result === 'bool' ? 'bool' : dtype;
}

function requireInt32(kernel: Kernel, what: string, expr: Expr): void {
  const dtype = exprDType(kernel, expr);
  if (dtype !== 'int32') throw new KernelError('kernel', `a ${what} must be int32; got ${dtype}.`);
}
