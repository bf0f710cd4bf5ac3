import { type AxisStep, type Launch, stepsOf, type View } from '@flambeau/backend';
import { type LoopInput, viewAxis } from './loop-input.ts';

/** Most strides that a variant is told apart by: three classes each fit a float64 exactly. */
const MOST_SLOTS = 32;

/**
 * Tells launches of one kernel apart by what its strides turn out to be. A structure may call an axis strided that is
 * contiguous or does not move at all; code that knows walks the memory in a better order.
 */
export class Specializer {
  readonly #input: LoopInput;
  /** Pairs of access and view axis whose step the structure leaves open. */
  readonly #views: number[] = [];
  readonly #axes: number[] = [];

  constructor(input: LoopInput) {
    this.#input = input;
    input.kernel.accesses.forEach((access, number) => {
      access.steps.forEach((step, axis) => {
        if (step !== 'strided') return;
        this.#views.push(number);
        this.#axes.push(viewAxis(input, number, axis));
      });
    });
    if (this.#views.length > MOST_SLOTS) this.#views.length = this.#axes.length = 0;
  }

  /** Whether launches can differ. */
  get open(): boolean {
    return this.#views.length > 0;
  }

  /** A number that is equal for launches that the same code suits. */
  key(launch: Launch): number {
    const { views } = launch;
    let key = 0;
    for (let i = 0; i < this.#views.length; i++) {
      const view = views[this.#views[i] as number] as View;
      const axis = this.#axes[i] as number;
      const stride = view.strides[axis] as number;
      key = key * 3 + (stride === 0 || view.shape[axis] === 1 ? 0 : stride === 1 ? 1 : 2);
    }
    return key;
  }

  /** The kernel with the steps of one launch. */
  specialize(launch: Launch): LoopInput {
    const { kernel } = this.#input;
    const accesses = kernel.accesses.map((access, number) => {
      const found = stepsOf(launch.views[number] as View);
      const refine = (step: AxisStep, axis: number): AxisStep =>
        step === 'strided' ? (found[viewAxis(this.#input, number, axis)] ?? step) : step;
      return { ...access, steps: access.steps.map(refine) };
    });
    return { ...this.#input, kernel: { ...kernel, accesses } };
  }
}
