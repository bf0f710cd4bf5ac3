import type { ContractionKernel } from '@flambeau/backend';
import type { Program, Run, Runtime } from '../runtime/runtime.ts';
import { type Blocks, cut, groupSize } from './blocks.ts';
import {
  type AccessNumbers,
  BLOCK_DEPTH,
  COLUMN_UNITS,
  COLUMNS,
  DEPTH,
  ParameterLayout,
  ROW_UNITS,
  ROWS,
  ScratchLayout,
  UNIT_COLUMNS,
  UNIT_ROWS,
  WALKED_ROWS,
} from './layout.ts';
import type { Form } from './pack.ts';
import { compileContraction } from './program.ts';

/** Multiplications that a thread should at least be given. */
const GRAIN = 2 ** 19;

/** Runs of units along the depth from which on packing transposes. */
const SHORT_RUN = 4;

/**
 * A contraction in blocks: both operands are packed through their views into slivers, a register-blocked micro-kernel
 * multiplies them, and the epilogue takes the sums out of registers. Null where its numbers have no room.
 *
 * @source Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication".
 */
export function packedContraction(kernel: ContractionKernel, runtime: Runtime): Run | null {
  const { batch, m, n } = kernel.axes;
  const steps = kernel.accesses[2]?.steps ?? [];
  const units = (first: number, count: number): boolean => steps.slice(first, first + count).includes('unit');
  const swap = units(batch, m) && !units(batch + m, n);
  const layout = new ParameterLayout(kernel, swap);
  const { room } = new ScratchLayout(layout);
  if (!layout.fits || room < 2 ** 20) return null;
  const programs = new Map<number, Program>();
  const { rows, columns, depth, operands } = layout;
  return (buffers, launch) => {
    const { extents } = launch;
    const batches = groupSize(extents, 0, batch);
    const height = groupSize(extents, rows.extent, rows.axes);
    const width = groupSize(extents, columns.extent, columns.axes);
    const length = groupSize(extents, depth.extent, depth.axes);
    if (batches * height * width === 0) return;
    layout.write(runtime, buffers, launch);
    const blocks = cut(batches, height, width, length, runtime.threads, room);
    const words = runtime.words;
    const base = runtime.parameters >>> 2;
    words[base + ROWS] = height;
    words[base + COLUMNS] = width;
    words[base + DEPTH] = length;
    writeBlocks(words, base, blocks);
    const [a, b] = [
      formOf(words, base, operands[0], operands[0].address.rows),
      formOf(words, base, operands[1], operands[1].address.columns),
    ];
    const key = (a === 'depth' ? 2 : 0) + (b === 'depth' ? 1 : 0);
    let program = programs.get(key);
    if (!program) {
      program = compileContraction(kernel, layout, [a, b], runtime);
      programs.set(key, program);
    }
    const products = blocks.unitRows * blocks.unitColumns * length;
    const count = batches * blocks.rowUnits * blocks.columnUnits;
    runtime.dispatch(program, count, Math.ceil(GRAIN / products));
  };
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
  const run = (steps: number): number =>
    words[base + steps + 2] === bytes ? (words[base + steps + 1] as number) : 1;
  const along = run(address.depth);
  return along >= SHORT_RUN && along > run(lines) ? 'depth' : 'lines';
}
