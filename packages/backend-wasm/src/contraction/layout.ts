import {
  type Access,
  type Bound,
  type ContractionKernel,
  type DType,
  dtypes,
  type Launch,
  type Value,
  type View,
} from '@flambeau/backend';
import { PARAMETER_BYTES, type Runtime, SCRATCH_BYTES, type WasmBuffer } from '../runtime/runtime.ts';
import { stepsWords, writeSteps } from './tables.ts';

/** Most rows, columns and depth that a block has. */
export const MOST_ROWS = 1024;
export const MOST_COLUMNS = 1024;
export const MOST_DEPTH = 512;

/** Columns of a sliver of B, and most rows of one of A. */
export const SLIVER_COLUMNS = 8;
export const SLIVER_ROWS = 6;

/** Where the numbers of a launch's blocks stand (words). */
export const ROWS = 0;
export const COLUMNS = 1;
export const DEPTH = 2;
/** Rows in a unit, units along the rows, and rows that are walked at once at most. */
export const UNIT_ROWS = 3;
export const ROW_UNITS = 4;
export const WALKED_ROWS = 5;
/** Columns in a unit, and units along the columns. */
export const UNIT_COLUMNS = 6;
export const COLUMN_UNITS = 7;
/** Depth of a block. */
export const BLOCK_DEPTH = 8;
const FIRST = 9;

/** A quantity that is linear in the index: an address or a bound's value. Words of its base and of its steps. */
export interface Linear {
  readonly base: number;
  readonly batch: number;
  /** Along rows for A, columns for B; both for results. */
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** An access: its address and its bounds. */
export interface AccessNumbers {
  readonly access: Access;
  readonly dtype: DType;
  readonly bytes: number;
  /** Number of the view, and of the buffer among inputs and outputs. */
  readonly view: number;
  readonly buffer: number;
  readonly address: Linear;
  readonly bounds: readonly (Linear & { readonly extent: number })[];
  /** Word of the period with which the bounds repeat along the depth. */
  readonly period: number;
}

/** Where one group of axes stands in the extents, in the operand's view and in results' views. */
interface Group {
  readonly axes: number;
  readonly extent: number;
  readonly operand: number;
  readonly result: number;
}

/** Where the numbers of a contraction's launch stand; rows and columns change roles where `swap` is set. */
export class ParameterLayout {
  /** A (its lines are the rows) and B (its lines are the columns). */
  readonly operands: readonly [AccessNumbers, AccessNumbers];
  /** The result, then what the epilogue loads. */
  readonly results: readonly AccessNumbers[];
  /** Where each run-time scalar stands (words, even). */
  readonly scalars: readonly number[];
  readonly length: number;
  readonly #kernel: ContractionKernel;
  readonly rows: Group;
  readonly columns: Group;
  readonly depth: Group;

  constructor(kernel: ContractionKernel, swap: boolean) {
    const { batch, m, n, k } = kernel.axes;
    const [first, second]: readonly [Group, Group] = [
      { axes: m, extent: batch, operand: batch, result: batch },
      { axes: n, extent: batch + m, operand: batch, result: batch + m },
    ];
    this.#kernel = kernel;
    this.rows = swap ? second : first;
    this.columns = swap ? first : second;
    this.depth = { axes: k, extent: batch + m + n, operand: 0, result: 0 };
    let next = FIRST;
    const take = (count: number): number => {
      next += count;
      return next - count;
    };
    const linear = (rows: number, columns: number, depth: number): Linear => ({
      base: take(1),
      batch: take(stepsWords(batch)),
      rows: take(stepsWords(rows)),
      columns: take(stepsWords(columns)),
      depth: take(stepsWords(depth)),
    });
    const numbers = (view: number, rows: number, columns: number, depth: number): AccessNumbers => {
      const access = kernel.accesses[view] as Access;
      const dtype = (access.role === 'input' ? kernel.inputs : kernel.outputs)[access.buffer] as DType;
      return {
        access,
        dtype,
        bytes: dtypes[dtype].bytes,
        view,
        buffer: access.role === 'input' ? access.buffer : kernel.inputs.length + access.buffer,
        address: linear(rows, columns, depth),
        bounds: Array.from({ length: access.bounds }, () => ({
          ...linear(rows, columns, depth),
          extent: take(1),
        })),
        period: take(1),
      };
    };
    this.operands = [numbers(swap ? 1 : 0, this.rows.axes, 0, k), numbers(swap ? 0 : 1, 0, this.columns.axes, k)];
    this.results = kernel.accesses.slice(2).map((_, i) => numbers(2 + i, this.rows.axes, this.columns.axes, 0));
    next += next % 2;
    this.scalars = kernel.scalars.map((_, slot) => next + 2 * slot);
    this.length = next + 2 * kernel.scalars.length;
  }

  /** Whether the numbers have room. */
  get fits(): boolean {
    return 4 * this.length <= PARAMETER_BYTES;
  }

