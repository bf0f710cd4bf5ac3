import type { Tensor } from '@flambeau/autograd';
import {
  cast,
  computeDType,
  DeviceError,
  type DType,
  DTypeError,
  type Executable,
  type Expr,
  inputAccess,
  isContiguous,
  type Kernel,
  load,
  outputAccess,
  ShapeError,
  type Stage,
  sameShape,
  scalar,
  stage,
  stepsOf,
  type View,
} from '@flambeau/backend';

/** What the formulas of an update read: the old elements, the run-time scalars, and values computed before. */
export interface UpdateScope<Operand extends string, Scalar extends string> {
  readonly old: Readonly<Record<Operand, () => Expr>>;
  readonly scalar: Readonly<Record<Scalar, Expr>>;
}

/** A formula and the operand whose elements its result replaces. */
export interface UpdateFormula<Operand extends string, Scalar extends string> {
  readonly target: Operand;
  /** @param value - Results of the formulas before this one. */
  readonly value: (scope: UpdateScope<Operand, Scalar>, value: (formula: number) => Expr) => Expr;
}

/**
 * An update rule: replaces the elements of several tensors of one shape in a single pass over memory.
 *
 * All loads come before all stores, so that every formula sees the old elements.
 */
export class UpdateKernel<Operand extends string, Scalar extends string> {
  readonly #name: string;
  readonly #operands: readonly Operand[];
  readonly #scalars: readonly Scalar[];
  readonly #values: readonly Expr[];
  /** The operand of each input access; an access belongs to one formula. */
  readonly #reads: readonly number[];
  readonly #targets: readonly number[];
  readonly #flatKeys = new Map<DType, string>();

