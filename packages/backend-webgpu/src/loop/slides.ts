import {
  type Bound,
  type Launch,
  type LoopInput,
  type Stage,
  stageAccesses,
  type View,
  viewAxis,
} from '@flambeau/backend';

/**
 * Windows that slide: along an inner axis an access moves as it does along an outer one, forwards or backwards, in its address and
 * in its bounds. Results side by side along the outer axis then read mostly the same elements.
 */
export interface Slide {
  readonly stage: number;
  readonly access: number;
  readonly inner: number;
  readonly outer: number;
  /** 1, or -1 for backwards. */
  readonly direction: number;
}

/** What may slide. */
type Pair = Omit<Slide, 'direction'>;

/** Most pairs of axes that are looked at: so many of three kinds fit a float64 exactly. */
const MOST = 32;

/** Finds the windows that slide in launches of one kernel. */
export class Slides {
  readonly #input: LoopInput;
  readonly #pairs: readonly Pair[];

  constructor(input: LoopInput) {
    this.#input = input;
    const pairs = input.kernel.stages.flatMap((stage, s) => pairsOf(input, stage, s));
    this.#pairs = pairs.length > MOST ? [] : pairs;
  }

  /** A number that is equal for launches in which the same windows slide. */
  key({ views }: Launch): number {
    let key = 0;
    for (let i = 0; i < this.#pairs.length; i++) {
      const { access, inner, outer } = this.#pairs[i] as Pair;
      const view = views[access] as View;
      const direction = directionOf(view, viewAxis(this.#input, access, inner), viewAxis(this.#input, access, outer));
      key = key * 3 + 1 + direction;
    }
    return key;
  }

  /** The windows of launches with a key. */
  find(key: number): Slide[] {
    let rest = key;
    return this.#pairs
      .toReversed()
      .map((pair) => {
        const direction = (rest % 3) - 1;
        rest = Math.floor(rest / 3);
        return { ...pair, direction };
      })
      .filter(({ direction }) => direction !== 0);
  }
}

/** What may slide in a stage. */
function pairsOf({ kernel }: LoopInput, stage: Stage, s: number): Pair[] {
  if (stage.kind !== 'reduce') return [];
  const { outer, accesses } = kernel;
  return stageAccesses(stage).flatMap((access) => {
    const steps = accesses[access]?.steps ?? [];
    // Further axes are computed indices.
    if (steps.length !== outer + stage.inner) return [];
    const moving = steps.flatMap((step, axis) => (step === 'zero' ? [] : [axis]));
    const inside = moving.filter((axis) => axis >= outer);
    return moving
      .filter((axis) => axis < outer)
      .flatMap((o) => inside.map((i) => ({ stage: s, access, inner: i, outer: o })));
  });
}

/** 1 or -1 where one axis moves as another does, 0 where it does not. */
function directionOf({ strides, bounds }: View, inner: number, outer: number): number {
  const stride = strides[outer] as number;
  if (stride === 0) return 0;
  const direction = strides[inner] === stride ? 1 : strides[inner] === -stride ? -1 : 0;
  if (direction === 0 || !bounds) return direction;
  const isAlike = ({ coefficients }: Bound): boolean =>
    coefficients[inner] === direction * (coefficients[outer] as number);
  return bounds.every(isAlike) ? direction : 0;
}
