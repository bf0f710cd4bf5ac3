import { type Launch, Specializer } from '@flambeau/backend';
import type { SizedInput } from './sized-input.ts';

/** Inner axes up to this size, and most of them: short loops are written out. */
const SHORT = 4;
const MOST_SIZES = 8;

/** Tells launches of one kernel apart by what {@link Specializer} does, and by the sizes of short axes, which need no loops. */
export class SizeSpecializer {
  readonly #steps: Specializer<SizedInput>;
  /** Launch extents of inner axes. */
  readonly #extents: readonly number[];

  constructor(input: SizedInput) {
    const { kernel } = input;
    this.#steps = new Specializer(input);
    const inner = kernel.stages.reduce((sum, stage) => sum + stage.inner, 0);
    this.#extents = inner > MOST_SIZES ? [] : Array.from({ length: inner }, (_, i) => kernel.outer + i);
  }

  /** Whether launches can differ. */
  get isOpen(): boolean {
    return this.#steps.isOpen || this.#extents.length > 0;
  }

  /** {@link Specializer.stridesKey} */
  stridesKey(launch: Launch): number {
    return this.#steps.stridesKey(launch);
  }

  /** A number that is equal for launches whose bounds and sizes the same code suits. */
  sizesKey(launch: Launch): number {
    let key = this.#steps.boundsKey(launch);
    for (let i = 0; i < this.#extents.length; i++) {
      const size = launch.extents[this.#extents[i] as number] as number;
      key = key * (SHORT + 1) + (size <= SHORT ? size : 0);
    }
    return key;
  }

  /** The kernel with the steps of one launch, the axes along which its bounds do not change, and its short axes. */
  specialize(launch: Launch): SizedInput {
    const sizes = new Map(
      this.#extents.flatMap((at) => {
        const size = launch.extents[at] as number;
        return size > 0 && size <= SHORT ? [[at, size]] : [];
      }),
    );
    return { ...this.#steps.specialize(launch), sizes };
  }
}
