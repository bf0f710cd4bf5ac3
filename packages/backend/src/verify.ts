import { type DType, isDType, type Value } from './dtype.ts';
import { FlambeauError, KernelError } from './errors.ts';
import { type Expr, walk } from './expr.ts';
import {
  type Access,
  type ContractionKernel,
  computeDType,
  type Kernel,
  type LoopKernel,
  type RoutineKernel,
} from './kernel.ts';
import { printKernel } from './print.ts';
import { routineDTypeProblem, routines } from './routines.ts';
import { exprDType } from './typing.ts';

/** Reports what is wrong with a kernel, and its text. */
export function failKernel(kernel: Kernel, what: string): never {
  throw new KernelError('kernel', `${what}\n${printKernel(kernel)}`, { kernel });
}

/**
 * Checks that a kernel is well formed: references lead somewhere, dtypes fit, every access has a step per axis in scope
 * and belongs to one stage, stages read only earlier results.
 *
 * @throws {KernelError} With what is wrong and the kernel's text.
 */
export function verifyKernel(kernel: Kernel): void {
  for (const dtype of [...kernel.inputs, ...kernel.outputs, ...kernel.scalars]) {
    if (!isDType(dtype)) failKernel(kernel, `'${String(dtype)}' is not a dtype.`);
  }
  try {
    if (kernel.kind === 'loop') verifyLoop(kernel);
    else if (kernel.kind === 'contraction') verifyContraction(kernel);
    else verifyRoutine(kernel);
  } catch (error) {
    if (error instanceof FlambeauError && !('kernel' in error.details))
      failKernel(kernel, error.message.replace('[kernel] ', ''));
    throw error;
  }
}

function verifyLoop(kernel: LoopKernel): void {
  requireCount(kernel, 'outer', kernel.outer);
  if (!kernel.stages.some((stage) => stage.kind === 'store')) failKernel(kernel, 'a loop kernel needs a store stage.');
  const owner = new Map<number, number>();
  kernel.stages.forEach((stage, index) => {
    requireCount(kernel, `inner of stage ${index}`, stage.inner);
    const rank = kernel.outer + stage.inner;
    const claim = (access: number, role: Access['role'], extra: number): void => {
      if ((owner.get(access) ?? index) !== index) failKernel(kernel, `access ${access} is used by two stages.`);
      owner.set(access, index);
      verifyAccess(kernel, access, role, rank + extra);
    };
    verifyExpr(kernel, stage.expr, rank, claim);
    walk(stage.expr, (expr) => {
      if (expr.kind === 'stage' && expr.stage >= index)
        failKernel(kernel, `stage ${index} reads stage ${expr.stage}, which is not earlier.`);
    });
    const dtype = exprDType(kernel, stage.expr);
    if (stage.kind === 'store') {
      claim(stage.access, 'output', 0);
      verifyStore(kernel, stage.access, dtype);
    } else if (dtype === 'bool' && (stage.op === 'sum' || stage.op === 'prod')) {
      failKernel(kernel, `stage ${index}: '${stage.op}' does not accept bool. Cast first.`);
    }
  });
  requireUsed(kernel, new Set(owner.keys()));
}

function verifyContraction(kernel: ContractionKernel): void {
  const { batch, m, n, k } = kernel.axes;
  for (const [name, count] of Object.entries(kernel.axes)) requireCount(kernel, name, count);
  if (kernel.inputs.length < 2) failKernel(kernel, 'a contraction needs two inputs.');
  if (kernel.outputs.length !== 1) failKernel(kernel, `a contraction has one output; got ${kernel.outputs.length}.`);
  if (kernel.inputs[0] !== kernel.inputs[1]) failKernel(kernel, 'the operands of a contraction must share one dtype.');
  if (kernel.inputs[0] === 'bool') failKernel(kernel, 'a contraction does not accept bool. Cast first.');
  verifyAccess(kernel, 0, 'input', batch + m + k);
  verifyAccess(kernel, 1, 'input', batch + n + k);
  verifyAccess(kernel, 2, 'output', batch + m + n);
  if (kernel.accesses[0]?.buffer !== 0 || kernel.accesses[1]?.buffer !== 1) {
    failKernel(kernel, 'accesses 0 and 1 of a contraction must read inputs 0 and 1.');
  }
  const rank = batch + m + n;
  const used = new Set([0, 1, 2]);
  verifyExpr(kernel, kernel.epilogue, rank, (access, role, extra) => {
    used.add(access);
    if (access < 3) failKernel(kernel, `the epilogue may not load access ${access}.`);
    verifyAccess(kernel, access, role, rank + extra);
  });
  verifyStore(kernel, 2, exprDType(kernel, kernel.epilogue));
  requireUsed(kernel, used);
}

