import type { Bound, Launch, View } from '@flambeau/backend';
import type { Parameters } from '../shader.ts';
import type { Lines } from '../wgsl/lines.ts';

/** A group of axes of a contraction: where it starts in the extents and in a view. */
export interface Group {
  readonly axes: number;
  readonly extent: number;
  readonly axis: number;
}

/**
 * How an access moves along a group at one launch: its address, and the value of each of its bounds. Axes that are walked as one
 * are merged, and none are left where nothing moves.
 */
export interface Path {
  /** Sizes of the axes, outermost first. */
  readonly sizes: readonly number[];
  /** For each axis, the step of the address and of each bound. */
  readonly steps: readonly (readonly number[])[];
}

/** The path of a view along a group. */
export function pathOf({ extents }: Launch, { strides, bounds = [] }: View, group: Group): Path {
  const sizes: number[] = [];
  const steps: number[][] = [];
  for (let axis = 0; axis < group.axes; axis++) {
    const size = extents[group.extent + axis] as number;
    if (size === 1) continue;
    const at = group.axis + axis;
    const step = [strides[at] as number];
    for (let b = 0; b < bounds.length; b++) step.push((bounds[b] as Bound).coefficients[at] as number);
    const outer = steps.at(-1);
    if (outer?.every((value, q) => value === (step[q] as number) * size)) {
      sizes.push((sizes.pop() as number) * size);
      steps[steps.length - 1] = step;
    } else {
      sizes.push(size);
      steps.push(step);
    }
  }
  return steps.every((step) => step.every((value) => value === 0)) ? { sizes: [], steps: [] } : { sizes, steps };
}

/** Number of elements of a group. */
export function groupSize(extents: readonly number[], { axes, extent }: Group): number {
  let size = 1;
  for (let axis = 0; axis < axes; axis++) size *= extents[extent + axis] as number;
  return size;
}

/** Elements of a group up to which a quotient of floats finds where an index lies; products of rounding errors stay below ½ / size. */
export const SHORT: number = 2 ** 20;

/** The code that follows a path with a certain number of axes. */
export class PathCode {
  readonly #parameters: Parameters;
  readonly #name: string;
  readonly #axes: number;
  readonly #quantities: number;
  readonly #hoisted = new Map<string, string>();
  /** For each axis, the reciprocal of its size. */
  #reciprocals: readonly string[] = [];

  /** @param quantities - The address and the bounds. */
  constructor(parameters: Parameters, name: string, axes: number, quantities: number) {
    this.#parameters = parameters;
    this.#name = name;
    this.#axes = axes;
    this.#quantities = quantities;
    for (let axis = 0; axis < axes; axis++) {
      if (axis > 0) parameters.add(`${name}_size${axis}`, 'u32');
      for (let q = 0; q < quantities; q++) parameters.add(`${name}_step${axis}_${q}`, 'i32');
    }
  }

  /** Whether nothing moves along the path. */
  get isStill(): boolean {
    return this.#axes === 0;
  }

  /** Takes the launch numbers out of loops to come. */
  hoist(lines: Lines): void {
    for (let axis = 0; axis < this.#axes; axis++) {
      const names = Array.from({ length: this.#quantities }, (_, q) => `step${axis}_${q}`);
      for (const name of axis > 0 ? [`size${axis}`, ...names] : names) {
        this.#hoisted.set(name, lines.let(this.#number(name)));
      }
    }
  }

  /** Lets {@link at} multiply by reciprocals where it would divide integers, which is slow; for fewer elements than {@link SHORT}. */
  invert(lines: Lines): void {
    this.#reciprocals = Array.from({ length: this.#axes }, (_, axis) =>
      axis > 0 ? lines.let(`1.0f / f32(${this.#number(`size${axis}`)})`) : '',
    );
  }

  #number(name: string): string {
    return this.#hoisted.get(name) ?? this.#parameters.ref(`${this.#name}_${name}`);
  }

  /** How far each quantity has moved at a row-major index (u32) of the group; null where it does not move. */
  at(lines: Lines, index: string): (string | null)[] {
    let rest = this.#axes ? lines.let(`i32(${index})`) : '';
    const moved: string[][] = Array.from({ length: this.#quantities }, () => []);
    for (let axis = this.#axes - 1; axis >= 0; axis--) {
      let own = rest;
      if (axis > 0) {
        const size = this.#number(`size${axis}`);
        const reciprocal = this.#reciprocals[axis];
        const outer = lines.let(
          reciprocal ? `i32((f32(${rest}) + 0.5f) * ${reciprocal})` : `i32(u32(${rest}) / ${size})`,
        );
        own = lines.let(`${rest} - ${outer} * i32(${size})`);
        rest = outer;
      }
      moved.forEach((sum, q) => sum.push(`${own} * ${this.#number(`step${axis}_${q}`)}`));
    }
    return moved.map((sum) => (sum.length ? lines.let(sum.join(' + ')) : null));
  }
}

/** Adds the launch numbers of a path, in the order in which {@link PathCode} declares them. */
export function pushPath(numbers: number[], { sizes, steps }: Path): void {
  for (let axis = 0; axis < sizes.length; axis++) {
    if (axis > 0) numbers.push(sizes[axis] as number);
    const step = steps[axis] as readonly number[];
    for (let q = 0; q < step.length; q++) numbers.push(step[q] as number);
  }
}

/** A sum of what is there. */
export function sumOf(...terms: readonly (string | null | undefined)[]): string {
  return terms.filter((term) => term).join(' + ') || '0i';
}
