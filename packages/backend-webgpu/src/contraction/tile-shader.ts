import type { ContractionKernel } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { Bindings, enables, Parameters, type Shader, storageType } from '../shader.ts';
import { Library } from '../wgsl/library.ts';
import { Lines } from '../wgsl/lines.ts';
import { WORKGROUP, WORKGROUP_INPUTS } from './code.ts';
import { type OperandAxes, OperandCode, operandShape, type Place } from './operand.ts';
import { Results, type ResultsVariant } from './results.ts';
import { operandAccess, type Roles } from './roles.ts';

/** Elements that neighbouring invocations read side by side: of neighbouring lines, or along the depth. */
export type Along = 'lines' | 'depth';

/** A tile of results that a workgroup computes, and what of it each invocation keeps (in fours). */
export interface TileShape {
  readonly rows: number;
  readonly columns: number;
  /** Steps of the depth in workgroup memory. */
  readonly depth: number;
  readonly rowVectors: number;
  readonly columnVectors: number;
}

/** Invocations of a workgroup. */
export function tileInvocations({ rows, columns, rowVectors, columnVectors }: TileShape): number {
  return (rows / (4 * rowVectors)) * (columns / (4 * columnVectors));
}

/** What decides the code of a tile. */
export interface TileVariant {
  readonly tile: TileShape;
  readonly rows: { readonly axes: OperandAxes; readonly along: Along };
  readonly columns: { readonly axes: OperandAxes; readonly along: Along };
  /** Of the results; sums of a part of the depth are written instead where absent. */
  readonly results: ResultsVariant | null;
}

/** The launch numbers that come before those of operands (rows, columns) and results. */
const tileNumbers = [
  'tiles',
  'rowTiles',
  'columnTiles',
  'parts',
  'partDepth',
  'depth',
  'rows',
  'columns',
  'batches',
] as const;

/**
 * Multiplies by tiles: a workgroup brings a stretch of the rows and of the columns to its memory, and each of its invocations
 * multiplies some of them with sums in registers.
 */
export function tileShader(
  kernel: ContractionKernel,
  roles: Roles,
  variant: TileVariant,
  limits: DeviceLimits,
): Shader {
  return new TileCode(kernel, roles, variant, limits).shader();
}

type Side = 'rows' | 'columns';

/** Four lines at one step of the depth that an invocation brings to workgroup memory. */
interface Unit {
  readonly side: Side;
  /** Step of the depth in the tile, and where the four lines start. */
  readonly step: string;
  readonly slot: string;
  readonly places: readonly Place[];
}

class TileCode {
  readonly #variant: TileVariant;
  readonly #limits: DeviceLimits;
  readonly #lines = new Lines();
  readonly #library = new Library();
  readonly #parameters = new Parameters();
  readonly #operands: Readonly<Record<Side, OperandCode>>;
  readonly #results: Results | null;
  readonly #bindings: Bindings;

  constructor(kernel: ContractionKernel, roles: Roles, variant: TileVariant, limits: DeviceLimits) {
    this.#variant = variant;
    this.#limits = limits;
    const parameters = this.#parameters;
    for (const name of tileNumbers) parameters.add(name, 'u32');
    const operand = (side: Side): OperandCode => {
      const shape = operandShape(kernel, operandAccess(roles, side), variant[side].axes);
      return new OperandCode(parameters, side, shape, limits);
    };
    this.#operands = { rows: operand('rows'), columns: operand('columns') };
    const { results } = variant;
    this.#results = results && new Results(kernel, results, limits, this.#library, this.#lines, parameters);
    this.#bindings = this.#results?.bindings ?? new Bindings([], 0, limits);
    if (!results) this.#bindings.add('partial', 'write', 'f32');
    for (const side of ['rows', 'columns'] as const) {
      const { dtype } = operandShape(kernel, operandAccess(roles, side), [0, 0, 0, true]);
      this.#bindings.add(side, 'read', storageType(dtype, limits));
    }
  }

