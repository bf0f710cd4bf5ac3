import type { ContractionKernel } from '@flambeau/backend';
import {
  type FunctionReference,
  f32x4,
  type I32,
  i32,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Emitter } from '../vector/emitter.ts';
import { emitLoad, emitLoadSplat } from '../vector/index.ts';
import { type Block, BlockTables, blockFunction } from './block-tables.ts';
import { minimum, until } from './code.ts';
import { Epilogue } from './epilogue.ts';
import { BLOCK_DEPTH, DEPTH, MOST_COLUMNS, type ParameterLayout, ScratchLayout, SLIVER_COLUMNS } from './layout.ts';

/** Rows that share a pass over B at most. */
export const PASS_ROWS = 4;

/** Lines of B that are read side by side, by the number of rows: each has a factor for each row. */
const STREAMS = [0, 8, 8, 4, 4] as const;

/** Vectors per turn of the loop along the columns. */
const UNROLL = 4;

/**
 * Writes a block function for `rows` rows (or fewer: up to {@link PASS_ROWS}), which adds line after line of B, times its element of
 * A, to sums in private memory. B's columns lie side by side.
 */
export function streamFunction(
  kernel: ContractionKernel,
  parameters: ParameterLayout,
  rows: number,
  runtime: Runtime,
  module: ModuleBuilder,
): FunctionReference {
  return new StreamProgram(kernel, parameters, rows, runtime, module).blockFunction();
}

class StreamProgram {
  readonly #parameters: ParameterLayout;
  readonly #scratch: ScratchLayout;
  readonly #rows: number;
  readonly #streams: number;
  readonly #tables: BlockTables;
  readonly #finish: FunctionReference;
  readonly #block: Block;
  readonly #e: Emitter;
  /** Address of each row's first element of A, and of B's first column. */
  readonly #lines: readonly Local<'i32'>[];
  readonly #first: Local<'i32'>;
  /** The tables of the depth at the current step. */
  readonly #step: Local<'i32'>;

  constructor(
    kernel: ContractionKernel,
    parameters: ParameterLayout,
    rows: number,
    runtime: Runtime,
    module: ModuleBuilder,
  ) {
    const { features } = runtime;
    this.#parameters = parameters;
    this.#scratch = new ScratchLayout(parameters);
    this.#rows = rows;
    this.#streams = STREAMS[rows] as number;
    this.#tables = new BlockTables(module, parameters, this.#scratch);
    this.#finish = new Epilogue(kernel, parameters, this.#scratch).finishFunction(module, features);
    this.#block = blockFunction(module);
    const { f } = this.#block;
    this.#e = { module, f, features };
    this.#lines = Array.from({ length: rows }, () => f.local('i32'));
    this.#first = f.local('i32');
    this.#step = f.local('i32');
  }

