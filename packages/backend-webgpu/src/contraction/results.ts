import type { Access, ContractionKernel, DType, Launch, View } from '@flambeau/backend';
import { isFloat } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { Bindings, type Parameters, sharing } from '../shader.ts';
import { Evaluation, type Site } from '../wgsl/evaluate.ts';
import type { Library } from '../wgsl/library.ts';
import type { Lines } from '../wgsl/lines.ts';
import { fromStorage, toStorage } from '../wgsl/scalar.ts';
import { type Path, PathCode, pathOf, pushPath, sumOf } from './path.ts';
import type { Roles } from './roles.ts';

/** The output (access 2) and what the epilogue loads (further ones): those of a kernel that are used. */
const FIRST_RESULT = 2;

/** What decides the code that writes results. */
export interface ResultsVariant {
  /** For each access from the output on, the axes of its paths along batch, rows and columns. */
  readonly axes: readonly (readonly [number, number, number])[];
  /** {@link sharing} of the buffers that are bound. */
  readonly shared: readonly number[];
}

/** A launch's numbers for its results. */
export interface ResultPaths {
  readonly paths: readonly (readonly [Path, Path, Path])[];
  readonly variant: ResultsVariant;
}

/** Which of the kernel's buffers (inputs, then outputs) take part in writing results: what is loaded, then the output. */
export function resultBuffers({ accesses, inputs }: ContractionKernel): readonly number[] {
  const loaded = accesses.slice(FIRST_RESULT + 1).map(({ buffer }) => buffer);
  return [...new Set(loaded), outputBuffer({ accesses, inputs })];
}

/** The output among the kernel's buffers (inputs, then outputs). */
export function outputBuffer({ accesses, inputs }: Pick<ContractionKernel, 'accesses' | 'inputs'>): number {
  return inputs.length + (accesses[FIRST_RESULT] as Access).buffer;
}

/** The paths of a launch's results. */
export function resultPaths(
  kernel: ContractionKernel,
  launch: Launch,
  roles: Roles,
  buffers: readonly unknown[],
): ResultPaths {
  const paths = launch.views
    .slice(FIRST_RESULT)
    .map((view): readonly [Path, Path, Path] => [
      pathOf(launch, view, roles.batch),
      pathOf(launch, view, roles.rows),
      pathOf(launch, view, roles.columns),
    ]);
  const axes = paths.map(([batch, rows, columns]) => [batch.sizes.length, rows.sizes.length, columns.sizes.length]);
  const shared = sharing(resultBuffers(kernel).map((buffer) => buffers[buffer]));
  return { paths, variant: { axes: axes as [number, number, number][], shared } };
}

/** A short text that differs where code does. */
export function keyOf({ axes, shared }: ResultsVariant): string {
  return `${axes.join(' ')} ${shared}`;
}

/** Adds the launch numbers of results, in the order in which {@link Results} declares them. */
export function pushResults(numbers: number[], { paths }: ResultPaths, { views, scalars }: Launch): void {
  for (let i = 0; i < paths.length; i++) {
    const view = views[FIRST_RESULT + i] as View;
    numbers.push(view.offset);
    for (const path of paths[i] as readonly Path[]) pushPath(numbers, path);
  }
  for (const value of scalars) numbers.push(Number(value));
}

/** A column of a block, as code: for each access, what it adds to the address and, where rows do not matter, what is loaded. */
export interface Column {
  readonly isInside: string;
  readonly offsets: readonly (string | null)[];
  readonly loaded: ReadonlyMap<number, string>;
}

/** Writes the code that turns accumulators into results. */
export class Results {
  readonly bindings: Bindings;
  readonly #kernel: ContractionKernel;
  /** Those of the kernel's that are bound. */
  readonly #buffers: readonly number[];
  readonly #limits: DeviceLimits;
  readonly #library: Library;
  readonly #lines: Lines;
  readonly #parameters: Parameters;
  readonly #codes: readonly (readonly [PathCode, PathCode, PathCode])[];
  /** For each access, its address at the current index of the batch, and at the current row. */
  #bases: readonly string[] = [];
  #rows: readonly string[] = [];
  #loadedInRow = new Map<number, string>();

