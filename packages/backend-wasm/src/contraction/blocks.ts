import { MOST_COLUMNS, MOST_DEPTH, MOST_ROWS, SLIVER_COLUMNS, SLIVER_ROWS } from './layout.ts';
import { PASS_ROWS } from './stream.ts';

/** How a contraction is cut into units, and how deep blocks are. */
export interface Blocks {
  readonly unitRows: number;
  readonly rowUnits: number;
  /** Units along the rows that are walked as one at most. */
  readonly walkedUnits: number;
  readonly unitColumns: number;
  readonly columnUnits: number;
  readonly depth: number;
}

/** Most elements of a packed panel of B: it stays in the second-level cache. */
const PANEL = 3 * 2 ** 16;

/** Rows in a unit, about: enough for the packing of B to be little beside them. */
const UNIT_ROWS = 96;

/** Units per thread that balance their work, and the fewest columns for whose sake a unit is not cut further. */
const UNITS_PER_THREAD = 3;
const FEW_COLUMNS = 64;

/** Products below which a contraction is one unit. */
const FEW_PRODUCTS = 2 ** 18;

/** Size of equal parts, multiples of `step`, none larger than `largest`, that cover `count`. */
function part(count: number, largest: number, step: number): number {
  const parts = Math.ceil(count / largest);
  return Math.ceil(count / parts / step) * step;
}

/**
 * Cuts `rows` × `columns` of one index of the batch into units. The depth of blocks, at most
 * `mostDepth`, depends on nothing else, so that sums do not depend on the cut.
 */
export function cut(
  batches: number,
  rows: number,
  columns: number,
  depth: number,
  mostDepth: number,
  threads: number,
  room: number,
): Blocks {
  const blockDepth = part(depth, mostDepth, 4);
  const most = Math.min(MOST_COLUMNS, Math.floor(PANEL / blockDepth / SLIVER_COLUMNS) * SLIVER_COLUMNS);
  let unitColumns = part(columns, most, SLIVER_COLUMNS);
  let unitRows = part(rows, UNIT_ROWS, SLIVER_ROWS);
  const products = batches * rows * columns * depth;
  if (threads > 1 && products > FEW_PRODUCTS) {
    const wanted = threads * UNITS_PER_THREAD;
    const units = (): number => batches * Math.ceil(rows / unitRows) * Math.ceil(columns / unitColumns);
    while (units() < wanted && unitColumns >= 2 * FEW_COLUMNS) {
      unitColumns = part(columns, unitColumns / 2, SLIVER_COLUMNS);
    }
  }
  // Sums of unfinished blocks of the depth lie behind the panel.
  const free = (room - 4 * blockDepth * unitColumns) / (4 * unitColumns);
  const walked = depth > blockDepth ? Math.min(MOST_ROWS, free) : MOST_ROWS;
  if (unitRows > walked) unitRows = Math.floor(walked / SLIVER_ROWS) * SLIVER_ROWS;
  return {
    unitRows,
    rowUnits: Math.ceil(rows / unitRows),
    walkedUnits: Math.max(1, Math.floor(walked / unitRows)),
    unitColumns,
    columnUnits: Math.ceil(columns / unitColumns),
    depth: blockDepth,
  };
}

/** Product of some extents. */
export function groupSize(extents: readonly number[], first: number, count: number): number {
  let size = 1;
  for (let axis = 0; axis < count; axis++) size *= extents[first + axis] as number;
  return size;
}

/** Cuts a contraction of few rows, whose B is read where it lies, along the columns. */
export function cutStream(batches: number, rows: number, columns: number, depth: number, threads: number): Blocks {
  const wanted =
    batches * rows * columns * depth > FEW_PRODUCTS ? Math.ceil((threads * UNITS_PER_THREAD) / batches) : 1;
  const most = Math.max(FEW_COLUMNS, Math.min(MOST_COLUMNS, Math.ceil(columns / wanted)));
  const unitColumns = part(columns, threads > 1 ? most : MOST_COLUMNS, 16);
  const unitRows = part(rows, PASS_ROWS, 1);
  return {
    unitRows,
    rowUnits: Math.ceil(rows / unitRows),
    walkedUnits: 1,
    unitColumns,
    columnUnits: Math.ceil(columns / unitColumns),
    depth: part(depth, MOST_DEPTH, 8),
  };
}

/** Rows from which on equal slivers are as high as can be, or one less. */
const MANY_ROWS = (SLIVER_ROWS - 1) ** 2;

/** Whether all blocks have many rows. */
export function hasManyRows({ unitRows, rowUnits }: Blocks, rows: number): boolean {
  return Math.min(unitRows, rows - (rowUnits - 1) * unitRows) >= MANY_ROWS;
}

/** Heights of the equal slivers of blocks with many rows, or with any number. */
export function sliverHeights(many: boolean): readonly number[] {
  return many ? [SLIVER_ROWS - 1, SLIVER_ROWS] : Array.from({ length: SLIVER_ROWS }, (_, i) => i + 1);
}
