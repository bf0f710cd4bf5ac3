import type { ContractionKernel } from '@flambeau/backend';
import {
  type FunctionBuilder,
  type FunctionReference,
  type I32,
  i32,
  type Local,
  ModuleBuilder,
} from '../assembler/index.ts';
import type { Program, Runtime } from '../runtime/runtime.ts';
import { type Block, BlockTables, blockFunction } from './block-tables.ts';
import { minimum, until } from './code.ts';
import { Epilogue } from './epilogue.ts';
import {
  BLOCK_DEPTH,
  COLUMN_UNITS,
  COLUMNS,
  DEPTH,
  type ParameterLayout,
  ROW_UNITS,
  ROWS,
  ScratchLayout,
  SLIVER_COLUMNS,
  SLIVER_ROWS,
  UNIT_COLUMNS,
  UNIT_ROWS,
  WALKED_ROWS,
} from './layout.ts';
import { LAST, RESUME, stripFunction } from './micro-kernel.ts';
import { type Form, Packing, packFunction } from './pack.ts';
import { streamFunction } from './stream.ts';

/** Compiles a contraction for operands that walk memory in the given ways, and slivers of the given {@link sliverHeights}. */
export function compileContraction(
  kernel: ContractionKernel,
  layout: ParameterLayout,
  forms: readonly [Form, Form],
  heights: readonly number[],
  runtime: Runtime,
): Program {
  return compile(runtime, (module) =>
    new PackedProgram(kernel, layout, forms, heights, runtime, module).blockFunction(),
  );
}

/** Compiles a contraction of few rows, for a B that walks its columns by units. */
export function compileStream(
  kernel: ContractionKernel,
  layout: ParameterLayout,
  rows: number,
  runtime: Runtime,
): Program {
  return compile(runtime, (module) => streamFunction(kernel, layout, rows, runtime, module));
}