  blockFunction(): FunctionReference {
    const { f, parameters, scratch, columns } = this.#block;
    this.#tables.fillLines(this.#block);
    this.#lines.forEach((line, r) => f.set(line, i32.load(scratch, (this.#scratch.lines[0][0] as number) + 4 * r)));
    f.set(this.#first, i32.load(scratch, this.#scratch.lines[1][0]));
    const bytes = i32.shl(
      i32.and(i32.add(columns, i32.const(SLIVER_COLUMNS - 1)), i32.const(-SLIVER_COLUMNS)),
      i32.const(2),
    );
    for (let r = 0; r < this.#rows; r++) {
      f.fillMemory(i32.add(scratch, i32.const(this.#sums(r))), i32.const(0), bytes);
    }
    const total = f.local('i32', i32.load(parameters, 4 * DEPTH));
    const from = f.local('i32');
    const depth = f.local('i32');
    const end = f.local('i32');
    const whole = f.local('i32');
    until(f, from, total, () => {
      f.set(depth, i32.load(parameters, 4 * BLOCK_DEPTH));
      f.if(i32.gt_u(i32.add(from, depth), total), () => f.set(depth, i32.sub(total, from)));
      this.#tables.fillDepth(this.#block, from, depth);
      f.set(this.#step, scratch);
      f.set(end, i32.add(scratch, i32.shl(depth, i32.const(2))));
      f.set(whole, i32.add(scratch, i32.shl(i32.and(depth, i32.const(-this.#streams)), i32.const(2))));
      until(f, this.#step, whole, () => this.#addLines(this.#streams));
      until(f, this.#step, end, () => this.#addLines(1));
      f.advance(from, depth);
    });
    this.#finishRows();
    return f;
  }

  /** Where a row's sums lie in private memory (bytes). */
  #sums(row: number): number {
    return this.#scratch.panel + 4 * MOST_COLUMNS * row;
  }

  /** Adds some lines of B to the sums. */
  #addLines(count: number): void {
    const { f, scratch, columns } = this.#block;
    const [depthA, depthB] = this.#scratch.depth.map(([table]) => table) as [number, number];
    const [a, b] = this.#parameters.operands;
    const offset = (table: number, k: number): I32 => i32.load(this.#step, table + 4 * k);
    const factors = this.#lines.map((line) =>
      Array.from(
        { length: count },
        (_, k) => emitLoadSplat(this.#e, a.dtype, i32.add(line, offset(depthA, k))).parts[0] as V128,
      ),
    );
    const sources = Array.from({ length: count }, (_, k) => f.local('i32', i32.add(this.#first, offset(depthB, k))));
    const at = f.local('i32', scratch);
    const end = f.local('i32', i32.add(scratch, i32.shl(columns, i32.const(2))));
    const whole = f.local('i32', i32.add(scratch, i32.shl(i32.and(columns, i32.const(-4 * UNROLL)), i32.const(2))));
    const along = (vectors: number): void => {
      for (let v = 0; v < vectors; v++) this.#addVector(factors, sources, at, v);
      f.advance(at, 16 * vectors);
      for (const source of sources) f.advance(source, 4 * b.bytes * vectors);
    };
    until(f, at, whole, () => along(UNROLL));
    until(f, at, end, () => along(1));
    f.advance(this.#step, 4 * count);
  }

  #addVector(factors: readonly (readonly V128[])[], sources: readonly I32[], at: I32, vector: number): void {
    const { f } = this.#block;
    const { relaxed } = this.#e.features;
    const { dtype, bytes } = this.#parameters.operands[1];
    const sums = factors.map((_, r) => f.local('v128', v128.load(at, this.#sums(r) + 16 * vector)));
    sources.forEach((source, k) => {
      const value = emitLoad(this.#e, dtype, source, 4 * bytes * vector).parts[0] as V128;
      sums.forEach((sum, r) => {
        const factor = factors[r]?.[k] as V128;
        f.set(sum, relaxed ? f32x4.relaxed_madd(factor, value, sum) : f32x4.add(sum, f32x4.mul(factor, value)));
      });
    });
    sums.forEach((sum, r) => f.store(at, sum, this.#sums(r) + 16 * vector));
  }

  /** Hands the sums to the epilogue, tile by tile. */
  #finishRows(): void {
    const { f, parameters, scratch, rows, columns } = this.#block;
    const at = f.local('i32', i32.const(0));
    const left = f.local('i32', columns);
    const source = f.local('i32');
    f.while(i32.gt_s(left, i32.const(0)), () => {
      f.set(source, i32.add(scratch, at));
      for (let r = 0; r < this.#rows; r++) {
        for (let v = 0; v < 2; v++) {
          f.store(
            scratch,
            v128.load(source, this.#sums(r) + 16 * v),
            this.#scratch.tile + 4 * SLIVER_COLUMNS * r + 16 * v,
          );
        }
      }
      f.call(
        this.#finish,
        parameters,
        scratch,
        i32.const(0),
        at,
        minimum(rows, i32.const(this.#rows)),
        minimum(left, i32.const(SLIVER_COLUMNS)),
      );
      f.advance(at, 4 * SLIVER_COLUMNS);
      f.set(left, i32.sub(left, i32.const(SLIVER_COLUMNS)));
    });
  }
}
