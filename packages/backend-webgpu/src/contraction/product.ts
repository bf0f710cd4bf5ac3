import type { ContractionKernel } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { Bindings, enables, Parameters, type Shader, storageType } from '../shader.ts';
import { Library } from '../wgsl/library.ts';
import { Lines } from '../wgsl/lines.ts';
import { WORKGROUP, WORKGROUP_INPUTS } from './code.ts';
import { type Form, type OperandAxes, OperandCode, operandShape, type Place } from './operand.ts';
import { type Column, Results, type ResultsVariant } from './results.ts';
import { operandAccess, type Roles } from './roles.ts';

/** Invocations that share a block of rows, and lie side by side along the columns. */
export const LANES = 4;

/** Steps of the depth that are written out: each sum is read and written once for them. */
export const STEP = 4;

/** Rows and columns whose sums one invocation keeps. */
export interface BlockShape {
  readonly rows: number;
  readonly columns: number;
}

/** How an operand is read. */
export interface OperandForm {
  readonly axes: OperandAxes;
  readonly form: Form;
}

/** What decides the code of a product. */
export interface ProductVariant {
  readonly block: BlockShape;
  readonly rows: OperandForm;
  /** Of columns that are read through their view; absent where they are packed. */
  readonly columns: OperandForm | null;
  /** Of the results; sums of a part of the depth are written instead where absent. */
  readonly results: ResultsVariant | null;
  /** Whether the depth is a multiple of {@link STEP}. */
  readonly isWhole: boolean;
}

const NAMES = [
  'tiles',
  'rowPanels',
  'columnPanels',
  'parts',
  'partDepth',
  'depth',
  'firstDepth',
  /** The depth's end in this dispatch, and the steps that packed panels have. */
  'endDepth',
  'panelDepth',
  'firstBatch',
  'firstColumn',
  'rows',
  'columns',
  'batches',
  'firstPart',
  /** 1 where packed panels differ along the batch, 0 where they are shared. */
  'panelBatch',
] as const;

/** The launch numbers of {@link productShader} that come before those of operands (rows, columns that are not packed) and results. */
export type ProductNumbers = Readonly<Record<(typeof NAMES)[number], number>>;

/** The launch numbers in order. */
export function productNumbers(numbers: ProductNumbers): number[] {
  return NAMES.map((name) => numbers[name]);
}

/**
 * Multiplies: a workgroup of four invocations takes some rows and columns. Where the device can, each of the four reads a
 * quarter of the rows' elements and hands them to the others.
 *
 * Made for programs on the main processor. SwiftShader is bound by how much code there is: a load is some 500 bytes, a write to a sum
 * 130, a product 30, and beyond 75 KB in the loop all is half as fast. So sums are scalars, each written once per {@link STEP}
 * steps of the depth.
 */
export function productShader(
  kernel: ContractionKernel,
  roles: Roles,
  variant: ProductVariant,
  limits: DeviceLimits,
): Shader {
  return new ProductCode(kernel, roles, variant, limits).shader();
}

/**
 * Whether invocations that exchange what they have read of rows swap it: what an invocation gets then belongs to the step, or the row,
 * whose number differs from the expected one as the invocation's own does from 0. That is less code than to send each value to all.
 *
 * @param columns - How columns are read; absent where they are packed.
 */
export function swapsRows(rows: Form, columns?: Form): boolean {
  // Vectors of four steps of a column have them in one order.
  return rows === 'depth' || columns !== 'depth';
}

/** Functions that give the value of the invocation whose number differs in these bits. */
const SWAPS = ['', 'quadSwapX', 'quadSwapY', 'quadSwapDiagonal'];

const STEPS = Array.from({ length: STEP }, (_, q) => q);

class ProductCode {
  readonly #variant: ProductVariant;
  readonly #limits: DeviceLimits;
  readonly #lines = new Lines();
  readonly #library = new Library();
  readonly #parameters = new Parameters();
  readonly #rows: OperandCode;
  readonly #columns: OperandCode | null;
  readonly #results: Results | null;
  readonly #bindings: Bindings;

