import { type Bound, type DType, dtypes, type Launch, type Value, type View, viewAxis } from '@flambeau/backend';
import type { Runtime, WasmBuffer } from '../runtime/runtime.ts';
import type { SizedInput } from './sized-input.ts';

/** Where the numbers of one access stand among a launch's (words). */
export interface AccessLayout {
  readonly address: number;
  /** The stride (bytes) along each axis in scope and each computed index; -1 where the structure knows it. */
  readonly strides: readonly number[];
  /** The size along each computed index of a gather. */
  readonly sizes: readonly number[];
  readonly bounds: readonly BoundLayout[];
}

interface BoundLayout {
  readonly start: number;
  readonly extent: number;
  /** The coefficient along each axis in scope and each computed index; -1 where the bound's value stays the same. */
  readonly coefficients: readonly number[];
}

/** The axis that is split into units, and elements per unit along it. */
export const SPLIT_AXIS = 0;
export const SPLIT_SIZE = 1;
const FIRST_EXTENT = 2;

/** What `write` does for one access: which views' numbers go where. */
interface AccessPlan {
  readonly layout: AccessLayout;
  readonly buffer: number;
  readonly bytes: number;
  /** Pairs of a word and the view axis whose stride goes there. */
  readonly strides: readonly (readonly [number, number])[];
  readonly sizes: readonly (readonly [number, number])[];
  readonly bounds: readonly (readonly (readonly [number, number])[])[];
}

/** Decides where the numbers of a loop kernel's launch stand, and writes them. */
export class LaunchLayout {
  readonly accesses: readonly AccessLayout[];
  /** Where each run-time scalar stands (words, even). */
  readonly scalars: readonly number[];
  /** All numbers together (words). */
  readonly length: number;
  readonly #extents: number;
  readonly #plans: readonly AccessPlan[];
  readonly #dtypes: readonly DType[];

  constructor(input: SizedInput, scopes: readonly number[]) {
    const { kernel } = input;
    this.#extents = kernel.stages.reduce((sum, stage) => sum + stage.inner, kernel.outer);
    let next = FIRST_EXTENT + this.#extents;
    const word = (): number => next++;
    this.#plans = kernel.accesses.map((access, number) => {
      const scope = scopes[number] as number;
      const dtype = (access.role === 'input' ? kernel.inputs : kernel.outputs)[access.buffer] as DType;
      const address = word();
      const axes = access.steps.map((_, axis) => viewAxis(input, number, axis));
      const strides = access.steps.map((step) => (step === 'strided' ? word() : -1));
      const sizes = access.steps.slice(scope).map(() => word());
      const bounds = Array.from({ length: access.bounds }, (_, bound) => ({
        start: word(),
        extent: word(),
        coefficients: axes.map((at, axis) => (at < 0 || input.still?.[number]?.[bound]?.[axis] ? -1 : word())),
      }));
      const pairs = (words: readonly number[], first = 0): (readonly [number, number])[] =>
        words.flatMap((at, i) => (at < 0 ? [] : [[at, axes[first + i] as number] as const]));
      return {
        layout: { address, strides, sizes, bounds },
        buffer: access.role === 'input' ? access.buffer : kernel.inputs.length + access.buffer,
        bytes: dtypes[dtype].bytes,
        strides: pairs(strides),
        sizes: pairs(sizes, scope),
        bounds: bounds.map((bound) => pairs(bound.coefficients)),
      };
    });
    this.accesses = this.#plans.map(({ layout }) => layout);
    if (next % 2) next++;
    this.#dtypes = kernel.scalars;
    this.scalars = kernel.scalars.map((_, slot) => next + 2 * slot);
    this.length = next + 2 * kernel.scalars.length;
  }

  /** Where the size behind a launch extent stands (words). */
  extent(number: number): number {
    return FIRST_EXTENT + number;
  }

  /** Writes a launch's numbers; the split is written by who decides it. */
  write(runtime: Runtime, buffers: readonly WasmBuffer[], launch: Launch): void {
    const { words } = runtime;
    const base = runtime.parameters >>> 2;
    const { extents, views } = launch;
    for (let i = 0; i < this.#extents; i++) words[base + FIRST_EXTENT + i] = extents[i] as number;
    const plans = this.#plans;
    for (let i = 0; i < plans.length; i++) {
      const plan = plans[i] as AccessPlan;
      const view = views[i] as View;
      const { bytes, layout } = plan;
      words[base + layout.address] = (buffers[plan.buffer] as WasmBuffer).address + view.offset * bytes;
      for (let s = 0; s < plan.strides.length; s++) {
        const [at, axis] = plan.strides[s] as readonly [number, number];
        words[base + at] = (axis < 0 ? 0 : (view.strides[axis] as number)) * bytes;
      }
      for (const [at, axis] of plan.sizes) words[base + at] = view.shape[axis] as number;
      for (let b = 0; b < plan.bounds.length; b++) {
        const { start, extent } = layout.bounds[b] as BoundLayout;
        const bound = (view.bounds as readonly Bound[])[b] as Bound;
        words[base + start] = bound.start;
        words[base + extent] = bound.extent;
        for (const [at, axis] of plan.bounds[b] as AccessPlan['strides']) {
          words[base + at] = bound.coefficients[axis] as number;
        }
      }
    }
    for (let slot = 0; slot < this.scalars.length; slot++) {
      writeScalar(
        runtime,
        base + (this.scalars[slot] as number),
        this.#dtypes[slot] as DType,
        launch.scalars[slot] as Value,
      );
    }
  }
}

/** Floats travel as float64, int64 as itself, narrower integers and bools as words. */
function writeScalar(runtime: Runtime, word: number, dtype: DType, value: Value): void {
  if (dtype === 'int64') runtime.longs[word >>> 1] = BigInt(value);
  else if (dtypes[dtype].kind === 'float') runtime.doubles[word >>> 1] = Number(value);
  else runtime.words[word] = Number(value);
}
