import { type AxisStep, type Launch, stepsOf } from './kernel.ts';
import { type LoopInput, viewAxis } from './loop-input.ts';
import type { View } from './view.ts';

/** Most strides of three classes that fit a float64 exactly, and most coefficients of two that leave room beside them. */
const MOST_STRIDES = 32;
const MOST_COEFFICIENTS = 30;

/**
 * Tells launches of one kernel apart by what their strides and bounds turn out to be. A structure may call an axis strided that
 * is contiguous or does not move at all, and does not say which axes a bound depends on; code that knows walks the memory in a
 * better order and checks less.
 */
export class Specializer<Input extends LoopInput = LoopInput> {
  readonly #input: Input;
  /** Access and view axis whose step the structure leaves open. */
  readonly #strides: (readonly [access: number, axis: number])[] = [];
  /** Access, bound and view axis whose coefficient may be 0. */
  readonly #coefficients: (readonly [access: number, bound: number, axis: number])[] = [];

  /** Whether the steps of {@link specialize} are those of the launch: false where too many are open to be told apart. */
  readonly knowsStrides: boolean;

  constructor(input: Input) {
    this.#input = input;
    input.kernel.accesses.forEach((access, number) => {
      access.steps.forEach((step, axis) => {
        const at = viewAxis(input, number, axis);
        if (step === 'strided') this.#strides.push([number, at]);
        if (at < 0) return;
        for (let bound = 0; bound < access.bounds; bound++) this.#coefficients.push([number, bound, at]);
      });
    });
    this.knowsStrides = this.#strides.length <= MOST_STRIDES;
    if (!this.knowsStrides) this.#strides.length = 0;
    if (this.#coefficients.length > MOST_COEFFICIENTS) this.#coefficients.length = 0;
  }

  /** Whether launches can differ. */
  get isOpen(): boolean {
    return this.#strides.length + this.#coefficients.length > 0;
  }

  /** A number that is equal for launches whose strides the same code suits. */
  stridesKey({ views }: Launch): number {
    let key = 0;
    for (let i = 0; i < this.#strides.length; i++) {
      const [access, axis] = this.#strides[i] as readonly [number, number];
      const view = views[access] as View;
      const stride = view.strides[axis] as number;
      key = key * 3 + (stride === 0 || view.shape[axis] === 1 ? 0 : stride === 1 ? 1 : 2);
    }
    return key;
  }

  /** A number below 2^30 that is equal for launches whose bounds the same code suits. */
  boundsKey({ views }: Launch): number {
    let key = 0;
    for (let i = 0; i < this.#coefficients.length; i++) {
      const [access, bound, axis] = this.#coefficients[i] as readonly [number, number, number];
      key = key * 2 + (staysSame(views[access] as View, bound, axis) ? 0 : 1);
    }
    return key;
  }

  /** The kernel with the steps of one launch, and the axes along which its bounds do not change. */
  specialize(launch: Launch): Input {
    const { kernel } = this.#input;
    const found = launch.views.map(stepsOf);
    const axisOf = (number: number, axis: number): number => viewAxis(this.#input, number, axis);
    const accesses = kernel.accesses.map((access, number) => {
      const refine = (step: AxisStep, axis: number): AxisStep =>
        step === 'strided' ? (found[number]?.[axisOf(number, axis)] ?? step) : step;
      return this.#strides.length ? { ...access, steps: access.steps.map(refine) } : access;
    });
    const still = kernel.accesses.map((access, number) =>
      Array.from({ length: access.bounds }, (_, bound) =>
        access.steps.map((_, axis) => {
          const at = axisOf(number, axis);
          return at < 0 || (this.#coefficients.length > 0 && staysSame(launch.views[number] as View, bound, at));
        }),
      ),
    );
    return { ...this.#input, kernel: { ...kernel, accesses }, still };
  }
}

/** Whether a bound's value stays the same along an axis. */
function staysSame(view: View, bound: number, axis: number): boolean {
  return view.bounds?.[bound]?.coefficients[axis] === 0 || view.shape[axis] === 1;
}
