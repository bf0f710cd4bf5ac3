import type { Shape, View } from '@flambeau/backend';
import type { Draft } from './draft.ts';

/** How the operands of a routine are walked in lines along one axis: numbers per operand, strides in elements. */
export interface Walk {
  /** Elements of a line. */
  readonly length: number;
  /** Number of lines. */
  readonly lines: number;
  /** Sizes of the other axes, after axes that can be walked as one were joined; the last one changes fastest. */
  readonly extents: readonly number[];
  readonly offsets: readonly number[];
  /** Steps along a line. */
  readonly steps: readonly number[];
  /** Per operand, the strides of the other axes. */
  readonly strides: readonly (readonly number[])[];
}

/**
 * Plans the walk over an array.
 *
 * @param shape - Of what is walked; views of operands may be larger.
 * @param main - The operand whose neighbours should be walked by neighbouring invocations.
 */
export function planWalk(shape: Shape, dim: number, views: readonly View[], main: number): Walk {
  const reach = (axis: number): number => Math.abs((views[main] as View).strides[axis] as number);
  const axes = shape.map((_, axis) => axis).filter((axis) => axis !== dim && shape[axis] !== 1);
  axes.sort((a, b) => reach(b) - reach(a));
  const extents: number[] = [];
  const strides = views.map((): number[] => []);
  for (const axis of axes) {
    const size = shape[axis] as number;
    const last = extents.length - 1;
    const joins = last >= 0 && views.every((view, k) => strides[k]?.[last] === size * (view.strides[axis] as number));
    if (joins) extents[last] = (extents[last] as number) * size;
    else extents.push(size);
    views.forEach((view, k) => {
      const own = strides[k] as number[];
      own[extents.length - 1] = view.strides[axis] as number;
    });
  }
  return {
    length: shape[dim] as number,
    lines: extents.reduce((product, size) => product * size, 1),
    extents,
    offsets: views.map((view) => view.offset),
    steps: views.map((view) => view.strides[dim] as number),
    strides,
  };
}

/** The walk of `lines` lines that lie one behind the other in one piece of memory, for every operand alike. */
export function denseWalk(lines: number, length: number, operands: number): Walk {
  const each = <T>(value: T): T[] => new Array<T>(operands).fill(value);
  return {
    length,
    lines,
    extents: lines === 1 ? [] : [lines],
    offsets: each(0),
    steps: each(1),
    strides: each(lines === 1 ? [] : [length]),
  };
}

/** A walk's launch numbers for its first operands, as {@link WalkCode} declares them; without operands, of rank 0. */
export function walkNumbers(walk: Walk, operands: number = walk.offsets.length): number[] {
  const numbers = [walk.length, walk.lines];
  if (operands) numbers.push(...walk.extents.slice(1));
  for (let k = 0; k < operands; k++) {
    numbers.push(walk.offsets[k] as number, walk.steps[k] as number, ...(walk.strides[k] as readonly number[]));
  }
  return numbers;
}

/** A walk in a shader. */
export class WalkCode {
  readonly #draft: Draft;
  readonly #rank: number;
  readonly #operands: number;
  readonly length: string;
  readonly lines: string;

  /** Declares the launch numbers of a walk over `rank` axes beside the line. */
  constructor(draft: Draft, rank: number, operands: number) {
    this.#draft = draft;
    this.#rank = rank;
    this.#operands = operands;
    this.length = draft.number('length');
    this.lines = draft.number('lines');
    for (let axis = 1; axis < rank; axis++) draft.number(`extent${axis}`);
    for (let k = 0; k < operands; k++) {
      draft.number(`offset${k}`);
      draft.number(`step${k}`);
      for (let axis = 0; axis < rank; axis++) draft.number(`stride${k}_${axis}`);
    }
  }

  /** The element at which each operand has the start of a line (a `u32`). */
  starts(line: string): string[] {
    const { lines, parameters } = this.#draft;
    const coordinates: string[] = [];
    let rest = line;
    for (let axis = this.#rank - 1; axis > 0; axis--) {
      const extent = lines.let(`u32(${parameters.ref(`extent${axis}`)})`);
      coordinates[axis] = lines.let(`i32(${rest} % ${extent})`);
      rest = lines.let(`${rest} / ${extent}`);
    }
    if (this.#rank) coordinates[0] = lines.let(`i32(${rest})`);
    return Array.from({ length: this.#operands }, (_, k) => {
      const terms = coordinates.map((at, axis) => ` + ${at} * ${parameters.ref(`stride${k}_${axis}`)}`);
      return lines.let(`${parameters.ref(`offset${k}`)}${terms.join('')}`);
    });
  }

  /** The element of an operand at a place of a line (an `i32`) whose start is given. */
  at(k: number, start: string, place: string): string {
    return `${start} + ${place} * ${this.#draft.parameters.ref(`step${k}`)}`;
  }
}
