import {
  type Backend,
  type ContractionKernel,
  constant,
  contiguousView,
  type DeviceBuffer,
  type DType,
  type Expr,
  inputAccess,
  type Launch,
  type LoopKernel,
  load,
  numel,
  op,
  outputAccess,
  permuteView,
  type ReduceOp,
  type Shape,
  type Stage,
  type StoreStage,
  scalar,
  stage,
  type View,
} from '@flambeau/backend';
import type { Engine, OperationName, OperationOptions, Transposes } from './engine.ts';

/** A buffer and the shape of what it holds. */
interface KernelValue {
  readonly buffer: DeviceBuffer;
  readonly shape: Shape;
}

/** A kernel with its launch, and what it gives. */
interface Plan {
  readonly kernel: LoopKernel | ContractionKernel;
  readonly launch: Launch;
  readonly shape: Shape;
  readonly dtype: DType;
}

const f = (value: number): Expr => constant(value, 'float32');
const [x, y, z] = [load(0), load(1), load(2)];

/** The element-wise operations, each as one expression: what `compile()` makes of them. */
const formulas: Readonly<Partial<Record<OperationName, Expr>>> = {
  add: op('add', x, y),
  mulAdd: op('add', op('mul', x, y), z),
  chain: op(
    'add',
    op(
      'mul',
      op('min', op('sub', op('mul', op('max', op('add', op('mul', x, y), f(1.5)), f(0)), f(0.25)), y), f(2)),
      f(1.1),
    ),
    y,
  ),
  exp: op('exp', x),
  tanh: op('tanh', x),
  gelu: op('mul', op('mul', x, f(0.5)), op('add', op('erf', op('mul', x, f(Math.SQRT1_2))), f(1))),
  sigmoid: op('sigmoid', x),
  div: op('div', x, y),
  minimum: op('min', x, y),
};

function elementwise(expr: Expr, shapes: readonly Shape[]): Plan {
  const shape = shapes[0] as Shape;
  const flat = contiguousView([numel(shape)]);
  const inputs = shapes.map((): DType => 'float32');
  const kernel: LoopKernel = {
    kind: 'loop',
    inputs,
    outputs: ['float32'],
    scalars: [],
    outer: 1,
    accesses: [...inputs.map((_, i) => inputAccess(i, flat)), outputAccess(0, flat)],
    stages: [{ kind: 'store', access: inputs.length, inner: 0, expr }],
  };
  const views = new Array<View>(inputs.length + 1).fill(flat);
  return { kernel, launch: { extents: flat.shape, views, scalars: [] }, shape, dtype: 'float32' };
}

/** Reduces the last axis of a view to one value per index of the others. */
function reduce(reduceOp: ReduceOp, view: View): Plan {
  const shape = view.shape.slice(0, -1);
  const out = contiguousView(shape);
  const dtype: DType = reduceOp.startsWith('arg') ? 'int32' : 'float32';
  const kernel: LoopKernel = {
    kind: 'loop',
    inputs: ['float32'],
    outputs: [dtype],
    scalars: [],
    outer: shape.length,
    accesses: [inputAccess(0, view), outputAccess(0, out)],
    stages: [
      { kind: 'reduce', op: reduceOp, inner: 1, expr: load(0) },
      { kind: 'store', access: 1, inner: 0, expr: stage(0) },
    ],
  };
  return { kernel, launch: { extents: view.shape, views: [view, out], scalars: [] }, shape, dtype };
}

/** Rows go through several stages while they are in cache; each stage has its own access to the row. */
function rowwise(shape: Shape, stages: readonly Stage[]): Plan {
  const rows = contiguousView(shape);
  const store: StoreStage = { ...(stages.at(-1) as StoreStage), access: stages.length };
  const kernel: LoopKernel = {
    kind: 'loop',
    inputs: ['float32'],
    outputs: ['float32'],
    scalars: ['float32'],
    outer: 1,
    accesses: [...stages.map(() => inputAccess(0, rows)), outputAccess(0, rows)],
    stages: [...stages.slice(0, -1), store],
  };
  const [count, length] = shape as [number, number];
  const views = new Array<View>(stages.length + 1).fill(rows);
  const extents = [count, ...stages.map(() => length)];
  return { kernel, launch: { extents, views, scalars: [1 / length] }, shape, dtype: 'float32' };
}