  /** Writes all but the numbers of blocks. */
  write(runtime: Runtime, buffers: readonly WasmBuffer[], launch: Launch): void {
    const { words } = runtime;
    const base = runtime.parameters >>> 2;
    this.#writeOperand(words, base, this.operands[0], buffers, launch, this.rows, true);
    this.#writeOperand(words, base, this.operands[1], buffers, launch, this.columns, false);
    const { rows, columns } = this;
    const { batch } = this.#kernel.axes;
    for (let i = 0; i < this.results.length; i++) {
      const { view, buffer, bytes, address } = this.results[i] as AccessNumbers;
      const { strides, offset } = launch.views[view] as View;
      words[base + address.base] = (buffers[buffer] as WasmBuffer).address + offset * bytes;
      writeSteps(words, base + address.batch, launch.extents, 0, strides, 0, batch, bytes);
      writeSteps(words, base + address.rows, launch.extents, rows.extent, strides, rows.result, rows.axes, bytes);
      writeSteps(
        words,
        base + address.columns,
        launch.extents,
        columns.extent,
        strides,
        columns.result,
        columns.axes,
        bytes,
      );
    }
    for (let slot = 0; slot < this.scalars.length; slot++) {
      const word = base + (this.scalars[slot] as number);
      const dtype = this.#kernel.scalars[slot] as DType;
      const value = launch.scalars[slot] as Value;
      if (dtype === 'int64') runtime.longs[word >>> 1] = BigInt(value);
      else if (dtypes[dtype].kind === 'float') runtime.doubles[word >>> 1] = Number(value);
      else words[word] = Number(value);
    }
  }

  #writeOperand(
    words: Int32Array,
    base: number,
    numbers: AccessNumbers,
    buffers: readonly WasmBuffer[],
    { extents, views }: Launch,
    lines: Group,
    first: boolean,
  ): void {
    const view = views[numbers.view] as View;
    const { batch } = this.#kernel.axes;
    const { depth } = this;
    const write = (linear: Linear, steps: readonly number[], scale: number): void => {
      const target = first ? linear.rows : linear.columns;
      writeSteps(words, base + linear.batch, extents, 0, steps, 0, batch, scale);
      writeSteps(words, base + target, extents, lines.extent, steps, lines.operand, lines.axes, scale);
      writeSteps(words, base + linear.depth, extents, depth.extent, steps, batch + lines.axes, depth.axes, scale);
    };
    words[base + numbers.address.base] = (buffers[numbers.buffer] as WasmBuffer).address + view.offset * numbers.bytes;
    write(numbers.address, view.strides, numbers.bytes);
    if (numbers.bounds.length === 0) return;
    const bounds = view.bounds as readonly Bound[];
    for (let b = 0; b < bounds.length; b++) {
      const bound = bounds[b] as Bound;
      const linear = numbers.bounds[b] as AccessNumbers['bounds'][number];
      words[base + linear.base] = bound.start;
      words[base + linear.extent] = bound.extent;
      write(linear, bound.coefficients, 1);
    }
    // Leading axes of the depth that no bound sees. Slivers of A are written in order, since each step writes over the next.
    let free = 0;
    const seen = (axis: number): boolean => bounds.some((bound) => bound.coefficients[axis] !== 0);
    while (!first && free < depth.axes && !seen(batch + lines.axes + free)) free++;
    let period = 1;
    for (let axis = free; axis < depth.axes; axis++) period *= extents[depth.extent + axis] as number;
    words[base + numbers.period] = period;
  }
}

const PAD = 64;

/** Where things stand in a thread's private memory (bytes). */
export class ScratchLayout {
  /** Tables of each operand along its lines: addresses, then one per bound. */
  readonly lines: readonly [readonly number[], readonly number[]];
  /** The same along the depth, without the base. */
  readonly depth: readonly [readonly number[], readonly number[]];
  /** Addresses of each result along the rows, and offsets along the columns. */
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** One word per sliver of columns: whether it is whole and all results run along it by units. */
  readonly flags: number;
  /** A sliver of A. */
  readonly sliver: number;
  /** A tile of results on its way to memory. */
  readonly tile: number;
  /** All slivers of B, then accumulators. */
  readonly panel: number;

  constructor({ operands, results }: ParameterLayout) {
    let next = 0;
    const take = (bytes: number): number => {
      next += bytes;
      return next - bytes;
    };
    const table = (entries: number) => (): number => take(4 * entries + PAD);
    const tables = ({ bounds }: AccessNumbers, entries: number): number[] =>
      Array.from({ length: 1 + bounds.length }, table(entries));
    this.lines = [tables(operands[0], MOST_ROWS), tables(operands[1], MOST_COLUMNS)];
    this.depth = [tables(operands[0], MOST_DEPTH), tables(operands[1], MOST_DEPTH)];
    this.rows = results.map(table(MOST_ROWS));
    this.columns = results.map(table(MOST_COLUMNS));
    this.flags = take((4 * MOST_COLUMNS) / SLIVER_COLUMNS);
    this.sliver = take(4 * SLIVER_ROWS * MOST_DEPTH + PAD);
    this.tile = take(4 * SLIVER_ROWS * SLIVER_COLUMNS);
    this.panel = next;
  }

  /** What is left for the panel and accumulators (bytes). */
  get room(): number {
    return SCRATCH_BYTES - this.panel;
  }
}
