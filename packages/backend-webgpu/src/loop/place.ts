import type { Context } from './context.ts';

/** A place in the loops of a shader: what is known there. */
export interface Place {
  /** The index along each axis whose loop has been entered. */
  readonly indices: ReadonlyMap<number, string>;
  /** For each access, the address that those indices lead to. */
  readonly addresses: ReadonlyMap<number, string>;
  /** For each access, the values that its bounds check. */
  readonly bounds: ReadonlyMap<number, readonly string[]>;
}

/** The place outside all loops, for some accesses. */
export function startPlace({ numbers, kernel }: Context, accesses: readonly number[]): Place {
  const boundsOf = (number: number): string[] =>
    Array.from({ length: kernel.accesses[number]?.bounds ?? 0 }, (_, bound) => numbers.boundStart(number, bound));
  return {
    indices: new Map(),
    addresses: new Map(accesses.map((number) => [number, numbers.offset(number)])),
    bounds: new Map(accesses.map((number) => [number, boundsOf(number)])),
  };
}

/** The place inside the loop along an axis; the accesses in whose scope the axis is move along. */
export function enterAxis(
  context: Context,
  place: Place,
  accesses: readonly number[],
  axis: number,
  index: string,
): Place {
  const { numbers, lines, input } = context;
  const addresses = new Map(place.addresses);
  const bounds = new Map(place.bounds);
  for (const number of index === '0' ? [] : accesses) {
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
  return { indices: new Map(place.indices).set(axis, index), addresses, bounds };
}
