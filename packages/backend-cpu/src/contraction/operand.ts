import type { Access, ContractionKernel, DType, HostArray, Launch, View } from '@flambeau/backend';
import { sliverWidth } from './micro-kernel.ts';
import { type Pack, type PackedBound, packOf } from './pack.ts';
import { OffsetTable } from './tables.ts';

/** Where the axes of an operand's lines stand in the launch's extents, and how many axes each of its groups has. */
export interface OperandAxes {
  readonly batch: number;
  readonly lines: number;
  readonly firstLine: number;
  readonly depth: number;
  readonly firstDepth: number;
}

/** Tables of one linear quantity of an operand: its element, or one of its bounds. */
class Tables {
  readonly batch = new OffsetTable();
  readonly lines = new OffsetTable();
  readonly depth = new OffsetTable();

  fill(axes: OperandAxes, extents: readonly number[], strides: readonly number[]): void {
    const { batch, lines, depth } = axes;
    this.batch.fill(extents, 0, batch, strides, 0);
    this.lines.fill(extents, axes.firstLine, lines, strides, batch);
    this.depth.fill(extents, axes.firstDepth, depth, strides, batch + lines);
  }
}

/** One operand of a contraction: rows of A or columns of B, packed through any view into slivers. */
export class Operand {
  readonly #number: number;
  readonly #axes: OperandAxes;
  readonly #pack: Pack;
  readonly #tables = new Tables();
  readonly #boundTables: Tables[] = [];
  readonly #bounds: PackedBound[] = [];
  #view: View | undefined;
  #source: HostArray = new Float32Array(0);
  #offset = 0;

  constructor(kernel: ContractionKernel, number: number, axes: OperandAxes) {
    const access = kernel.accesses[number] as Access;
    this.#number = number;
    this.#axes = axes;
    this.#pack = packOf(kernel.inputs[access.buffer] as DType, access.bounds, access.fill);
    for (let bound = 0; bound < access.bounds; bound++) {
      const tables = new Tables();
      const { values } = tables.lines;
      this.#boundTables.push(tables);
      this.#bounds.push({ start: 0, extent: 0, lines: values, depth: values, depthLow: 0, depthHigh: 0 });
    }
  }

  /** Takes the numbers of a launch. */
  open(source: HostArray, launch: Launch): void {
    const view = launch.views[this.#number] as View;
    this.#source = source;
    this.#view = view;
    this.#tables.fill(this.#axes, launch.extents, view.strides);
    for (let b = 0; b < this.#bounds.length; b++) {
      const bound = (view.bounds as NonNullable<View['bounds']>)[b] as NonNullable<View['bounds']>[number];
      const tables = this.#boundTables[b] as Tables;
      const packed = this.#bounds[b] as PackedBound;
      tables.fill(this.#axes, launch.extents, bound.coefficients);
      packed.extent = bound.extent;
      packed.lines = tables.lines.values;
      packed.depth = tables.depth.values;
      packed.depthLow = tables.depth.low;
      packed.depthHigh = tables.depth.high;
    }
  }

  /** Forgets the launch's memory. */
  close(): void {
    this.#source = new Float32Array(0);
    this.#view = undefined;
  }

  /** Moves to one index of the batch. */
  moveTo(batch: number): void {
    const view = this.#view as View;
    this.#offset = view.offset + (this.#tables.batch.values[batch] as number);
    for (let b = 0; b < this.#bounds.length; b++) {
      const start = view.bounds?.[b]?.start ?? 0;
      (this.#bounds[b] as PackedBound).start = start + ((this.#boundTables[b] as Tables).batch.values[batch] as number);
    }
  }

  /** Packs lines `line … line + lines`, `count` deep from `from` on, in slivers of at most `widest`. */
  pack(panel: Float64Array, line: number, lines: number, widest: number, from: number, count: number): void {
    const source = this.#source;
    const lineTable = this.#tables.lines.values;
    const depthTable = this.#tables.depth.values;
    const pack = this.#pack;
    for (let done = 0; done < lines; ) {
      const width = sliverWidth(lines - done, widest);
      const at = done * count;
      pack(source, this.#offset, lineTable, line + done, width, depthTable, from, count, panel, at, this.#bounds);
      done += width;
    }
  }
}
