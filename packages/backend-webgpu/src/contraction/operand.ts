import type { Access, ContractionKernel, DType, View } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import type { Parameters } from '../shader.ts';
import type { Library } from '../wgsl/library.ts';
import type { Lines } from '../wgsl/lines.ts';
import { emitConstant, fromStorage } from '../wgsl/scalar.ts';
import { type Path, PathCode, pushPath, SHORT, sumOf } from './path.ts';
import type { OperandPaths } from './roles.ts';

/** Axes of an operand's paths along batch, lines and depth, and whether each of these is {@link SHORT}. */
export type OperandAxes = readonly [batch: number, lines: number, depth: number, areShort: boolean];

/** The axes of paths. */
export function axesOf({ batch, lines, depth }: OperandPaths): OperandAxes {
  const areShort = [batch, lines, depth].every(({ sizes }) => sizes.reduce((a, b) => a * b, 1) < SHORT);
  return [batch.sizes.length, lines.sizes.length, depth.sizes.length, areShort];
}

/** Adds the launch numbers of an operand, in the order in which {@link OperandCode} declares them. */
export function pushOperand(numbers: number[], { view, batch, lines, depth }: OperandPaths): void {
  numbers.push(view.offset);
  for (const bound of (view as View).bounds ?? []) numbers.push(bound.start, bound.extent);
  for (const path of [batch, lines, depth]) pushPath(numbers, path);
}

/** Along what four elements are read at once: neighbouring lines, the depth, or not at all. */
export type Form = 'lines' | 'depth' | 'single';

/** Along what an operand can be read in fours: elements side by side, each four of them at a multiple of four. */
export function formOf({ view, batch, lines, depth }: OperandPaths): Form {
  if (view.bounds?.length || view.offset % 4 !== 0 || !isAligned(batch, false)) return 'single';
  if (isAligned(lines, true) && isAligned(depth, false)) return 'lines';
  return isAligned(depth, true) && isAligned(lines, false) ? 'depth' : 'single';
}

/** Whether all steps are multiples of four, but for those of one where `alongUnits` is set. */
function isAligned({ sizes, steps }: Path, alongUnits: boolean): boolean {
  const last = steps.length - 1;
  if (alongUnits) {
    if (steps[last]?.[0] !== 1 || (last > 0 && (sizes[last] as number) % 4 !== 0)) return false;
  }
  return steps.every(([step], axis) => (alongUnits && axis === last) || (step as number) % 4 === 0);
}

/** What an operand looks like to the code that reads it. */
export interface OperandShape {
  readonly dtype: DType;
  readonly bounds: Access['bounds'];
  readonly fill: Access['fill'];
  readonly axes: OperandAxes;
}

/** The shape of an access. */
export function operandShape({ accesses, inputs }: ContractionKernel, number: 0 | 1, axes: OperandAxes): OperandShape {
  const { buffer, bounds, fill } = accesses[number] as Access;
  return { dtype: inputs[buffer] as DType, bounds, fill, axes };
}

/** Where an operand stands: its address, then the values of its bounds; null where something does not move. */
export type Place = readonly (string | null)[];

/** The code that reads an operand through its view. */
export class OperandCode {
  readonly #shape: OperandShape;
  readonly #name: string;
  readonly #limits: DeviceLimits;
  readonly #parameters: Parameters;
  readonly #paths: readonly [PathCode, PathCode, PathCode];
  readonly #extents: string[];

  constructor(parameters: Parameters, name: string, shape: OperandShape, limits: DeviceLimits) {
    this.#shape = shape;
    this.#name = name;
    this.#limits = limits;
    this.#parameters = parameters;
    parameters.add(`${name}_offset`, 'i32');
    for (let b = 0; b < shape.bounds; b++) {
      parameters.add(`${name}_start${b}`, 'i32');
      parameters.add(`${name}_extent${b}`, 'u32');
    }
    this.#extents = Array.from({ length: shape.bounds }, (_, b) => parameters.ref(`${name}_extent${b}`));
    const path = (group: string, axes: number): PathCode =>
      new PathCode(parameters, `${name}_${group}`, axes, 1 + shape.bounds);
    const [batch, lines, depth] = shape.axes;
    this.#paths = [path('batch', batch), path('line', lines), path('depth', depth)];
  }

  /** Where an index of the batch starts; also takes launch numbers out of loops over the depth. */
  start(lines: Lines, batch: string): Place {
    this.#paths[2].hoist(lines);
    if (this.#shape.axes[3]) for (const path of this.#paths) path.invert(lines);
    this.#extents.forEach((extent, b) => {
      this.#extents[b] = lines.let(extent);
    });
    const moved = this.#paths[0].at(lines, batch);
    return moved.map((by, q) =>
      lines.let(sumOf(this.#parameters.ref(q ? `${this.#name}_start${q - 1}` : `${this.#name}_offset`), by)),
    );
  }

  /** Where a line starts. */
  line(lines: Lines, start: Place, line: string): Place {
    const moved = this.#paths[1].at(lines, line);
    return start.map((from, q) => (moved[q] ? lines.let(sumOf(from, moved[q])) : (from ?? null)));
  }

  /** How far a step of the depth is away. */
  depth(lines: Lines, depth: string): Place {
    return this.#paths[2].at(lines, depth);
  }

  /** The address of an element. */
  address(place: Place, moved: Place): string {
    return sumOf(place[0], moved[0]);
  }

  /** The element of a line at a step of the depth: an f32. */
  read(lines: Lines, library: Library, variable: string, place: Place, moved: Place): string {
    const { dtype, fill } = this.#shape;
    const value = fromStorage(`${variable}[${this.address(place, moved)}]`, dtype, this.#limits);
    if (place.length === 1) return lines.let(value);
    const inside = place
      .slice(1)
      .map((start, b) => `(u32(${sumOf(start, moved[b + 1])}) < ${this.#extents[b]})`)
      .join(' & ');
    return lines.let(`select(${emitConstant(library, fill, dtype)}, ${value}, ${inside})`);
  }
}
