import type { ContractionKernel, Launch, View } from '@flambeau/backend';
import type { Program, Runtime, WasmBuffer } from '../runtime/runtime.ts';
import { type Blocks, cut, cutStream, groupSize, hasManyRows, sliverHeights } from './blocks.ts';
import {
  type AccessNumbers,
  BLOCK_DEPTH,
  COLUMN_UNITS,
  COLUMNS,
  DEPTH,
  MOST_DEPTH,
  ParameterLayout,
  ROW_UNITS,
  ROWS,
  ScratchLayout,
  UNIT_COLUMNS,
  UNIT_ROWS,
  WALKED_ROWS,
} from './layout.ts';
import type { Form } from './pack.ts';
import { compileContraction, compileStream } from './program.ts';
import { PASS_ROWS } from './stream.ts';
import { Surroundings } from './surroundings.ts';

/** Most rows for which passes over B as it lies cost less than to pack it, for one that the cache holds (elements) and others. */
const CACHED = 2 ** 18;
const CACHED_ROWS = 32;
const STREAMED_ROWS = 16;

/** Multiplications that a thread should at least be given. */
const GRAIN = 2 ** 19;

/** Runs of units along the depth from which on packing transposes. */
const SHORT_RUN = 4;

/** Below so many products at all or per index of the batch, or so few lines of an operand, packing costs more than it saves. */
const FEW_PRODUCTS = 8192;
const FEW_BATCH_PRODUCTS = 512;
const FEW_LINES = 3;

/** Positions of a window that a sum per element goes through as fast. */
const SHORT_WINDOW = 16;

/** Steps from which on lines of the first-level cache crowd each other out (bytes). */
const DISTANT = 2048;

/** Private memory that the panel and unfinished sums need at least (bytes). */
const ROOM = 2 ** 20;

/**
 * A contraction in blocks: both operands are packed through their views into slivers, a register-blocked micro-kernel
 * multiplies them, and the epilogue takes the sums out of registers.
 *
 * @source Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication".
 */
export class PackedContraction {
  readonly #kernel: ContractionKernel;
  readonly #runtime: Runtime;
  readonly #layout: ParameterLayout;
  readonly #room: number;
  /** Whether both operands walk the depth by units, so that a sum of products reads them as they lie. */
  readonly #dots: boolean;
  readonly #programs = new Map<number, Program>();
  readonly #surroundings: Surroundings;

  constructor(kernel: ContractionKernel, runtime: Runtime) {
    const { batch, m, n } = kernel.axes;
    const steps = kernel.accesses[2]?.steps ?? [];
    const units = (first: number, count: number): boolean => steps.slice(first, first + count).includes('unit');
    // Results are written along the columns.
    const swap = units(batch, m) && !units(batch + m, n);
    this.#kernel = kernel;
    this.#runtime = runtime;
    this.#layout = new ParameterLayout(kernel, swap);
    this.#room = new ScratchLayout(this.#layout).room;
    this.#dots = this.#layout.operands.every(({ access }) => access.steps.at(-1) === 'unit');
    this.#surroundings = new Surroundings(this.#layout.operands, runtime);
  }

  /** Whether a launch's numbers and tables have room. */
  get fits(): boolean {
    return this.#layout.fits && this.#room >= ROOM;
  }