  constructor(kernel: ContractionKernel, roles: Roles, variant: ProductVariant, limits: DeviceLimits) {
    this.#variant = variant;
    this.#limits = limits;
    const parameters = this.#parameters;
    for (const name of NAMES) parameters.add(name, 'u32');
    const { rows, columns, results } = variant;
    const [rowShape, columnShape] = [
      operandShape(kernel, operandAccess(roles, 'rows'), rows.axes),
      columns && operandShape(kernel, operandAccess(roles, 'columns'), columns.axes),
    ];
    this.#rows = new OperandCode(parameters, 'a', rowShape, limits);
    this.#columns = columnShape && new OperandCode(parameters, 'b', columnShape, limits);
    this.#results = results && new Results(kernel, results, limits, this.#library, this.#lines, parameters);
    this.#bindings = this.#results?.bindings ?? new Bindings([], 0, limits);
    if (!results) this.#bindings.add('partial', 'write', 'f32');
    const rowType = storageType(rowShape.dtype, limits);
    this.#bindings.add('rows', 'read', rows.form === 'single' ? rowType : `vec4<${rowType}>`);
    this.#bindings.add(
      'columns',
      'read',
      columnShape ? `vec4<${storageType(columnShape.dtype, limits)}>` : this.#stepType,
    );
  }

  shader(): Shader {
    const lines = this.#lines;
    const launch = this.#launch;
    const { block } = this.#variant;
    const quads = this.#limits.subgroups;
    lines.add(`let tile = ${WORKGROUP};`);
    lines.block(`if (tile >= ${launch('tiles')})`, () => lines.add('return;'));
    lines.add(`let column_panel = tile % ${launch('columnPanels')};`);
    lines.add(`let row_tile = tile / ${launch('columnPanels')};`);
    lines.add(`let batch_part = row_tile / ${launch('rowPanels')};`);
    lines.add(`let part = batch_part % ${launch('parts')};`);
    lines.add(`let batch = ${launch('firstBatch')} + batch_part / ${launch('parts')};`);
    lines.add(`let first_row = (row_tile % ${launch('rowPanels')}) * ${block.rows}u;`);
    const width = block.columns * LANES;
    lines.add(`let first_column = ${launch('firstColumn')} + column_panel * ${width}u + lane * ${block.columns}u;`);
    lines.add(`let from_depth = ${launch('firstDepth')} + part * ${launch('partDepth')};`);
    lines.add(`let end_depth = min(from_depth + ${launch('partDepth')}, ${launch('endDepth')});`);
    lines.add(`var sums: array<f32, ${block.rows * block.columns}>;`);
    if (quads) lines.add('let own = member & 3u;');
    const readRows = this.#rowReader();
    const readColumns = this.#columnReader();
    lines.block(`for (var k = from_depth; k < end_depth; k += ${STEP}u)`, () => {
      const left = readRows();
      const right = readColumns();
      for (let r = 0; r < block.rows; r++) {
        const row = left(r);
        for (let c = 0; c < block.columns; c++) {
          const sum = `sums[${r * block.columns + c}]`;
          const products = STEPS.map((q) => `${right[q]?.[c]} * ${row[q]}`);
          lines.add(`${sum} = (((${sum} + ${products[0]}) + ${products[1]}) + ${products[2]}) + ${products[3]};`);
        }
      }
    });
    if (this.#results) this.#storeResults(this.#results);
    else this.#storeSums();
    const declarations = this.#bindings.declaration();
    const quad = quads ? ', @builtin(subgroup_invocation_id) member: u32' : '';
    return {
      code:
        `${enables(this.#limits, declarations, quads)}${declarations}${this.#parameters.declaration}` +
        `${this.#library.declarations}@compute @workgroup_size(${LANES})\n` +
        `fn main(${WORKGROUP_INPUTS}, @builtin(local_invocation_index) lane: u32${quad}) {\n${lines.text}}\n`,
      bindings: this.#bindings.access,
      words: this.#parameters.words,
    };
  }

  readonly #launch = (name: keyof ProductNumbers): string => this.#parameters.ref(name);

  /** What a packed panel holds for a lane and a step: loads of more at once need less code. */
  get #stepType(): string {
    const vectors = this.#variant.block.columns / 4;
    return vectors === 1 ? 'vec4<f32>' : `mat${vectors}x4<f32>`;
  }

  get #swaps(): boolean {
    const { rows, columns } = this.#variant;
    return this.#limits.subgroups && swapsRows(rows.form, columns?.form);
  }

  /** The value of another of the four invocations. */
  #other(value: string, i: number): string {
    if (!this.#swaps) return this.#lines.let(`quadBroadcast(${value}, ${i}u)`);
    return i === 0 ? value : this.#lines.let(`${SWAPS[i]}(${value})`);
  }

  /** The step `q` of those that are written out, for this invocation. */
  #turned(q: number): string {
    return this.#swaps && this.#variant.rows.form !== 'depth' ? `k + (${q}u ^ own)` : `k + ${q}u`;
  }

  /** A vector, or zeros where a condition fails; there is none where the depth ends at a whole step. */
  #masked(value: string, isInside: string): string {
    return this.#variant.isWhole ? value : `select(vec4<f32>(), ${value}, ${isInside})`;
  }

  #isInside(depth: string): string {
    return `${depth} < ${this.#launch('depth')}`;
  }

  /** Whether the four steps from `k` on are inside. */
  #areInside(): string {
    return `(vec4<u32>(k) + vec4<u32>(0u, 1u, 2u, 3u)) < vec4<u32>(${this.#launch('depth')})`;
  }

  /** A step of the depth that can be read. */
  #step(depth: string): string {
    const step = this.#variant.isWhole ? depth : `min(${depth}, ${this.#launch('depth')} - 1u)`;
    return this.#lines.let(step);
  }

  /** Prepares rows, and returns what writes code that reads them, which returns what writes code for one of them: by step. */
  #rowReader(): () => (row: number) => readonly string[] {
    const lines = this.#lines;
    const operand = this.#rows;
    const { block, rows } = this.#variant;
    const quads = this.#limits.subgroups;
    const start = operand.start(lines, 'batch');
    const last = `${this.#launch('rows')} - 1u`;
    const place = (row: string, end = last): Place => operand.line(lines, start, lines.let(`min(${row}, ${end})`));
    const wide = (at: Place, moved: Place): string => `vec4<f32>(rows[(${operand.address(at, moved)}) >> 2u])`;
    const component = (name: string | undefined, i: number): string => `${name}.${'xyzw'[i]}`;
    const groups = Array.from({ length: block.rows / 4 }, (_, v) => v);
    const inGroup = [0, 1, 2, 3];
    if (rows.form === 'depth') {
      // Each vector has four steps of one row; of four rows, each invocation reads one.
      const places = quads
        ? groups.map((v) => place(`first_row + ${4 * v}u + own`))
        : groups.flatMap((v) => inGroup.map((i) => place(`first_row + ${4 * v + i}u`)));
      return () => {
        const moved = operand.depth(lines, 'k');
        const vectors = places.map((at) => lines.let(this.#masked(wide(at, moved), this.#areInside())));
        return (row) => {
          const vector = quads ? this.#other(vectors[row >> 2] as string, row & 3) : vectors[row];
          return STEPS.map((q) => component(vector, q));
        };
      };
    }
    // Each vector has four rows at one step; of four steps, each invocation reads one.
    const places = groups.map((v) =>
      rows.form === 'lines'
        ? [place(`first_row + ${4 * v}u`, `(${last}) & ${0xfffffffc}u`)]
        : inGroup.map((i) => place(`first_row + ${4 * v + i}u`)),
    );
    const vectorsAt = (depth: string): string[] => {
      const moved = operand.depth(lines, this.#step(depth));
      const isInside = this.#variant.isWhole ? '' : lines.let(this.#isInside(depth));
      return places.map((group) => {
        const value =
          rows.form === 'lines'
            ? wide(group[0] as Place, moved)
            : `vec4<f32>(${group.map((at) => operand.read(lines, this.#library, 'rows', at, moved)).join(', ')})`;
        return lines.let(this.#masked(value, isInside));
      });
    };
    if (!quads) {
      return () => {
        const steps = STEPS.map((q) => vectorsAt(`k + ${q}u`));
        return (row) => steps.map((vectors) => component(vectors[row >> 2], row & 3));
      };
    }
    return () => {
      const vectors = vectorsAt(lines.let('k + own'));
      if (this.#swaps) return (row) => STEPS.map((q) => this.#other(component(vectors[row >> 2], row & 3), q));
      const sent = STEPS.map((q) => vectors.map((name) => this.#other(name, q)));
      return (row) => sent.map((names) => component(names[row >> 2], row & 3));
    };
  }

  /** Prepares columns, and returns what writes code that reads them: by step, by column. */
  #columnReader(): () => string[][] {
    const lines = this.#lines;
    const operand = this.#columns;
    const { block, columns } = this.#variant;
    const groups = Array.from({ length: block.columns / 4 }, (_, v) => v);
    const spread = (values: readonly string[]): string[] =>
      values.flatMap((name) => [...'xyzw'].map((c) => `${name}.${c}`));
    const launch = this.#launch;
    if (!operand || !columns) {
      const sheet = `(batch - ${launch('firstBatch')}) * ${launch('panelBatch')}`;
      const panel = `(${sheet} * ${launch('columnPanels')} + column_panel) * ${launch('panelDepth')}`;
      const first = `${panel} + from_depth - ${launch('firstDepth')}`;
      const start = lines.let(`(${first}) * ${LANES}u + lane`);
      return () =>
        STEPS.map((q) => {
          const step = lines.let(`columns[${start} + (${this.#turned(q)} - from_depth) * ${LANES}u]`);
          return spread(groups.length === 1 ? [step] : groups.map((v) => `${step}[${v}]`));
        });
    }
    const start = operand.start(lines, 'batch');
    const last = `${launch('columns')} - 1u`;
    const place = (column: string, end = last): Place =>
      operand.line(lines, start, lines.let(`min(${column}, ${end})`));
    const wide = (at: Place, moved: Place): string => `vec4<f32>(columns[(${operand.address(at, moved)}) >> 2u])`;
    if (columns.form === 'depth') {
      const places = Array.from({ length: block.columns }, (_, c) => place(`first_column + ${c}u`));
      return () => {
        const moved = operand.depth(lines, 'k');
        const vectors = places.map((at) => lines.let(this.#masked(wide(at, moved), this.#areInside())));
        return STEPS.map((q) => vectors.map((name) => `${name}.${'xyzw'[q]}`));
      };
    }
    const places = groups.map((v) => place(`first_column + ${4 * v}u`, `(${last}) & ${0xfffffffc}u`));
    return () =>
      STEPS.map((q) => {
        const depth = lines.let(this.#turned(q));
        const moved = operand.depth(lines, this.#step(depth));
        return spread(places.map((at) => lines.let(this.#masked(wide(at, moved), this.#isInside(depth)))));
      });
  }

  /** Goes through the rows of the block that exist; `r` counts their sums. */
  #eachRow(body: (row: string) => void): void {
    const lines = this.#lines;
    const isTurned = this.#swaps && this.#variant.rows.form === 'depth';
    lines.block(`for (var r = 0u; r < ${this.#variant.block.rows}u; r++)`, () => {
      const row = lines.let(isTurned ? 'first_row + (r ^ own)' : 'first_row + r');
      lines.block(`if (${row} < ${this.#launch('rows')})`, () => body(row));
    });
  }

  #storeResults(output: Results): void {
    const lines = this.#lines;
    const { columns } = this.#variant.block;
    output.atBatch('batch');
    const prepared: Column[] = [];
    for (let c = 0; c < columns; c++) {
      prepared.push(output.column(lines.let(`first_column + ${c}u`), this.#launch('columns')));
    }
    this.#eachRow((row) => {
      output.atRow(row);
      prepared.forEach((column, c) => {
        lines.block(`if (${column.isInside})`, () => output.store(column, lines.let(`sums[r * ${columns}u + ${c}u]`)));
      });
    });
  }

  #storeSums(): void {
    const lines = this.#lines;
    const launch = this.#launch;
    const { columns } = this.#variant.block;
    lines.add(`let sheet = (${launch('firstPart')} + part) * ${launch('batches')} + batch;`);
    this.#eachRow((row) => {
      lines.add(`let line = (sheet * ${launch('rows')} + ${row}) * ${launch('columns')};`);
      for (let c = 0; c < columns; c++) {
        lines.block(`if (first_column + ${c}u < ${launch('columns')})`, () =>
          lines.add(`partial[line + first_column + ${c}u] = sums[r * ${columns}u + ${c}u];`),
        );
      }
    });
  }
}
