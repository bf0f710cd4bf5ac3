import {
  type Access,
  type ContractionKernel,
  cast,
  computeDType,
  constant,
  type DType,
  type Expr,
  gather,
  type HostArray,
  hostArray,
  index,
  inputAccess,
  isFloat,
  type Kernel,
  type Launch,
  type LoopKernel,
  load,
  loadValue,
  numel,
  op,
  outputAccess,
  padView,
  permuteView,
  type ReduceOp,
  type ScalarOpName,
  type Stage,
  scalar,
  sliceView,
  stage,
  storeValue,
  type Value,
  type View,
} from '@flambeau/backend';

/** A kernel with everything that one execution of it needs. */
export interface Sample {
  readonly kernel: Kernel;
  readonly launch: Launch;
  /** Inputs, then outputs. */
  readonly arrays: HostArray[];
}

const FLOAT_OPS: readonly ScalarOpName[] = ['add', 'sub', 'mul', 'div', 'max', 'min', 'fmod', 'remainder', 'atan2'];
const FLOAT_UNARY: readonly ScalarOpName[] = [
  'neg',
  'abs',
  'sqrt',
  'exp',
  'tanh',
  'floor',
  'round',
  'sigmoid',
  'sign',
  'erf',
];
const INT_OPS: readonly ScalarOpName[] = [
  'add',
  'sub',
  'mul',
  'max',
  'min',
  'floorDiv',
  'remainder',
  'xor',
  'shiftLeft',
];
const INT_UNARY: readonly ScalarOpName[] = ['neg', 'abs', 'sign', 'not'];
const BOOL_OPS: readonly ScalarOpName[] = ['and', 'or', 'xor', 'max', 'min', 'eq', 'ne'];

/** Makes random kernels from a seed; the same seed makes the same kernel. */
export class RandomKernel {
  #state: number;
  readonly #inputs: DType[] = [];
  readonly #outputs: DType[] = [];
  readonly #arrays: HostArray[] = [];
  readonly #outputArrays: HostArray[] = [];
  readonly #accesses: Access[] = [];
  readonly #views: View[] = [];
  readonly #scalars: DType[] = [];
  readonly #scalarValues: Value[] = [];