  /** Whether blocks pay for a launch. */
  suits({ extents, views }: Launch): boolean {
    const { rows, columns, depth, operands } = this.#layout;
    const height = groupSize(extents, rows.extent, rows.axes);
    const width = groupSize(extents, columns.extent, columns.axes);
    const length = groupSize(extents, depth.extent, depth.axes);
    const products = height * width * length;
    if (products < FEW_BATCH_PRODUCTS) return false;
    if (products < FEW_PRODUCTS && products * groupSize(extents, 0, this.#kernel.axes.batch) < FEW_PRODUCTS)
      return false;
    const fewest = Math.min(height, width);
    if (fewest > FEW_LINES || (fewest === FEW_LINES && !this.#dots)) return true;
    if (!operands.some(({ bounds }) => bounds.length)) return this.#streams(height, width * length, views);
    // Sums over windows: packing judges bounds line by line, not element by element, which the shortest do not repay.
    const isShort = length <= SHORT_WINDOW && operands[1].access.steps[columns.operand + columns.axes - 1] === 'unit';
    return !isShort && length < Math.max(height, width);
  }

  /** Runs a launch whose depth is not 0. */
  run(buffers: readonly WasmBuffer[], launch: Launch): void {
    const { extents } = launch;
    const { rows, columns, depth } = this.#layout;
    const runtime = this.#runtime;
    const batches = groupSize(extents, 0, this.#kernel.axes.batch);
    const height = groupSize(extents, rows.extent, rows.axes);
    const width = groupSize(extents, columns.extent, columns.axes);
    const length = groupSize(extents, depth.extent, depth.axes);
    if (batches * height * width === 0) return;
    const safe = this.#surroundings.secure(buffers, launch);
    try {
      this.#layout.write(runtime, safe, launch);
      const { words, threads } = runtime;
      const base = runtime.parameters >>> 2;
      const streams = this.#streams(height, width * length, launch.views);
      const forms = this.#forms(words, base);
      const blocks = streams
        ? cutStream(batches, height, width, length, threads)
        : cut(batches, height, width, length, this.#mostDepth(words, base, forms), threads, this.#room);
      words[base + ROWS] = height;
      words[base + COLUMNS] = width;
      words[base + DEPTH] = length;
      writeBlocks(words, base, blocks);
      const program = streams
        ? this.#streamProgram(blocks.unitRows)
        : this.#packedProgram(forms, hasManyRows(blocks, height));
      const products = blocks.unitRows * blocks.unitColumns * length;
      runtime.dispatch(program, batches * blocks.rowUnits * blocks.columnUnits, Math.ceil(GRAIN / products));
    } finally {
      this.#surroundings.release();
    }
  }

  /** Whether to read B where it lies. */
  #streams(height: number, size: number, views: readonly View[]): boolean {
    const [a, b] = this.#layout.operands;
    // A pass converts 16-bit floats again.
    const most = b.bytes < 4 ? PASS_ROWS : size > CACHED ? STREAMED_ROWS : CACHED_ROWS;
    if (height > most || a.bounds.length || b.bounds.length) return false;
    const { shape, strides } = views[b.view] as View;
    const { operand, axes } = this.#layout.columns;
    let step = 1;
    for (let axis = operand + axes - 1; axis >= operand; axis--) {
      const size = shape[axis] as number;
      if (size !== 1 && strides[axis] !== step) return false;
      step *= size;
    }
    return true;
  }

  #forms(words: Int32Array, base: number): readonly [Form, Form] {
    const [a, b] = this.#layout.operands;
    return [formOf(words, base, a, a.address.rows), formOf(words, base, b, b.address.columns)];
  }

  /** The depth to which blocks go: less where slivers of A read a little of each of many distant lines of the cache. */
  #mostDepth(words: Int32Array, base: number, [a]: readonly [Form, Form]): number {
    const step = words[base + this.#layout.operands[0].address.depth + 2] as number;
    return a === 'lines' && Math.abs(step) >= DISTANT ? MOST_DEPTH / 2 : MOST_DEPTH;
  }

  #packedProgram(forms: readonly [Form, Form], many: boolean): Program {
    const [a, b] = forms;
    const key = (many ? 4 : 0) + (a === 'depth' ? 2 : 0) + (b === 'depth' ? 1 : 0);
    return this.#program(key, () =>
      compileContraction(this.#kernel, this.#layout, forms, sliverHeights(many), this.#runtime),
    );
  }

  #streamProgram(rows: number): Program {
    return this.#program(8 + rows, () => compileStream(this.#kernel, this.#layout, rows, this.#runtime));
  }

  #program(key: number, compile: () => Program): Program {
    let found = this.#programs.get(key);
    if (!found) {
      found = compile();
      this.#programs.set(key, found);
    }
    return found;
  }
}

function writeBlocks(words: Int32Array, base: number, blocks: Blocks): void {
  words[base + UNIT_ROWS] = blocks.unitRows;
  words[base + ROW_UNITS] = blocks.rowUnits;
  words[base + WALKED_ROWS] = blocks.walkedUnits;
  words[base + UNIT_COLUMNS] = blocks.unitColumns;
  words[base + COLUMN_UNITS] = blocks.columnUnits;
  words[base + BLOCK_DEPTH] = blocks.depth;
}

/** Along what an operand walks by units for longer. */
function formOf(words: Int32Array, base: number, { address, bytes }: AccessNumbers, lines: number): Form {
  const run = (steps: number): number => (words[base + steps + 2] === bytes ? (words[base + steps + 1] as number) : 1);
  const along = run(address.depth);
  return along >= SHORT_RUN && along > run(lines) ? 'depth' : 'lines';
}
