import {
  type DType,
  evaluateScalarOp,
  type HostArray,
  KernelError,
  type Launch,
  loadValue,
  type RoutineKernel,
  type RoutineName,
  roundTo,
  storeValue,
  type Value,
  type View,
} from '@flambeau/backend';
import { reduceIdentity } from './reduce.ts';
import { elementAt, forEachIndex } from './walk.ts';

/** One operand of a routine. */
class Operand {
  readonly #array: HostArray;
  readonly dtype: DType;
  readonly view: View;

  constructor(array: HostArray, dtype: DType, view: View) {
    this.#array = array;
    this.dtype = dtype;
    this.view = view;
    if (view.bounds?.length) throw new KernelError('kernel', 'the operands of a routine cannot have bounds.', { view });
  }

  get(index: readonly number[]): Value {
    return loadValue(this.#array, this.dtype, elementAt(this.view, index, this.#array.length));
  }

  set(index: readonly number[], value: Value): void {
    storeValue(this.#array, this.dtype, elementAt(this.view, index, this.#array.length), value);
  }
}

type Routine = (kernel: RoutineKernel, operands: readonly Operand[]) => void;

/** Calls `visit` with every index whose `dim` is 0: one per line along `dim`. */
function forEachLine(shape: readonly number[], dim: number, visit: (index: readonly number[]) => void): void {
  if (shape[dim] !== 0) forEachIndex(shape.with(dim, 1), visit);
}

/** NaN counts as the largest. */
function compare(a: Value, b: Value): number {
  const aIsNaN = a !== a;
  const bIsNaN = b !== b;
  if (aIsNaN || bIsNaN) return Number(aIsNaN) - Number(bIsNaN);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The routines written for reading, not for speed. */
const routines: Readonly<Record<RoutineName, Routine>> = {
  scatter({ attributes }, operands) {
    const [positions, source, target] = operands as [Operand, Operand, Operand];
    const dim = attributes.dim as number;
    const extent = target.view.shape[dim] as number;
    const combine = { set: null, sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const;
    const op = combine[attributes.reduce as keyof typeof combine];
    forEachIndex(positions.view.shape, (index) => {
      const at = positions.get(index) as number;
      if (at < 0 || at >= extent) return;
      const place = index.with(dim, at);
      const value = source.get(index);
      target.set(place, op ? reduceInto(op, target.dtype, target.get(place), value) : value);
    });
  },

  cumulate({ attributes }, operands) {
    const [x, out] = operands as [Operand, Operand];
    const dim = attributes.dim as number;
    const op = attributes.op as 'sum' | 'prod';
    forEachLine(x.view.shape, dim, (start) => {
      let total = reduceIdentity(op, out.dtype);
      for (let at = 0; at < (x.view.shape[dim] as number); at++) {
        const index = start.with(dim, at);
        total = accumulate(op, out.dtype, total, x.get(index));
        out.set(index, roundTo(out.dtype, total));
      }
    });
  },

  sort({ attributes }, operands) {
    const [x, values, indices] = operands as [Operand, Operand, Operand];
    const dim = attributes.dim as number;
    const direction = attributes.descending ? -1 : 1;
    forEachLine(x.view.shape, dim, (start) => {
      const line = Array.from({ length: x.view.shape[dim] as number }, (_, at) => x.get(start.with(dim, at)));
      const order = line.map((_, at) => at);
      order.sort((a, b) => direction * compare(line[a] as Value, line[b] as Value) || a - b);
      order.forEach((from, to) => {
        const index = start.with(dim, to);
        values.set(index, line[from] as Value);
        indices.set(index, from);
      });
    });
  },

  nonzero(_, operands) {
    const [x, coordinates, count] = operands as [Operand, Operand, Operand];
    const capacity = coordinates.view.shape[0] as number;
    let found = 0;
    forEachIndex(x.view.shape, (index) => {
      const value = x.get(index);
      if (value === 0 || value === 0n) return;
      if (found < capacity) index.forEach((at, axis) => void coordinates.set([found, axis], at));
      found++;
    });
    count.set([0], found);
  },
};

/** Floats accumulate in float64 and round when stored; integers wrap. */
function accumulate(op: 'sum' | 'prod', dtype: DType, total: Value, value: Value): Value {
  if (dtype !== 'float32' && dtype !== 'float64' && dtype !== 'float16' && dtype !== 'bfloat16') {
    return evaluateScalarOp(op === 'sum' ? 'add' : 'mul', dtype, total, value);
  }
  return op === 'sum' ? (total as number) + (value as number) : (total as number) * (value as number);
}

function reduceInto(op: 'add' | 'mul' | 'max' | 'min', dtype: DType, old: Value, value: Value): Value {
  return evaluateScalarOp(op, dtype, old, value);
}

/** Runs a routine on host arrays: inputs, then outputs. */
export function interpretRoutine(kernel: RoutineKernel, arrays: readonly HostArray[], launch: Launch): void {
  const declared = [...kernel.inputs, ...kernel.outputs];
  const operands = declared.map((dtype, i) => new Operand(arrays[i] as HostArray, dtype, launch.views[i] as View));
  routines[kernel.name](kernel, operands);
}