function compile(runtime: Runtime, block: (module: ModuleBuilder) => FunctionReference): Program {
  const module = new ModuleBuilder(runtime.memory);
  const run = module.function({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, 'run');
  writeRun(run, block(module));
  return runtime.load(module.encode(), module.imports);
}

/** Units are blocks of rows, then blocks of columns, then the batch; neighbours along the rows are walked as one. */
function writeRun(f: FunctionBuilder, block: FunctionReference): void {
  const [parameters, scratch, unit, end] = [0, 1, 2, 3].map((i) => f.parameter(i, 'i32')) as [
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
  ];
  const number = (word: number): I32 => i32.load(parameters, 4 * word);
  const first = f.local('i32');
  const rest = f.local('i32');
  const rows = f.local('i32');
  const row = f.local('i32');
  const column = f.local('i32');
  until(f, unit, end, () => {
    f.set(rest, i32.div_u(unit, number(ROW_UNITS)));
    f.set(first, i32.sub(unit, i32.mul(rest, number(ROW_UNITS))));
    f.set(rows, i32.sub(number(ROW_UNITS), first));
    f.set(rows, minimum(rows, i32.sub(end, unit)));
    f.set(row, number(WALKED_ROWS));
    f.if(i32.gt_u(rows, row), () => f.set(rows, row));
    f.advance(unit, rows);
    f.set(row, i32.mul(first, number(UNIT_ROWS)));
    f.set(rows, i32.mul(rows, number(UNIT_ROWS)));
    f.if(i32.gt_u(rows, i32.sub(number(ROWS), row)), () => f.set(rows, i32.sub(number(ROWS), row)));
    f.set(first, i32.div_u(rest, number(COLUMN_UNITS)));
    f.set(column, i32.mul(i32.sub(rest, i32.mul(first, number(COLUMN_UNITS))), number(UNIT_COLUMNS)));
    f.set(rest, i32.sub(number(COLUMNS), column));
    f.if(i32.gt_u(rest, number(UNIT_COLUMNS)), () => f.set(rest, number(UNIT_COLUMNS)));
    f.call(block, parameters, scratch, first, row, rows, column, rest);
  });
}

class PackedProgram {
  readonly #scratch: ScratchLayout;
  readonly #epilogue: Epilogue;
  readonly #runtime: Runtime;
  readonly #module: ModuleBuilder;
  readonly #tables: BlockTables;
  readonly #packs: readonly [FunctionReference, FunctionReference];
  /** Heights of slivers, with their functions. */
  readonly #strips: readonly (readonly [number, FunctionReference])[];

  constructor(
    kernel: ContractionKernel,
    parameters: ParameterLayout,
    forms: readonly [Form, Form],
    heights: readonly number[],
    runtime: Runtime,
    module: ModuleBuilder,
  ) {
    const { features } = runtime;
    const scratch = new ScratchLayout(parameters);
    const epilogue = new Epilogue(kernel, parameters, scratch);
    this.#scratch = scratch;
    this.#epilogue = epilogue;
    this.#runtime = runtime;
    this.#module = module;
    this.#tables = new BlockTables(module, parameters, scratch);
    const packOf = (operand: 0 | 1): FunctionReference => {
      const relative = (places: readonly number[]): number[] => places.map((place) => place - (places[0] as number));
      const places = { lines: relative(scratch.lines[operand]), depth: relative(scratch.depth[operand]) };
      return packFunction(new Packing(module, features, parameters.operands[operand], places), forms[operand]);
    };
    this.#packs = [packOf(0), packOf(1)];
    const finish = epilogue.finishFunction(module, features);
    const strip = (rows: number): FunctionReference =>
      stripFunction({ module, features, scratch, epilogue, finish }, rows);
    this.#strips = heights.map((rows) => [rows, strip(rows)]);
  }

  blockFunction(): FunctionReference {
    const b = blockFunction(this.#module);
    const { f, parameters } = b;
    this.#tables.fillLines(b);
    if (this.#epilogue.inline) this.#flagColumns(b);
    const from = f.local('i32');
    const depth = f.local('i32');
    const total = f.local('i32', i32.load(parameters, 4 * DEPTH));
    const mode = f.local('i32');
    until(f, from, total, () => {
      f.set(depth, i32.load(parameters, 4 * BLOCK_DEPTH));
      f.set(mode, select(from, RESUME));
      f.if(i32.ge_u(i32.add(from, depth), total), () => {
        f.set(depth, i32.sub(total, from));
        f.set(mode, i32.or(mode, i32.const(LAST)));
      });
      this.#tables.fillDepth(b, from, depth);
      this.#packColumns(b, depth);
      this.#walkRows(b, depth, mode);
      f.advance(from, depth);
    });
    return f;
  }

  #flagColumns({ f, scratch, columns }: Block): void {
    const at = f.local('i32', scratch);
    const flag = f.local('i32', scratch);
    const end = f.local('i32', i32.add(scratch, i32.shl(columns, i32.const(2))));
    const e = { module: this.#module, f, features: this.#runtime.features };
    until(f, at, end, () => {
      const whole = i32.le_u(i32.add(at, i32.const(4 * SLIVER_COLUMNS)), end);
      f.store(flag, i32.and(whole, this.#epilogue.consecutive(e, at, 2)), this.#scratch.flags);
      f.advance(at, 4 * SLIVER_COLUMNS);
      f.advance(flag, 4);
    });
  }

  #pack(b: Block, operand: 0 | 1, target: I32, step: I32, line: I32, depth: I32, wide: I32): void {
    const { f, parameters, scratch } = b;
    const [lines, depths] = [this.#scratch.lines[operand][0], this.#scratch.depth[operand][0]] as [number, number];
    f.call(
      this.#packs[operand],
      parameters,
      target,
      step,
      i32.add(i32.add(scratch, i32.const(lines)), line),
      i32.add(scratch, i32.const(depths)),
      depth,
      wide,
    );
  }

  #packColumns(b: Block, depth: Local<'i32'>): void {
    const { f, scratch, columns } = b;
    const target = f.local('i32', i32.add(scratch, i32.const(this.#scratch.panel)));
    const left = f.local('i32', columns);
    const at = f.local('i32', i32.const(0));
    f.while(i32.gt_s(left, i32.const(0)), () => {
      const step = i32.const(4 * SLIVER_COLUMNS);
      this.#pack(b, 1, target, step, at, depth, i32.gt_s(left, i32.const(4)));
      f.advance(target, i32.mul(depth, step));
      f.advance(at, 4 * SLIVER_COLUMNS);
      f.set(left, i32.sub(left, i32.const(SLIVER_COLUMNS)));
    });
  }

  /** Slivers of rows, as equal as can be: packs each and multiplies it with all columns. */
  #walkRows(b: Block, depth: Local<'i32'>, mode: Local<'i32'>): void {
    const { f, parameters, scratch, rows, columns } = b;
    const slivers = f.local('i32', i32.div_u(i32.add(rows, i32.const(SLIVER_ROWS - 1)), i32.const(SLIVER_ROWS)));
    const height = f.local('i32');
    const row = f.local('i32', i32.const(0));
    const left = f.local('i32', rows);
    const whole = i32.and(i32.add(columns, i32.const(SLIVER_COLUMNS - 1)), i32.const(-SLIVER_COLUMNS));
    const line = f.local('i32', i32.shl(whole, i32.const(2)));
    const panelBytes = i32.mul(whole, i32.shl(i32.load(parameters, 4 * BLOCK_DEPTH), i32.const(2)));
    const sums = f.local('i32', i32.add(i32.add(scratch, i32.const(this.#scratch.panel)), panelBytes));
    const sliver = i32.add(scratch, i32.const(this.#scratch.sliver));
    f.while(slivers, () => {
      f.set(height, i32.div_u(i32.add(left, i32.sub(slivers, i32.const(1))), slivers));
      this.#pack(b, 0, sliver, i32.shl(height, i32.const(2)), row, depth, i32.gt_u(height, i32.const(4)));
      for (const [rows, strip] of this.#strips) {
        f.if(i32.eq(height, i32.const(rows)), () =>
          f.call(strip, parameters, scratch, row, depth, columns, sums, mode),
        );
      }
      f.advance(row, i32.shl(height, i32.const(2)));
      f.advance(sums, i32.mul(line, height));
      f.set(left, i32.sub(left, height));
      f.set(slivers, i32.sub(slivers, i32.const(1)));
    });
  }
}

/** A number where a condition is not 0, and 0 elsewhere. */
function select(condition: I32, number: number): I32 {
  return i32.mul(i32.ne(condition, i32.const(0)), i32.const(number));
}
