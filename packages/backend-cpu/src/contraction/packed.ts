import type { ContractionKernel, Launch, View } from '@flambeau/backend';
import type { Run } from '../generator/generate-loop.ts';
import { finishOf } from './epilogue.ts';
import { type MicroKernel, microKernel, sliverWidth, TILE_COLUMNS, TILE_ROWS } from './micro-kernel.ts';
import { Operand } from './operand.ts';
import { OffsetTable } from './tables.ts';

/** Largest blocks of rows, columns and depth, so that a block of each operand stays in cache (elements). */
const BLOCK_ROWS = 120;
const BLOCK_COLUMNS = 256;
const BLOCK_DEPTH = 384;

/** Memory for blocks, shared by all contractions: only one runs at a time. */
interface Blocks {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
}

let shared: Blocks | undefined;

function sharedBlocks(): Blocks {
  shared ??= {
    a: new Float64Array(BLOCK_ROWS * BLOCK_DEPTH),
    b: new Float64Array(BLOCK_COLUMNS * BLOCK_DEPTH),
    c: new Float64Array(BLOCK_ROWS * BLOCK_COLUMNS),
  };
  return shared;
}

/** Micro-kernels by rows and columns of their tile. */
const TABLE_STRIDE = TILE_COLUMNS + 1;

function microKernels(): MicroKernel[] {
  const found: MicroKernel[] = [];
  for (let rows = 1; rows <= TILE_ROWS; rows++) {
    for (let columns = 1; columns <= TILE_COLUMNS; columns++) {
      found[rows * TABLE_STRIDE + columns] = microKernel(rows, columns);
    }
  }
  return found;
}

/** Size of equal blocks that cover `count`, none larger than `largest`. */
function blockSize(count: number, largest: number): number {
  return Math.ceil(count / Math.ceil(count / largest));
}

/** Adds the product of a packed block of A and one of B to a block of accumulators. */
function multiply(
  kernels: readonly MicroKernel[],
  { a, b, c }: Blocks,
  rows: number,
  columns: number,
  depth: number,
): void {
  for (let j = 0; j < columns; ) {
    const width = sliverWidth(columns - j, TILE_COLUMNS);
    for (let i = 0; i < rows; ) {
      const height = sliverWidth(rows - i, TILE_ROWS);
      const kernel = kernels[height * TABLE_STRIDE + width] as MicroKernel;
      kernel(a, i * depth, b, j * depth, c, i * columns + j, columns, depth);
      i += height;
    }
    j += width;
  }
}

/** Product of some extents. */
export function groupSize(extents: readonly number[], first: number, count: number): number {
  let size = 1;
  for (let axis = 0; axis < count; axis++) size *= extents[first + axis] as number;
  return size;
}

/** Whether a view moves by units along one of some axes. */
function hasUnit(view: View, first: number, count: number): boolean {
  for (let axis = first; axis < first + count; axis++) {
    if (view.strides[axis] === 1 && (view.shape[axis] as number) > 1) return true;
  }
  return false;
}

/**
 * A contraction in blocks: both operands are packed through their views into slivers, a register-blocked micro-kernel
 * multiplies them into a block of float64 accumulators, and the epilogue writes the block out.
 *
 * @source Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication".
 */
export function packedContraction(kernel: ContractionKernel): Run {
  const { batch, m, n, k } = kernel.axes;
  const firstDepth = batch + m + n;
  const a = new Operand(kernel, 0, { batch, lines: m, firstLine: batch, depth: k, firstDepth });
  const b = new Operand(kernel, 1, { batch, lines: n, firstLine: batch + m, depth: k, firstDepth });
  const results = kernel.accesses
    .slice(2)
    .map(() => [new OffsetTable(), new OffsetTable(), new OffsetTable()] as const);
  const straight = results.flatMap(([, rows, columns]) => [rows, columns]);
  const swapped = results.flatMap(([, rows, columns]) => [columns, rows]);
  const offsets = new Int32Array(results.length);
  const finish = finishOf(kernel);
  const kernels = microKernels();

  const block = (
    left: Operand,
    right: Operand,
    tables: readonly OffsetTable[],
    sizes: Sizes,
    run: Parameters<Run>,
  ): void => {
    const { rows, columns, depth } = sizes;
    const memory = sharedBlocks();
    const [rowStep, columnStep] = [blockSize(rows, BLOCK_ROWS), blockSize(columns, BLOCK_COLUMNS)];
    const depthStep = blockSize(depth, BLOCK_DEPTH);
    const arrays = run[0].map((buffer) => buffer.data);
    for (let column = 0; column < columns; column += columnStep) {
      const width = Math.min(columnStep, columns - column);
      for (let row = 0; row < rows; row += rowStep) {
        const height = Math.min(rowStep, rows - row);
        memory.c.fill(0, 0, height * width);
        for (let from = 0; from < depth; from += depthStep) {
          const count = Math.min(depthStep, depth - from);
          if (row === 0 || depthStep < depth) right.pack(memory.b, column, width, TILE_COLUMNS, from, count);
          left.pack(memory.a, row, height, TILE_ROWS, from, count);
          multiply(kernels, memory, height, width, count);
        }
        finish(arrays, run[1], memory.c, width, row, height, column, width, offsets, tables);
      }
    }
  };

  return (buffers, launch) => {
    const { extents, views } = launch;
    const batches = groupSize(extents, 0, batch);
    const rows = groupSize(extents, batch, m);
    const columns = groupSize(extents, batch + m, n);
    const depth = groupSize(extents, firstDepth, k);
    a.open((buffers[0] as (typeof buffers)[number]).data, launch);
    b.open((buffers[1] as (typeof buffers)[number]).data, launch);
    fillResultTables(results, launch, kernel.axes);
    const out = views[2] as View;
    const swap = hasUnit(out, batch, m) && !hasUnit(out, batch + m, n);
    for (let at = 0; at < batches; at++) {
      a.moveTo(at);
      b.moveTo(at);
      for (let i = 0; i < results.length; i++) {
        const { offset } = views[i + 2] as View;
        offsets[i] = offset + ((results[i] as (typeof results)[number])[0].values[at] as number);
      }
      if (swap) block(b, a, swapped, { rows: columns, columns: rows, depth }, [buffers, launch]);
      else block(a, b, straight, { rows, columns, depth }, [buffers, launch]);
    }
    a.close();
    b.close();
  };
}

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** Tables over batch, m and n of the result and of what the epilogue loads. */
function fillResultTables(
  tables: readonly (readonly [OffsetTable, OffsetTable, OffsetTable])[],
  { extents, views }: Launch,
  { batch, m, n }: ContractionKernel['axes'],
): void {
  for (let i = 0; i < tables.length; i++) {
    const [batches, rows, columns] = tables[i] as (typeof tables)[number];
    const { strides } = views[i + 2] as View;
    batches.fill(extents, 0, batch, strides, 0);
    rows.fill(extents, batch, m, strides, batch);
    columns.fill(extents, batch + m, n, strides, batch + m);
  }
}
