import { callValue, type FunctionBuilder, type I32, i32, type Local, type ModuleBuilder } from '../assembler/index.ts';
import type { Linear, ParameterLayout, ScratchLayout } from './layout.ts';
import { padTable, type TableFunctions, tableFunctions } from './tables.ts';

/** The locals of a function that does one block of rows and columns, all of the depth. */
export interface Block {
  readonly f: FunctionBuilder;
  readonly parameters: Local<'i32'>;
  readonly scratch: Local<'i32'>;
  readonly batch: Local<'i32'>;
  readonly row: Local<'i32'>;
  readonly rows: Local<'i32'>;
  readonly column: Local<'i32'>;
  readonly columns: Local<'i32'>;
}

/** A function `block(parameters, scratch, batch, row, rows, column, columns)`. */
export function blockFunction(module: ModuleBuilder): Block {
  const f = module.function({ parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], results: [] });
  const [parameters, scratch, batch, row, rows, column, columns] = Array.from({ length: 7 }, (_, i) =>
    f.parameter(i, 'i32'),
  ) as [Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>];
  return { f, parameters, scratch, batch, row, rows, column, columns };
}

/** Writes the code that fills a block's tables. */
export class BlockTables {
  readonly #parameters: ParameterLayout;
  readonly #scratch: ScratchLayout;
  readonly #functions: TableFunctions;

  constructor(module: ModuleBuilder, parameters: ParameterLayout, scratch: ScratchLayout) {
    this.#parameters = parameters;
    this.#scratch = scratch;
    this.#functions = tableFunctions(module);
  }

  /** Tables of the operands along their lines, and of the results. */
  fillLines(b: Block): void {
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
  }

  /** Tables of the operands along a stretch of the depth. */
  fillDepth(b: Block, from: I32, depth: I32): void {
    this.#parameters.operands.forEach((operand, o) => {
      [operand.address, ...operand.bounds].forEach((linear, i) => {
        this.#fill(b, this.#scratch.depth[o]?.[i] as number, linear.depth, from, depth, i32.const(0));
      });
    });
  }

  /** A linear quantity's base at the block's index of the batch. */
  #base({ parameters, batch }: Block, linear: Linear): I32 {
    const steps = i32.add(parameters, i32.const(4 * linear.batch));
    return i32.add(i32.load(parameters, 4 * linear.base), callValue('i32', this.#functions.locate, steps, batch));
  }

  #fill({ f, scratch, parameters }: Block, table: number, steps: number, first: I32, count: I32, base: I32): void {
    f.call(
      this.#functions.fill,
      i32.add(scratch, i32.const(table)),
      i32.add(parameters, i32.const(4 * steps)),
      first,
      count,
      base,
    );
  }
}