  constructor(seed: number) {
    this.#state = (seed * 2654435761 + 12345) >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  loop(dtype: DType): Sample {
    const outer = Array.from({ length: this.below(4) }, () => this.#size());
    const inner = Array.from({ length: 1 + this.below(2) }, () => this.#size());
    const extents = [...outer];
    const stages: Stage[] = [];
    const compute = computeDType(dtype);
    const results: (DType | null)[] = [];
    const reduces = this.below(3);
    for (let s = 0; s < reduces; s++) {
      const ops: ReduceOp[] = ['max', 'min', 'argmax', 'argmin'];
      if (dtype !== 'bool') ops.push('sum', 'sum', 'prod');
      const reduceOp = this.pick(ops);
      const expr = this.#expression(dtype, [...outer, ...inner], 2, results);
      extents.push(...inner);
      stages.push({ kind: 'reduce', op: reduceOp, inner: inner.length, expr });
      results.push(reduceOp.startsWith('arg') ? 'int32' : compute);
    }
    const stores = 1 + this.below(2);
    for (let s = 0; s < stores; s++) {
      const wide = this.next() < 0.4 ? inner : [];
      const expr = this.#expression(dtype, [...outer, ...wide], 3, results);
      const access = this.#output(dtype, [...outer, ...wide]);
      extents.push(...wide);
      stages.push({ kind: 'store', access, inner: wide.length, expr });
      results.push(null);
    }
    const kernel: LoopKernel = {
      kind: 'loop',
      inputs: this.#inputs,
      outputs: this.#outputs,
      scalars: this.#scalars,
      outer: outer.length,
      accesses: this.#accesses,
      stages,
    };
    return this.#sample(kernel, extents);
  }

  contraction(dtype: DType, largest: number): Sample {
    const group = (axes: number, limit: number): number[] =>
      Array.from({ length: this.below(axes + 1) }, () => this.below(limit) + (this.next() < 0.05 ? 0 : 1));
    const [batch, m, n, k] = [group(2, 3), group(2, largest), group(2, largest), group(2, largest)];
    this.#input(dtype, [...batch, ...m, ...k]);
    this.#input(dtype, [...batch, ...n, ...k]);
    const rows = [...batch, ...m, ...n];
    this.#output(dtype, rows);
    const plain = this.next() < 0.3;
    const epilogue = plain ? stage(0) : op('add', stage(0), this.#expression(dtype, rows, 2, [computeDType(dtype)]));
    const kernel: ContractionKernel = {
      kind: 'contraction',
      inputs: this.#inputs,
      outputs: this.#outputs,
      scalars: this.#scalars,
      axes: { batch: batch.length, m: m.length, n: n.length, k: k.length },
      accesses: this.#accesses,
      epilogue,
    };
    return this.#sample(kernel, [...batch, ...m, ...n, ...k]);
  }

  #sample(kernel: Kernel, extents: number[]): Sample {
    const launch = { extents, views: this.#views, scalars: this.#scalarValues };
    return { kernel, launch, arrays: [...this.#arrays, ...this.#outputArrays] };
  }

  #size(): number {
    const chance = this.next();
    return chance < 0.03 ? 0 : chance < 0.1 ? 1 : chance > 0.97 ? 70 : 1 + this.below(9);
  }

  value(dtype: DType): Value {
    if (dtype === 'bool') return this.below(2);
    if (isFloat(dtype)) {
      const chance = this.next();
      if (chance < 0.01) return Number.NaN;
      if (chance < 0.02) return Number.POSITIVE_INFINITY;
      return (this.next() - 0.4) * 5;
    }
    const value = this.below(11) - 4;
    return dtype === 'int64' ? BigInt(value) : value;
  }

  /** A view of the wanted shape over a fresh array: permuted, flipped, stepped, broadcast, and for inputs padded. */
  #view(shape: readonly number[], padded: boolean): { readonly view: View; readonly length: number } {
    const order = shape.map((_, axis) => axis);
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      if (this.next() < 0.5) [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    const cuts = shape.map(() => ({
      step: this.next() < 0.1 ? -1 : this.next() < 0.1 ? 2 : 1,
      zero: padded && this.next() < 0.15,
    }));
    const pads = shape.map((size, axis) => {
      const pad = padded && !cuts[axis]?.zero && this.next() < 0.15 ? Math.min(size, this.below(3)) : 0;
      return [pad, Math.min(size - pad, pad && this.below(2))] as const;
    });
    const own = shape.map((size, axis) =>
      cuts[axis]?.zero ? 1 : size - (pads[axis]?.[0] ?? 0) - (pads[axis]?.[1] ?? 0),
    );
    const whole = own.map((size, axis) => size * Math.abs(cuts[axis]?.step ?? 1));
    const strides = new Array<number>(shape.length).fill(0);
    let length = 1;
    for (const axis of order.toReversed()) {
      strides[axis] = length;
      length *= Math.max(1, whole[axis] as number);
    }
    const lead = this.below(3);
    let view: View = { shape: whole, strides, offset: lead };
    own.forEach((size, axis) => {
      const step = cuts[axis]?.step ?? 1;
      const start = step < 0 ? Math.max(0, size - 1) : 0;
      view = sliceView(view, axis, start, size, step);
    });
    view = permuteView(
      view,
      view.shape.map((_, axis) => axis),
    );
    if (pads.some(([before, after]) => before || after)) {
      view = padView(
        view,
        pads.map(([before]) => before),
        pads.map(([, after]) => after),
      );
    }
    const zeroed = view.strides.map((stride, axis) => (cuts[axis]?.zero ? 0 : stride));
    return { view: { ...view, shape, strides: zeroed }, length: length + lead + 1 };
  }

  #input(dtype: DType, shape: readonly number[]): number {
    const { view, length } = this.#view(shape, true);
    const array = hostArray(dtype, length);
    for (let i = 0; i < length; i++) storeValue(array, dtype, i, this.value(dtype));
    this.#inputs.push(dtype);
    this.#arrays.push(array);
    this.#views.push(view);
    this.#accesses.push(inputAccess(this.#inputs.length - 1, view, this.value(dtype)));
    return this.#accesses.length - 1;
  }

  #output(dtype: DType, shape: readonly number[]): number {
    const { view, length } = this.#view(shape, false);
    this.#outputs.push(dtype);
    this.#outputArrays.push(hostArray(dtype, length));
    this.#views.push(view);
    this.#accesses.push(outputAccess(this.#outputs.length - 1, view));
    return this.#accesses.length - 1;
  }

  #gather(dtype: DType, scope: readonly number[]): Expr {
    const sizes = [2 + this.below(4), 2 + this.below(3)].slice(0, 1 + this.below(2));
    const shape = [...scope, ...sizes];
    const access = this.#input(dtype, shape);
    return gather(
      access,
      sizes.map(() => this.#load('int32', scope)),
    );
  }

  #load(dtype: DType, scope: readonly number[]): Expr {
    return load(this.#input(dtype, scope));
  }

  /** A random expression of the compute dtype of `dtype`. */
  #expression(dtype: DType, scope: readonly number[], depth: number, results: readonly (DType | null)[]): Expr {
    const compute = computeDType(dtype);
    const again = (): Expr => this.#expression(dtype, scope, depth - 1, results);
    const chance = this.next();
    if (depth === 0 || chance < 0.15) return this.#leaf(dtype, scope, results);
    if (chance < 0.25) {
      const shared = again();
      return dtype === 'bool'
        ? op('xor', shared, shared)
        : op('mul', shared, op('add', shared, this.#leaf(dtype, scope, results)));
    }
    if (chance < 0.35) return op('where', op('lt', again(), again()), again(), again());
    if (chance < 0.42) {
      const other = this.pick<DType>(['int32', 'uint8', 'float32', 'bool', 'int64', 'float16', 'int8', 'float64']);
      return cast(this.#expression(other, scope, 0, []), compute);
    }
    if (dtype === 'bool') return op(this.pick(BOOL_OPS), again(), again());
    if (isFloat(dtype))
      return chance < 0.6 ? op(this.pick(FLOAT_UNARY), again()) : op(this.pick(FLOAT_OPS), again(), again());
    return chance < 0.6 ? op(this.pick(INT_UNARY), again()) : op(this.pick(INT_OPS), again(), again());
  }

  #leaf(dtype: DType, scope: readonly number[], results: readonly (DType | null)[]): Expr {
    const compute = computeDType(dtype);
    const chance = this.next();
    const known = results.flatMap((result, s) => (result === compute ? [s] : []));
    if (known.length && chance < 0.4) return stage(this.pick(known));
    if (chance < 0.5) return constant(this.value(compute), compute);
    if (chance < 0.55 && scope.length) return cast(index(this.below(scope.length)), compute);
    if (chance < 0.6) {
      this.#scalars.push(compute);
      this.#scalarValues.push(this.value(compute));
      return scalar(this.#scalars.length - 1);
    }
    if (chance < 0.65) return this.#gather(dtype, scope);
    return this.#load(dtype, scope);
  }
}

/** Whether two arrays agree: exactly, or for floats within a relative tolerance; NaN equals NaN. */
export function agree(a: HostArray, b: HostArray, dtype: DType, tolerance: number): boolean {
  if (a.length !== b.length) return false;
  const half = dtype === 'float16' || dtype === 'bfloat16';
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [loadValue(a, dtype, i), loadValue(b, dtype, i)];
    if (x === y || (x !== x && y !== y)) continue;
    const allowed = (half ? 2 ** -7 : tolerance) * Math.max(1e-30, Math.abs(Number(x)));
    if (!isFloat(dtype) || !(Math.abs(Number(x) - Number(y)) <= allowed)) return false;
  }
  return true;
}

/** Number of elements that a launch writes at most; keeps samples small. */
export function volume(sample: Sample): number {
  return numel(sample.launch.extents.map((extent) => Math.max(1, extent)));
}
