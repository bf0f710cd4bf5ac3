import type { Value } from './dtype.ts';
import type { Expr } from './expr.ts';
import type { Access, AxisStep, Kernel } from './kernel.ts';

const STEP: Readonly<Record<AxisStep, string>> = { zero: '0', unit: '1', strided: 'n' };

/** Names the axes in scope for print: outer axes i0, i1 …, inner ones j0, j1 … */
type AxisNames = (axis: number) => string;

/** A number as text that tells -0 from 0. */
function printValue(value: Value): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** `in0#2[i0:1 j0:n]`: the buffer, the access's number (which picks the view at launch) and its steps. */
function printAccess(kernel: Kernel, index: number, names: AxisNames, extra: readonly string[] = []): string {
  const access: Access | undefined = kernel.kind === 'routine' ? undefined : kernel.accesses[index];
  if (!access) return `?access${index}`;
  const inScope = access.steps.length - extra.length;
  const steps = access.steps.map((step, axis) => {
    if (axis >= inScope) return `${extra[axis - inScope]}:${STEP[step]}`;
    return step === 'zero' ? '' : `${names(axis)}:${STEP[step]}`;
  });
  const buffer = `${access.role === 'input' ? 'in' : 'out'}${access.buffer}#${index}`;
  const bounds = access.bounds ? ` |${access.bounds} bounds` : '';
  const fill = access.bounds || extra.length ? ` |fill ${printValue(access.fill)}` : '';
  return `${buffer}[${steps.filter(Boolean).join(' ')}${bounds}${fill}]`;
}

/** Prints an expression of a kernel. */
export function printExpr(kernel: Kernel, expr: Expr, names: AxisNames = (axis) => `i${axis}`): string {
  const print = (e: Expr): string => printExpr(kernel, e, names);
  switch (expr.kind) {
    case 'const':
      return `${printValue(expr.value)}:${expr.dtype}`;
    case 'scalar':
      return `s${expr.slot}`;
    case 'index':
      return names(expr.axis);
    case 'stage':
      return kernel.kind === 'contraction' ? 'acc' : `r${expr.stage}`;
    case 'cast':
      return `${expr.dtype}(${print(expr.arg)})`;
    case 'op':
      return `${expr.op}(${expr.args.map(print).join(', ')})`;
    case 'random':
      return `random(${print(expr.key)}, ${print(expr.counter)})`;
    case 'load':
      return printAccess(kernel, expr.access, names);
    case 'gather':
      return printAccess(
        kernel,
        expr.access,
        names,
        expr.indices.map((i) => `{${print(i)}}`),
      );
  }
}

/**
 * A kernel as text: one line for its buffers, one per stage. Two kernels print alike exactly when they have the same
 * structure, so the text is also the structural key.
 *
 * @example
 * loop i0 (float32, float32) -> (float32)
 *   out0#2[i0:1] = add(in0#0[i0:1], in1#1[])
 */
export function printKernel(kernel: Kernel): string {
  const scalars = kernel.scalars.length ? ` scalars (${kernel.scalars.join(', ')})` : '';
  const buffers = `(${kernel.inputs.join(', ')}) -> (${kernel.outputs.join(', ')})${scalars}`;
  if (kernel.kind === 'routine') {
    const attributes = Object.entries(kernel.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
    return `routine ${kernel.name} ${buffers}${attributes.map(([name, value]) => ` ${name}=${value}`).join('')}`;
  }
  if (kernel.kind === 'contraction') return printContraction(kernel, buffers);
  const outer = Array.from({ length: kernel.outer }, (_, axis) => ` i${axis}`).join('');
  const lines = kernel.stages.map((stage, index) => {
    const names: AxisNames = (axis) => (axis < kernel.outer ? `i${axis}` : `j${axis - kernel.outer}`);
    const inner = Array.from({ length: stage.inner }, (_, axis) => ` j${axis}`).join('');
    const body = printExpr(kernel, stage.expr, names);
    const over = inner && ` over${inner}`;
    if (stage.kind === 'reduce') return `  r${index} = ${stage.op}${over} ${body}`;
    return `  ${printAccess(kernel, stage.access, names)} =${over} ${body}`;
  });
  return [`loop${outer} ${buffers}`, ...lines].join('\n');
}

function printContraction(kernel: Extract<Kernel, { kind: 'contraction' }>, buffers: string): string {
  const { batch, m, n, k } = kernel.axes;
  const group = (letter: string, count: number): string[] => Array.from({ length: count }, (_, axis) => letter + axis);
  const [b, rows, columns, depth] = [group('b', batch), group('m', m), group('n', n), group('k', k)];
  const scope =
    (axes: readonly string[]): AxisNames =>
    (axis) =>
      axes[axis] ?? `?axis${axis}`;
  const result = scope([...b, ...rows, ...columns]);
  const left = printAccess(kernel, 0, scope([...b, ...rows, ...depth]));
  const right = printAccess(kernel, 1, scope([...b, ...columns, ...depth]));
  return [
    `contraction ${[b, rows, columns, depth].map((g) => g.join(' ') || '-').join(' | ')} ${buffers}`,
    `  acc = sum over ${depth.join(' ') || '-'} mul(${left}, ${right})`,
    `  ${printAccess(kernel, 2, result)} = ${printExpr(kernel, kernel.epilogue, result)}`,
  ].join('\n');
}

/** The text under which backends cache what they compiled for a kernel. */
export function structuralKey(kernel: Kernel): string {
  return printKernel(kernel);
}
