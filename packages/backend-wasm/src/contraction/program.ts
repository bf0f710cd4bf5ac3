import type { ContractionKernel } from '@flambeau/backend';
import {
  callValue,
  type FunctionBuilder,
  type FunctionReference,
  type I32,
  i32,
  type Local,
  ModuleBuilder,
} from '../assembler/index.ts';
import type { Program, Runtime } from '../runtime/runtime.ts';
import { Epilogue } from './epilogue.ts';
import {
  BLOCK_DEPTH,
  COLUMN_UNITS,
  COLUMNS,
  DEPTH,
  type Linear,
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
import { type Form, Packing, packFunction, until } from './pack.ts';
import { padTable, type TableFunctions, tableFunctions } from './tables.ts';

/** Compiles a contraction for operands that walk memory in the given ways. */
export function compileContraction(
  kernel: ContractionKernel,
  layout: ParameterLayout,
  forms: readonly [Form, Form],
  runtime: Runtime,
): Program {
  const module = new ModuleBuilder(runtime.memory);
  const run = module.function({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, 'run');
  new ProgramWriter(kernel, layout, forms, runtime, module).writeRun(run);
  return runtime.load(module.encode(), module.imports);
}

/** The locals of the function that does one block of rows and columns, all of the depth. */
interface Block {
  readonly f: FunctionBuilder;
  readonly parameters: Local<'i32'>;
  readonly scratch: Local<'i32'>;
  readonly batch: Local<'i32'>;
  readonly row: Local<'i32'>;
  readonly rows: Local<'i32'>;
  readonly column: Local<'i32'>;
  readonly columns: Local<'i32'>;
}

class ProgramWriter {
  readonly #parameters: ParameterLayout;
  readonly #scratch: ScratchLayout;
  readonly #epilogue: Epilogue;
  readonly #runtime: Runtime;
  readonly #module: ModuleBuilder;
  readonly #tables: TableFunctions;
  readonly #packs: readonly [FunctionReference, FunctionReference];
  /** By number of rows. */
  readonly #strips: readonly FunctionReference[];

  constructor(
    kernel: ContractionKernel,
    parameters: ParameterLayout,
    forms: readonly [Form, Form],
    runtime: Runtime,
    module: ModuleBuilder,
  ) {
    const { features } = runtime;
    const scratch = new ScratchLayout(parameters);
    const epilogue = new Epilogue(kernel, parameters, scratch);
    this.#parameters = parameters;
    this.#scratch = scratch;
    this.#epilogue = epilogue;
    this.#runtime = runtime;
    this.#module = module;
    this.#tables = tableFunctions(module);
    const packOf = (operand: 0 | 1): FunctionReference => {
      const relative = (places: readonly number[]): number[] => places.map((place) => place - (places[0] as number));
      const places = { lines: relative(scratch.lines[operand]), depth: relative(scratch.depth[operand]) };
      return packFunction(new Packing(module, features, parameters.operands[operand], places), forms[operand]);
    };
    this.#packs = [packOf(0), packOf(1)];
    const finish = epilogue.finishFunction(module, features);
    const strip = (rows: number): FunctionReference =>
      stripFunction({ module, features, scratch, epilogue, finish }, rows);
    this.#strips = Array.from({ length: SLIVER_ROWS }, (_, i) => strip(i + 1));
  }

  /** Units are blocks of rows, then blocks of columns, then the batch; neighbours along the rows are walked as one. */
  writeRun(f: FunctionBuilder): void {
    const [parameters, scratch, unit, end] = [0, 1, 2, 3].map((i) => f.parameter(i, 'i32')) as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ];
    const block = this.#blockFunction();
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
      f.if(i32.gt_u(rows, i32.sub(end, unit)), () => f.set(rows, i32.sub(end, unit)));
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

  /** `block(parameters, scratch, batch, row, rows, column, columns)`. */
  #blockFunction(): FunctionReference {
    const f = this.#module.function({ parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], results: [] });
    const [parameters, scratch, batch, row, rows, column, columns] = Array.from({ length: 7 }, (_, i) =>
      f.parameter(i, 'i32'),
    ) as [Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>];
    const b: Block = { f, parameters, scratch, batch, row, rows, column, columns };
    this.#fillTables(b);
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
      this.#fillDepth(b, from, depth);
      this.#packColumns(b, depth);
      this.#walkRows(b, depth, mode);
      f.advance(from, depth);
    });
    return f;
  }

  /** Base of a linear quantity at the block's batch index. */
  #base({ parameters, batch }: Block, linear: Linear): I32 {
    const steps = i32.add(parameters, i32.const(4 * linear.batch));
    return i32.add(i32.load(parameters, 4 * linear.base), callValue('i32', this.#tables.locate, steps, batch));
  }

  #fill(b: Block, table: number, steps: number, first: I32, count: I32, base: I32): void {
    const { f, scratch, parameters } = b;
    f.call(
      this.#tables.fill,
      i32.add(scratch, i32.const(table)),
      i32.add(parameters, i32.const(4 * steps)),
      first,
      count,
      base,
    );
  }

  #fillTables(b: Block): void {
    const { f, scratch, row, rows, column, columns } = b;
    const { operands, results } = this.#parameters;
    const endOf = (table: number, count: I32): Local<'i32'> =>
      f.local('i32', i32.add(i32.add(scratch, i32.const(table)), i32.shl(count, i32.const(2))));
    operands.forEach((operand, o) => {
      const [first, count] = o === 0 ? [row, rows] : [column, columns];
      [operand.address, ...operand.bounds].forEach((linear, i) => {
        const table = this.#scratch.lines[o]?.[i] as number;
        this.#fill(b, table, o === 0 ? linear.rows : linear.columns, first, count, this.#base(b, linear));
        // What is behind the last line of A is written over; columns behind the last of B are computed and dropped.
        padTable(f, endOf(table, count), o === 0 && i === 0 ? operand.bytes : 0);
      });
    });
    results.forEach(({ address }, i) => {
      const [rowTable, columnTable] = [this.#scratch.rows[i] as number, this.#scratch.columns[i] as number];
      this.#fill(b, rowTable, address.rows, row, rows, this.#base(b, address));
      this.#fill(b, columnTable, address.columns, column, columns, i32.const(0));
      padTable(f, endOf(columnTable, columns), 0);
    });
    if (this.#epilogue.inline) this.#flagColumns(b);
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

  #fillDepth(b: Block, from: I32, depth: I32): void {
    this.#parameters.operands.forEach((operand, o) => {
      [operand.address, ...operand.bounds].forEach((linear, i) => {
        this.#fill(b, this.#scratch.depth[o]?.[i] as number, linear.depth, from, depth, i32.const(0));
      });
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
      this.#strips.forEach((strip, i) => {
        f.if(i32.eq(height, i32.const(i + 1)), () => f.call(strip, parameters, scratch, row, depth, columns, sums, mode));
      });
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
