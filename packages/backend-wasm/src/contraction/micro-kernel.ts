import {
  type FunctionReference,
  f32x4,
  f32x4Const,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '../assembler/index.ts';
import type { Features } from '../runtime/runtime.ts';
import type { Emitter, Lanes } from '../vector/emitter.ts';
import { minimum, until } from './code.ts';
import type { Epilogue } from './epilogue.ts';
import { type ScratchLayout, SLIVER_COLUMNS } from './layout.ts';

/** Bits of a strip's mode: there are sums of earlier blocks of the depth; this block is the last. */
export const RESUME = 1;
export const LAST = 2;

/** What strips of all heights share. */
export interface StripContext {
  readonly module: ModuleBuilder;
  readonly features: Features;
  readonly scratch: ScratchLayout;
  readonly epilogue: Epilogue;
  readonly finish: FunctionReference;
}

/**
 * Writes `strip(parameters, scratch, row, depth, columns, sums, mode)` for some rows: multiplies the packed sliver of A with each
 * sliver of the packed panel of B, and hands the sums to the epilogue, or keeps them at `sums` for the next block of the depth.
 *
 * Twelve accumulators, two vectors of B and one of A fill the fifteen registers that engines use on x64.
 */
export function stripFunction(context: StripContext, rows: number): FunctionReference {
  const { module, features, scratch: layout, epilogue } = context;
  const f = module.function({ parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], results: [] });
  const e: Emitter = { module, f, features };
  const scratch = f.parameter(1, 'i32');
  const strip: Strip = {
    context,
    e,
    rows,
    parameters: f.parameter(0, 'i32'),
    scratch,
    row: f.parameter(2, 'i32'),
    depth: f.parameter(3, 'i32'),
    left: f.parameter(4, 'i32'),
    sums: f.parameter(5, 'i32'),
    mode: f.parameter(6, 'i32'),
    b: f.local('i32', i32.add(scratch, i32.const(layout.panel))),
    column: f.local('i32'),
    scalars: epilogue.inline ? epilogue.scalars(e, f.parameter(0, 'i32')) : [],
  };
  f.while(i32.gt_s(strip.left, i32.const(4)), () => {
    writeTile(strip, 2);
    f.advance(strip.column, 4 * SLIVER_COLUMNS);
    f.set(strip.left, i32.sub(strip.left, i32.const(SLIVER_COLUMNS)));
  });
  f.if(i32.gt_s(strip.left, i32.const(0)), () => writeTile(strip, 1));
  return f;
}

interface Strip {
  readonly context: StripContext;
  readonly e: Emitter;
  readonly rows: number;
  readonly parameters: Local<'i32'>;
  readonly scratch: Local<'i32'>;
  readonly row: Local<'i32'>;
  readonly depth: Local<'i32'>;
  /** Columns that are left. */
  readonly left: Local<'i32'>;
  readonly sums: Local<'i32'>;
  readonly mode: Local<'i32'>;
  readonly b: Local<'i32'>;
  /** Place in the tables of columns (bytes). */
  readonly column: Local<'i32'>;
  readonly scalars: readonly Lanes[];
}

function writeTile(strip: Strip, vectors: 1 | 2): void {
  const { context, e, rows, scratch, sums, mode, left, row, column } = strip;
  const { f } = e;
  const { scratch: layout, finish, epilogue } = context;
  const tile = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local('v128')));
  const each = (body: (sum: Local<'v128'>, i: number, v: number) => void): void => {
    tile.forEach((line, i) => line.forEach((sum, v) => body(sum, i, v)));
  };
  const place = (i: number, v: number): number => 4 * SLIVER_COLUMNS * i + 16 * v;
  f.if(
    i32.and(mode, i32.const(RESUME)),
    () => each((sum, i, v) => f.set(sum, v128.load(sums, place(i, v)))),
    () => each((sum) => f.set(sum, f32x4Const(0))),
  );
  multiply(strip, tile, vectors);
  f.if(
    i32.and(mode, i32.const(LAST)),
    () => {
      const spill = (): void => {
        each((sum, i, v) => f.store(scratch, sum, layout.tile + place(i, v)));
        f.call(
          finish,
          strip.parameters,
          scratch,
          row,
          column,
          i32.const(rows),
          minimum(left, i32.const(SLIVER_COLUMNS)),
        );
      };
      if (vectors === 1 || !epilogue.inline) {
        spill();
        return;
      }
      const flag = i32.load(i32.add(scratch, i32.shr_u(column, i32.const(3))), layout.flags);
      f.if(flag, () => writeInline(strip, tile), spill);
    },
    () => each((sum, i, v) => f.store(sums, sum, place(i, v))),
  );
  f.advance(sums, 4 * SLIVER_COLUMNS * rows);
}

/** Adds the products of one sliver each of A and B. */
function multiply({ context, e, rows, scratch, depth, b }: Strip, tile: Local<'v128'>[][], vectors: 1 | 2): void {
  const { f } = e;
  const { relaxed } = context.features;
  const a = f.local('i32', i32.add(scratch, i32.const(context.scratch.sliver)));
  const values = Array.from({ length: vectors }, () => f.local('v128'));
  const line = f.local('v128');
  const end = f.local('i32', i32.add(b, i32.mul(depth, i32.const(4 * SLIVER_COLUMNS))));
  // Engines unroll a loop as short as this one themselves, and better.
  until(f, b, end, () => {
    values.forEach((value, v) => f.set(value, v128.load(b, 16 * v)));
    for (let i = 0; i < rows; i++) {
      f.set(line, v128.load32_splat(a, 4 * i));
      values.forEach((value, v) => {
        const sum = tile[i]?.[v] as Local<'v128'>;
        f.set(sum, relaxed ? f32x4.relaxed_madd(line, value, sum) : f32x4.add(sum, f32x4.mul(line, value)));
      });
    }
    f.advance(a, 4 * rows);
    f.advance(b, 4 * SLIVER_COLUMNS);
  });
}

/** Puts a whole tile through the epilogue in registers. */
function writeInline({ context, e, scratch, row, column, scalars }: Strip, tile: Local<'v128'>[][]): void {
  const { f } = e;
  const { epilogue, scratch: layout } = context;
  const rowTables = f.local('i32', i32.add(scratch, row));
  const columnTables = f.local('i32', i32.add(scratch, column));
  const offsets = epilogue.results.map((_, r) => f.local('i32', i32.load(columnTables, layout.columns[r])));
  tile.forEach((line, i) => {
    const addresses = offsets.map((offset, r) =>
      f.local('i32', i32.add(offset, i32.load(rowTables, (layout.rows[r] as number) + 4 * i))),
    );
    line.forEach((sum, v) => epilogue.writeVector(e, sum, scalars, addresses, v));
  });
}