const sum = (expr: Expr): Stage => ({ kind: 'reduce', op: 'sum', inner: 1, expr });
const store = (expr: Expr): Stage => ({ kind: 'store', access: 0, inner: 1, expr });
const largest: Stage = { kind: 'reduce', op: 'max', inner: 1, expr: load(0) };
const shifted = (access: number): Expr => op('sub', load(access), stage(0));
const centred = (access: number): Expr => op('sub', load(access), op('mul', stage(0), scalar(0)));
const deviation = op('rsqrt', op('add', op('mul', stage(1), scalar(0)), f(1e-5)));

const rowStages: Readonly<Partial<Record<OperationName, readonly Stage[]>>> = {
  softmax: [largest, sum(op('exp', shifted(1))), store(op('div', op('exp', shifted(2)), stage(1)))],
  logSoftmax: [largest, sum(op('exp', shifted(1))), store(op('sub', shifted(2), op('log', stage(1))))],
  layerNorm: [sum(load(0)), sum(op('mul', centred(1), centred(1))), store(op('mul', centred(2), deviation))],
};

function matmul(a: Shape, b: Shape, transposes: Transposes): Plan {
  const flip = (view: View): View => permuteView(view, [1, 0]);
  const left = transposes[0] === 't' ? flip(contiguousView(a)) : contiguousView(a);
  const right = transposes[1] === 't' ? contiguousView(b) : flip(contiguousView(b));
  const shape = [left.shape[0] as number, right.shape[0] as number];
  const out = contiguousView(shape);
  const kernel: ContractionKernel = {
    kind: 'contraction',
    inputs: ['float32', 'float32'],
    outputs: ['float32'],
    scalars: [],
    axes: { batch: 0, m: 1, n: 1, k: 1 },
    accesses: [inputAccess(0, left), inputAccess(1, right), outputAccess(0, out)],
    epilogue: stage(0),
  };
  const extents = [...shape, left.shape[1] as number];
  return { kernel, launch: { extents, views: [left, right, out], scalars: [] }, shape, dtype: 'float32' };
}

function planOf(name: OperationName, shapes: readonly Shape[], options: OperationOptions): Plan | null {
  const [first, second] = shapes as [Shape, Shape];
  const formula = formulas[name];
  if (formula) return elementwise(formula, shapes);
  const stages = rowStages[name];
  if (stages) return rowwise(first, stages);
  const view = contiguousView(first);
  switch (name) {
    case 'sum':
      return reduce('sum', contiguousView([numel(first)]));
    case 'sumRows':
      return reduce('sum', view);
    case 'sumColumns':
      return reduce('sum', permuteView(view, [1, 0]));
    case 'max':
    case 'argmax':
      return reduce(name, view);
    case 'matmul':
      return matmul(first, second, options.transposes ?? 'nn');
    default:
      return null;
  }
}

/** One of our devices, given kernels directly: what the backend itself can do, without tensors around it. */
export function kernelEngine(backend: Backend): Engine<KernelValue> {
  return {
    name: `${backend.name} kernels`,
    array(data, shape) {
      const buffer = backend.allocate('float32', data.length);
      backend.write(buffer, data);
      return { buffer, shape };
    },
    operation(name, inputs, options) {
      const plan = planOf(
        name,
        inputs.map((input) => input.shape),
        options,
      );
      if (!plan) return null;
      const executable = backend.prepare(plan.kernel);
      const operands = inputs.map((input) => input.buffer);
      return () => {
        const buffer = backend.allocate(plan.dtype, numel(plan.shape));
        backend.run(executable, [...operands, buffer], plan.launch);
        return { buffer, shape: plan.shape };
      };
    },
    wait: () => backend.synchronize(),
    read: async ({ buffer }) => Float32Array.from((await backend.read(buffer, 0, buffer.length)) as Float32Array),
    release: ({ buffer }) => backend.free(buffer),
    close: () => backend.dispose(),
  };
}