function verifyRoutine(kernel: RoutineKernel): void {
  const signature = routines[kernel.name];
  if (!signature) failKernel(kernel, `there is no routine '${kernel.name}'.`);
  if (kernel.inputs.length !== signature.inputs || kernel.outputs.length !== signature.outputs) {
    failKernel(kernel, `'${kernel.name}' takes ${signature.inputs} inputs and ${signature.outputs} outputs.`);
  }
  const names = new Set([...Object.keys(kernel.attributes), ...Object.keys(signature.attributes)]);
  for (const name of names) {
    const value = kernel.attributes[name];
    const wanted = signature.attributes[name];
    const fits = Array.isArray(wanted) ? wanted.includes(value) : typeof value === wanted;
    if (!fits) failKernel(kernel, `attribute '${name}' of '${kernel.name}' cannot be ${String(value)}.`);
  }
  const problem = routineDTypeProblem(kernel);
  if (problem) failKernel(kernel, problem);
}

function requireCount(kernel: Kernel, what: string, count: number): void {
  if (!Number.isInteger(count) || count < 0) failKernel(kernel, `${what} must be a number of axes; got ${count}.`);
}

/** An access that nothing reads or writes has no scope, so its view could not be checked. */
function requireUsed(kernel: LoopKernel | ContractionKernel, used: ReadonlySet<number>): void {
  const idle = kernel.accesses.findIndex((_, index) => !used.has(index));
  if (idle >= 0) failKernel(kernel, `access ${idle} is not used.`);
}

/** Whether a value is one that JavaScript holds for a dtype. */
export function fitsDType(value: Value, dtype: DType): boolean {
  if (dtype === 'bool') return value === 0 || value === 1;
  return typeof value === (dtype === 'int64' ? 'bigint' : 'number');
}

function verifyAccess(kernel: LoopKernel | ContractionKernel, index: number, role: Access['role'], rank: number): void {
  const access = kernel.accesses[index];
  if (access?.role !== role) failKernel(kernel, `access ${index} is not an ${role} access.`);
  const buffers = role === 'input' ? kernel.inputs : kernel.outputs;
  if (!(access.buffer in buffers))
    failKernel(kernel, `access ${index} names ${role} ${access.buffer}, which does not exist.`);
  if (access.steps.length !== rank)
    failKernel(kernel, `access ${index} needs ${rank} steps; got ${access.steps.length}.`);
  if (role === 'output' && access.bounds) failKernel(kernel, `access ${index} writes through bounds.`);
}

/** A fill that can be read must be of the buffer's dtype. */
function verifyFill(kernel: LoopKernel | ContractionKernel, index: number, gathered: boolean): void {
  const { fill, bounds, buffer } = kernel.accesses[index] as Access;
  const dtype = kernel.inputs[buffer] as DType;
  if ((gathered || bounds) && !fitsDType(fill, dtype)) {
    failKernel(kernel, `access ${index} fills ${dtype} with ${typeof fill} ${fill}.`);
  }
}

function verifyStore(kernel: LoopKernel | ContractionKernel, access: number, dtype: DType): void {
  const target = kernel.outputs[kernel.accesses[access]?.buffer ?? -1];
  if (target && computeDType(target) !== dtype)
    failKernel(kernel, `a value of ${dtype} cannot be stored as ${target}. Cast first.`);
}

type Claim = (access: number, role: Access['role'], extra: number) => void;

function verifyExpr(kernel: LoopKernel | ContractionKernel, root: Expr, rank: number, claim: Claim): void {
  walk(root, (expr) => {
    if (expr.kind === 'load' || expr.kind === 'gather') {
      claim(expr.access, 'input', expr.kind === 'gather' ? expr.indices.length : 0);
      verifyFill(kernel, expr.access, expr.kind === 'gather');
    }
    if (expr.kind === 'const' && !fitsDType(expr.value, expr.dtype)) {
      failKernel(kernel, `a constant of ${expr.dtype} cannot be ${typeof expr.value} ${expr.value}.`);
    }
    if (expr.kind === 'index' && !(expr.axis >= 0 && expr.axis < rank))
      failKernel(kernel, `axis ${expr.axis} is not in scope.`);
  });
}