  constructor(
    kernel: ContractionKernel,
    { axes, shared }: ResultsVariant,
    limits: DeviceLimits,
    library: Library,
    lines: Lines,
    parameters: Parameters,
  ) {
    this.#kernel = kernel;
    this.#limits = limits;
    this.#library = library;
    this.#lines = lines;
    this.#parameters = parameters;
    const buffers = resultBuffers(kernel);
    this.#buffers = buffers;
    const dtypes = buffers.map((buffer) => [...kernel.inputs, ...kernel.outputs][buffer] as DType);
    this.bindings = new Bindings(dtypes, buffers.length - 1, limits, shared);
    this.#codes = axes.map(([batch, rows, columns], i) => {
      parameters.add(`r${i}_offset`, 'i32');
      return [
        new PathCode(parameters, `r${i}_batch`, batch, 1),
        new PathCode(parameters, `r${i}_row`, rows, 1),
        new PathCode(parameters, `r${i}_column`, columns, 1),
      ];
    });
    kernel.scalars.forEach((dtype, slot) => {
      parameters.add(`s${slot}`, isFloat(dtype) ? 'f32' : 'i32');
    });
  }

  /** Goes to an index of the batch. */
  atBatch(batch: string): void {
    this.#bases = this.#codes.map(([code], i) => {
      const moved = code.at(this.#lines, batch)[0];
      return this.#lines.let(sumOf(this.#parameters.ref(`r${i}_offset`), moved));
    });
  }

  /** Prepares a column. */
  column(column: string, columns: string): Column {
    const lines = this.#lines;
    const isInside = lines.let(`${column} < ${columns}`);
    const loaded = new Map<number, string>();
    const offsets = this.#codes.map(([, rows, code], i) => {
      const [offset = null] = code.at(lines, column);
      if (i > 0 && rows.isStill && !code.isStill)
        loaded.set(i, lines.let(this.#read(i, sumOf(this.#bases[i], offset))));
      return offset;
    });
    return { isInside, offsets, loaded };
  }

  /** Goes to a row. */
  atRow(row: string): void {
    const lines = this.#lines;
    this.#loadedInRow = new Map();
    this.#rows = this.#codes.map(([, code, columns], i) => {
      const address = lines.let(sumOf(this.#bases[i], code.at(lines, row)[0]));
      if (i > 0 && columns.isStill) this.#loadedInRow.set(i, lines.let(this.#read(i, address)));
      return address;
    });
  }

  /** Writes the result at the current row and a column. */
  store(column: Column, accumulator: string): void {
    const lines = this.#lines;
    const library = this.#library;
    const address = (i: number): string => sumOf(this.#rows[i], column.offsets[i]);
    const site: Site = {
      kernel: this.#kernel,
      library,
      lines,
      load: (access) => {
        const i = access - FIRST_RESULT;
        return column.loaded.get(i) ?? this.#loadedInRow.get(i) ?? this.#read(i, address(i));
      },
      gather: () => {
        throw new Error('epilogues in blocks have no computed indices');
      },
      index: () => {
        throw new Error('epilogues in blocks have no indices');
      },
      stage: () => accumulator,
      scalar: (slot) => {
        const ref = this.#parameters.ref(`s${slot}`);
        return this.#kernel.scalars[slot] === 'bool' ? `(${ref} != 0i)` : ref;
      },
      zero: () => `min(${this.#parameters.ref('r0_offset')}, 0)`,
    };
    const value = new Evaluation(site).of(this.#kernel.epilogue);
    const stored = toStorage(library, value, this.#dtype(0), this.#limits);
    lines.add(`${this.#name(0)}[${address(0)}] = ${stored};`);
  }

  #dtype(i: number): DType {
    const { accesses, inputs, outputs } = this.#kernel;
    const { role, buffer } = accesses[FIRST_RESULT + i] as Access;
    return (role === 'input' ? inputs : outputs)[buffer] as DType;
  }

  #name(i: number): string {
    const { accesses, inputs } = this.#kernel;
    const { role, buffer } = accesses[FIRST_RESULT + i] as Access;
    const own = role === 'input' ? buffer : inputs.length + buffer;
    return this.bindings.name(this.#buffers.indexOf(own));
  }

  #read(i: number, address: string): string {
    return fromStorage(`${this.#name(i)}[${address}]`, this.#dtype(i), this.#limits);
  }
}
