import type { Context } from './context.ts';

/** A place in the loops of a shader: what is known there. */
export interface Place {
  /** The index along each axis whose loop has been entered. */
  readonly indices: ReadonlyMap<number, string>;
  /** For each access, the address that those indices lead to. */
  readonly addresses: ReadonlyMap<number, string>;
  /** For each access, the values that its bounds check. */
  readonly bounds: ReadonlyMap<number, readonly string[]>;
  /** For each access that slides, steps along the axis of elements side by side that are in neither. */
  readonly shifts: ReadonlyMap<number, number>;
  /** Names of what was computed since the innermost loop was entered and may be needed again, by what tells it apart. */
  readonly shared: Map<string, string>;
}

/** The place outside all loops, for some accesses. */
export function startPlace({ numbers, kernel }: Context, accesses: readonly number[]): Place {
  const boundsOf = (number: number): string[] =>
    Array.from({ length: kernel.accesses[number]?.bounds ?? 0 }, (_, bound) => numbers.boundStart(number, bound));
  return {
    indices: new Map(),
    addresses: new Map(accesses.map((number) => [number, numbers.offset(number)])),
    bounds: new Map(accesses.map((number) => [number, boundsOf(number)])),
    shifts: new Map(),
    shared: new Map(),
  };
}

/** The place inside the loop along an axis, or at one step of it; the accesses in whose scope the axis is move along. */
export function enterAxis(
  context: Context,
  place: Place,
  accesses: readonly number[],
  axis: number,
  index: string | number,
): Place {
  const { numbers, lines, input } = context;
  const addresses = new Map(place.addresses);
  const bounds = new Map(place.bounds);
  const shifts = new Map(place.shifts);
  for (const number of index === 0 ? [] : accesses) {
    const direction = context.slide(number, axis);
    if (typeof index === 'number' && direction !== 0) {
      shifts.set(number, (shifts.get(number) ?? 0) + direction * index);
      continue;
    }
    const step = context.access(number).steps[axis];
    const address = addresses.get(number) as string;
    if (step === 'unit') addresses.set(number, lines.let(`${address} + ${index}`));
    else if (step === 'strided')
      addresses.set(number, lines.let(`${address} + ${index} * ${numbers.stride(number, axis)}`));
    const values = bounds.get(number) as readonly string[];
    bounds.set(
      number,
      values.map((value, bound) =>
        input.still?.[number]?.[bound]?.[axis]
          ? value
          : lines.let(`${value} + ${index} * ${numbers.coefficient(number, bound, axis)}`),
      ),
    );
  }
  const shared = typeof index === 'number' ? place.shared : new Map<string, string>();
  return { indices: new Map(place.indices).set(axis, `${index}`), addresses, bounds, shifts, shared };
}