  shader(): Shader {
    const lines = this.#lines;
    const { tile } = this.#variant;
    const threads = tileInvocations(tile);
    this.#locate();
    const units = (['rows', 'columns'] as const).flatMap((side) => this.#units(side, threads));
    const [rowVectors, columnVectors] = [tile.rowVectors, tile.columnVectors];
    for (let r = 0; r < 4 * rowVectors; r++) {
      for (let v = 0; v < columnVectors; v++) lines.add(`var sum${r}_${v} = vec4<f32>();`);
    }
    const across = tile.columns / (4 * columnVectors);
    lines.add(`let own_row = local / ${across}u;`);
    lines.add(`let own_column = local % ${across}u;`);
    lines.block(`for (var k = from_depth; k < end_depth; k += ${tile.depth}u)`, () => {
      const values = units.map((unit) => this.#read(unit));
      lines.add('workgroupBarrier();');
      units.forEach(({ side, slot }, i) => lines.add(`tile_${side}[${slot}] = ${values[i]};`));
      lines.add('workgroupBarrier();');
      lines.block(`for (var step = 0u; step < ${tile.depth}u; step++)`, () => this.#multiply());
    });
    this.#store();
    const declarations = this.#bindings.declaration();
    const memory = (['rows', 'columns'] as const)
      .map((side) => `var<workgroup> tile_${side}: array<vec4<f32>, ${(tile.depth * tile[side]) / 4}>;\n`)
      .join('');
    return {
      code:
        `${enables(this.#limits, declarations)}${declarations}${this.#parameters.declaration}${memory}` +
        `${this.#library.declarations}@compute @workgroup_size(${threads})\n` +
        `fn main(${WORKGROUP_INPUTS}, @builtin(local_invocation_index) local: u32) {\n${lines.text}}\n`,
      bindings: this.#bindings.access,
      words: this.#parameters.words,
    };
  }

  #locate(): void {
    const lines = this.#lines;
    const launch = (name: string): string => this.#parameters.ref(name);
    const { tile } = this.#variant;
    lines.add(`let tile = ${WORKGROUP};`);
    lines.block(`if (tile >= ${launch('tiles')})`, () => lines.add('return;'));
    lines.add(`let row_tile = tile / ${launch('columnTiles')};`);
    lines.add(`let batch_part = row_tile / ${launch('rowTiles')};`);
    lines.add(`let first_row = (row_tile % ${launch('rowTiles')}) * ${tile.rows}u;`);
    lines.add(`let first_column = (tile % ${launch('columnTiles')}) * ${tile.columns}u;`);
    lines.add(`let part = batch_part % ${launch('parts')};`);
    lines.add(`let batch = batch_part / ${launch('parts')};`);
    lines.add(`let from_depth = part * ${launch('partDepth')};`);
    lines.add(`let end_depth = min(from_depth + ${launch('partDepth')}, ${launch('depth')});`);
  }

  /** What an invocation brings to workgroup memory at each turn, of one operand. */
  #units(side: Side, threads: number): Unit[] {
    const lines = this.#lines;
    const { tile } = this.#variant;
    const { along } = this.#variant[side];
    const operand = this.#operands[side];
    const groups = tile[side] / 4;
    const start = operand.start(lines, 'batch');
    const first = side === 'rows' ? 'first_row' : 'first_column';
    return Array.from({ length: (groups * tile.depth) / threads }, (_, i) => {
      const unit = lines.let(i ? `local + ${i * threads}u` : 'local');
      const across = along === 'lines' ? groups : tile.depth;
      const [low, high] = [lines.let(`${unit} % ${across}u`), lines.let(`${unit} / ${across}u`)];
      const [group, step] = along === 'lines' ? [low, high] : [high, low];
      const places = [0, 1, 2, 3].map((j) => {
        const line = lines.let(`min(${first} + ${group} * 4u + ${j}u, ${this.#parameters.ref(side)} - 1u)`);
        return operand.line(lines, start, line);
      });
      return { side, step, slot: lines.let(`${step} * ${groups}u + ${group}`), places };
    });
  }

  #read({ side, step, places }: Unit): string {
    const lines = this.#lines;
    const operand = this.#operands[side];
    const depth = lines.let(`k + ${step}`);
    const moved = operand.depth(lines, lines.let(`min(${depth}, end_depth - 1u)`));
    const values = places.map((place) => operand.read(lines, this.#library, side, place, moved));
    return lines.let(`select(vec4<f32>(), vec4<f32>(${values.join(', ')}), ${depth} < end_depth)`);
  }

  #multiply(): void {
    const lines = this.#lines;
    const { rows, columns, rowVectors, columnVectors } = this.#variant.tile;
    const [down, across] = [rows / (4 * rowVectors), columns / (4 * columnVectors)];
    const left = Array.from({ length: rowVectors }, (_, v) =>
      lines.let(`tile_rows[step * ${rows / 4}u + own_row + ${v * down}u]`),
    );
    const right = Array.from({ length: columnVectors }, (_, v) =>
      lines.let(`tile_columns[step * ${columns / 4}u + own_column + ${v * across}u]`),
    );
    for (let r = 0; r < 4 * rowVectors; r++) {
      right.forEach((name, v) => lines.add(`sum${r}_${v} += ${left[r >> 2]}.${'xyzw'[r & 3]} * ${name};`));
    }
  }

  #store(): void {
    const lines = this.#lines;
    const launch = (name: string): string => this.#parameters.ref(name);
    const { rows, columns, rowVectors, columnVectors } = this.#variant.tile;
    const [down, across] = [rows / (4 * rowVectors), columns / (4 * columnVectors)];
    const results = this.#results;
    results?.atBatch('batch');
    const column = Array.from({ length: 4 * columnVectors }, (_, c) =>
      lines.let(`first_column + (own_column + ${(c >> 2) * across}u) * 4u + ${c & 3}u`),
    );
    const prepared = column.map((index) => results?.column(index, launch('columns')));
    for (let r = 0; r < 4 * rowVectors; r++) {
      const row = lines.let(`first_row + (own_row + ${(r >> 2) * down}u) * 4u + ${r & 3}u`);
      lines.block(`if (${row} < ${launch('rows')})`, () => {
        results?.atRow(row);
        column.forEach((index, c) => {
          const sum = `sum${r}_${c >> 2}.${'xyzw'[c & 3]}`;
          lines.block(`if (${index} < ${launch('columns')})`, () => {
            const own = prepared[c];
            if (results && own) results.store(own, sum);
            else lines.add(`partial[${this.#partialAt(row, index)}] = ${sum};`);
          });
        });
      });
    }
  }

  #partialAt(row: string, column: string): string {
    const launch = (name: string): string => this.#parameters.ref(name);
    return `((part * ${launch('batches')} + batch) * ${launch('rows')} + ${row}) * ${launch('columns')} + ${column}`;
  }
}
