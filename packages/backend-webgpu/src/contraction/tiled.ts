import type { Access, ContractionKernel, Launch } from '@flambeau/backend';
import type { GpuBuffer, Recorder } from '../runtime/recorder.ts';
import { Dispatcher, type Prepared } from './dispatcher.ts';
import { axesOf, pushOperand } from './operand.ts';
import { keyOf, pushResults, type ResultPaths, resultPaths } from './results.ts';
import { type OperandPaths, operandAccess, operandPaths, type Roles, rolesOf, type Sizes, sizesOf } from './roles.ts';
import { type Along, type TileShape, type TileVariant, tileInvocations, tileShader } from './tile-shader.ts';

/** Products, lines and depth below which a sum per element is as fast. */
const FEW_PRODUCTS = 2 ** 12;
const FEW_LINES = 4;
const FEW_DEPTH = 4;

/** Tiles, largest first, and how many there must be to keep a device busy. */
const TILES: readonly (TileShape & { readonly least: number })[] = [
  { rows: 128, columns: 128, depth: 8, rowVectors: 2, columnVectors: 2, least: 128 },
  { rows: 64, columns: 64, depth: 16, rowVectors: 1, columnVectors: 1, least: 32 },
  { rows: 32, columns: 32, depth: 16, rowVectors: 1, columnVectors: 1, least: 0 },
];

/** Workgroups that keep a device busy, and the least depth of a part. */
const BUSY = 64;
const PART_DEPTH = 256;

/** Most memory for sums of parts (bytes). */
const PARTIAL = 2 ** 26;

/** A contraction by tiles in workgroup memory. */
export class TiledContraction {
  readonly #kernel: ContractionKernel;
  readonly #recorder: Recorder;
  readonly #roles: Roles;
  readonly #dispatcher: Dispatcher;

  constructor(kernel: ContractionKernel, recorder: Recorder) {
    const { batch, m, n } = kernel.axes;
    const { steps } = kernel.accesses[2] as Access;
    const units = (first: number, count: number): boolean => steps.slice(first, first + count).includes('unit');
    this.#kernel = kernel;
    this.#recorder = recorder;
    this.#dispatcher = new Dispatcher(kernel, recorder);
    // Neighbouring invocations write neighbouring columns.
    this.#roles = rolesOf(kernel, units(batch, m) && !units(batch + m, n));
  }

  /** Whether tiles pay for a launch. */
  suits(launch: Launch): boolean {
    const { batches, rows, columns, depth } = sizesOf(launch, this.#roles);
    return (
      batches * rows * columns * depth >= FEW_PRODUCTS && Math.min(rows, columns) >= FEW_LINES && depth >= FEW_DEPTH
    );
  }

  run(buffers: readonly GpuBuffer[], launch: Launch): void {
    const recorder = this.#recorder;
    const sizes = sizesOf(launch, this.#roles);
    const { batches, rows, columns, depth } = sizes;
    const tile = chooseTile(sizes, recorder.limits.invocations);
    const [rowTiles, columnTiles] = [Math.ceil(rows / tile.rows), Math.ceil(columns / tile.columns)];
    const parts = partsOf(sizes, rowTiles * columnTiles * batches, recorder.limits.bindingBytes);
    const partDepth = Math.ceil(depth / parts / tile.depth) * tile.depth;
    const used = Math.ceil(depth / partDepth);
    const paths = {
      rows: operandPaths(launch, this.#roles, 'rows'),
      columns: operandPaths(launch, this.#roles, 'columns'),
    };
    const tiles = rowTiles * columnTiles * batches * used;
    const numbers = [tiles, rowTiles, columnTiles, used, partDepth, depth, rows, columns, batches];
    pushOperand(numbers, paths.rows);
    pushOperand(numbers, paths.columns);
    const operands = (['rows', 'columns'] as const).map(
      (side) => buffers[(this.#kernel.accesses[operandAccess(this.#roles, side)] as Access).buffer] as GpuBuffer,
    );
    const results = resultPaths(this.#kernel, launch, this.#roles, buffers);
    const dispatcher = this.#dispatcher;
    if (used === 1) {
      pushResults(numbers, results, launch);
      const program = this.#tileProgram(tile, paths, results);
      dispatcher.dispatch(program, dispatcher.bound(results, buffers, operands), numbers, tiles);
      return;
    }
    const partial = recorder.borrow(4 * used * batches * rows * columns);
    dispatcher.dispatch(this.#tileProgram(tile, paths, null), [partial, ...operands], numbers, tiles);
    dispatcher.combine(sizes, used, partial, results, buffers, launch);
  }

  #tileProgram(
    tile: TileShape,
    paths: Readonly<Record<'rows' | 'columns', OperandPaths>>,
    results: ResultPaths | null,
  ): Prepared {
    const operand = (side: 'rows' | 'columns'): TileVariant['rows'] => ({
      axes: axesOf(paths[side]),
      along: alongOf(paths[side]),
    });
    const [rows, columns] = [operand('rows'), operand('columns')];
    const written = results ? keyOf(results.variant) : '';
    const key = `${tile.rows} ${rows.axes} ${rows.along} ${columns.axes} ${columns.along} ${written}`;
    return this.#dispatcher.program(key, results !== null, () => {
      const variant = { tile, rows, columns, results: results?.variant ?? null };
      return tileShader(this.#kernel, this.#roles, variant, this.#recorder.limits);
    });
  }
}

/** What neighbouring invocations read: along the depth where its elements lie side by side. */
function alongOf({ depth }: OperandPaths): Along {
  return depth.steps.at(-1)?.[0] === 1 ? 'depth' : 'lines';
}

function chooseTile({ batches, rows, columns }: Sizes, invocations: number): TileShape {
  const fitting = TILES.filter(
    (tile) =>
      tileInvocations(tile) <= invocations &&
      batches * Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) >= tile.least,
  );
  return fitting[0] ?? (TILES.at(-1) as TileShape);
}

/** Into how many parts the depth is cut. */
function partsOf({ batches, rows, columns, depth }: Sizes, tiles: number, bindingBytes: number): number {
  const room = Math.min(PARTIAL, bindingBytes) / (4 * batches * rows * columns);
  return Math.max(1, Math.min(Math.ceil(BUSY / tiles), Math.floor(depth / PART_DEPTH), Math.floor(room)));
}