  /** @param name - Tells this rule from all others. */
  constructor(
    name: string,
    operands: readonly Operand[],
    scalars: readonly Scalar[],
    formulas: readonly UpdateFormula<Operand, Scalar>[],
  ) {
    const reads: number[] = [];
    const slots = Object.fromEntries(scalars.map((scalarName, slot) => [scalarName, scalar(slot)]));
    this.#name = name;
    this.#operands = operands;
    this.#scalars = scalars;
    this.#values = formulas.map(({ value }) => {
      const loads = new Map<Operand, Expr>();
      const read = (operand: Operand): Expr => {
        const known = loads.get(operand) ?? load(reads.push(operands.indexOf(operand)) - 1);
        loads.set(operand, known);
        return known;
      };
      const old = Object.fromEntries(operands.map((operand) => [operand, () => read(operand)]));
      return value({ old, scalar: slots } as unknown as UpdateScope<Operand, Scalar>, stage);
    });
    this.#reads = reads;
    this.#targets = formulas.map((formula) => operands.indexOf(formula.target));
  }

  /**
   * Runs the rule; nothing is recorded for differentiation.
   *
   * @param tensors - One per operand, of one shape, dtype and device.
   * @param scalars - One per scalar.
   * @throws {ShapeError} The shapes differ, or the memory of a tensor that changes overlaps itself.
   * @throws {DTypeError} The dtypes differ.
   * @throws {DeviceError} The devices differ.
   */
  run(tensors: readonly Tensor[], scalars: readonly number[]): void {
    const first = tensors[0] as Tensor;
    const { shape, dtype, runtime: device } = first;
    const count = first.numel();
    let flat = true;
    for (const tensor of tensors) {
      if (!sameShape(tensor.shape, shape)) this.#refuseShapes(tensors);
      if (tensor.dtype !== dtype || tensor.runtime !== device) this.#refuseKinds(tensors);
      flat &&= isContiguous(tensor.layout);
    }
    if (count === 0) return;
    const extents = flat ? [count] : shape;
    const views = tensors.map(({ layout }) =>
      flat ? { shape: extents, strides: unit, offset: layout.offset } : layout,
    );
    if (!flat) for (const target of this.#targets) refuseOverlap(views[target] as View);
    const executable: Executable = device.prepare(this.#key(dtype, views, flat), () =>
      this.#build(dtype, flat ? views.map(() => line) : views),
    );
    const buffers = tensors.map((tensor) => tensor.buffer);
    const targets = this.#targets.map((target) => buffers[target]!);
    const accesses = this.#launchViews(views);
    device.realize(executable, [...buffers, ...targets], { extents, views: accesses, scalars: [...scalars] });
    for (const target of this.#targets) (tensors[target] as Tensor).versionCounter.value += 1;
  }

  #refuseShapes(tensors: readonly Tensor[]): never {
    const shapes = tensors.map((tensor, i) => `${this.#operands[i]} [${tensor.shape.join(', ')}]`).join(', ');
    throw new ShapeError(this.#name, `all tensors of an update must have one shape; got ${shapes}.`);
  }

  #refuseKinds(tensors: readonly Tensor[]): never {
    const [first] = tensors;
    const elsewhere = tensors.findIndex(({ runtime }) => runtime !== first?.runtime);
    if (first && elsewhere > 0) {
      const other = tensors[elsewhere] as Tensor;
      throw new DeviceError(
        this.#name,
        `the ${this.#operands[0]} is on device '${first.device}', but its ${this.#operands[elsewhere]} on '${other.device}'. ` +
          `Move the whole module with await module.to('${first.device}'), which moves gradients and the optimizer's state too.`,
        { devices: tensors.map(({ device }) => device) },
      );
    }
    const kinds = tensors.map(({ dtype, device }, i) => `${this.#operands[i]} ${dtype} on '${device}'`).join(', ');
    throw new DTypeError(
      this.#name,
      `all tensors of an update must share dtype and device; got ${kinds}. Convert the model before making its optimizer.`,
    );
  }

  #key(dtype: DType, views: readonly View[], flat: boolean): string {
    if (flat) {
      const known = this.#flatKeys.get(dtype) ?? `${this.#name}|${dtype}`;
      this.#flatKeys.set(dtype, known);
      return known;
    }
    return `${this.#name}|${dtype}|${views.map((view) => stepsOf(view).join()).join(';')}`;
  }

  /** One view per access: the reads, then the outputs. */
  #launchViews(views: readonly View[]): View[] {
    return [...this.#reads, ...this.#targets].map((operand) => views[operand] as View);
  }

  #build(dtype: DType, views: readonly View[]): Kernel {
    const work = computeDType(dtype);
    const reads = this.#reads.map((operand) => inputAccess(operand, views[operand] as View));
    const writes = this.#targets.map((target, output) => outputAccess(output, views[target] as View));
    // A sum over no inner axis is the value itself, as a stage's result, which outlives the stores.
    const values: Stage[] = this.#values.map((expr) => ({ kind: 'reduce', op: 'sum', inner: 0, expr }));
    const stores: Stage[] = this.#targets.map((_, output) => {
      const result = stage(output);
      const expr = work === dtype ? result : cast(result, dtype);
      return { kind: 'store', access: reads.length + output, inner: 0, expr };
    });
    return {
      kind: 'loop',
      outer: (views[0] as View).shape.length,
      inputs: this.#operands.map(() => dtype),
      outputs: this.#targets.map(() => dtype),
      scalars: this.#scalars.map(() => work),
      accesses: [...reads, ...writes],
      stages: [...values, ...stores],
    };
  }
}

const unit: readonly number[] = [1];
/** Any contiguous tensor, as far as the kernel's structure goes; a single element would not tell its step. */
const line: View = { shape: [2], strides: unit, offset: 0 };

function refuseOverlap(view: View): void {
  if (!view.strides.some((stride, axis) => stride === 0 && (view.shape[axis] as number) > 1)) return;
  throw new ShapeError(
    'optimizer',
    'unsupported operation: more than one element of the written-to tensor refers to a single memory location. ' +
      'Please clone() the tensor before performing the operation.',
  );
}
