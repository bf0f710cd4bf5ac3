import type { Access, ContractionKernel, Launch } from '@flambeau/backend';
import type { GpuBuffer, Recorder } from '../runtime/recorder.ts';
import { Dispatcher, type Prepared } from './dispatcher.ts';
import { axesOf, type Form, formOf, operandShape, pushOperand } from './operand.ts';
import { type PackPart, packNumbers, packShader, packWorkgroups } from './pack.ts';
import { type Plan, planPacked } from './packed-plan.ts';
import { LANES, type OperandForm, productNumbers, productShader, STEP } from './product.ts';
import { keyOf, pushResults, type ResultPaths, resultPaths } from './results.ts';
import { type OperandPaths, operandAccess, operandPaths, type Roles, rolesOf, type Sizes, sizesOf } from './roles.ts';

/** Products, lines and depth below which a sum per element is as fast, or the code not worth its compilation. */
const FEW_PRODUCTS = 2 ** 15;
const FEW_LINES = 3;
const FEW_DEPTH = 4;

/** Plans that are remembered. */
const MOST_PLANS = 64;

/** One launch on its way. */
interface Job {
  readonly launch: Launch;
  readonly buffers: readonly GpuBuffer[];
  readonly roles: Roles;
  readonly sizes: Sizes;
  readonly plan: Plan;
  readonly rows: OperandPaths;
  readonly columns: OperandPaths;
  readonly results: ResultPaths;
}

/**
 * A contraction in blocks on a program that acts as a device, with sums in registers. Rows are read where they lie, and so are
 * columns in fours; other columns are packed before.
 */
export class PackedContraction {
  readonly #kernel: ContractionKernel;
  readonly #recorder: Recorder;
  readonly #roles: readonly [Roles, Roles];
  readonly #dispatcher: Dispatcher;
  readonly #plans = new Map<string, Plan>();

  constructor(kernel: ContractionKernel, recorder: Recorder) {
    this.#kernel = kernel;
    this.#recorder = recorder;
    this.#dispatcher = new Dispatcher(kernel, recorder);
    this.#roles = [rolesOf(kernel, false), rolesOf(kernel, true)];
  }

  /** Whether blocks pay for a launch. */
  suits(launch: Launch): boolean {
    const { batches, rows, columns, depth } = sizesOf(launch, this.#roles[0]);
    return (
      batches * rows * columns * depth >= FEW_PRODUCTS && Math.min(rows, columns) >= FEW_LINES && depth >= FEW_DEPTH
    );
  }

  run(buffers: readonly GpuBuffer[], launch: Launch): void {
    const [own] = this.#roles;
    const [a, b] = [operandPaths(launch, own, 'rows'), operandPaths(launch, own, 'columns')];
    const plan = this.#plan(sizesOf(launch, own), formOf(a), formOf(b));
    const roles = this.#roles[plan.swap ? 1 : 0];
    const [rows, columns] = plan.swap ? [b, a] : [a, b];
    const results = resultPaths(this.#kernel, launch, roles, buffers);
    const job: Job = { launch, buffers, roles, sizes: sizesOf(launch, roles), plan, rows, columns, results };
    if (plan.parts === 1) {
      this.#multiply(job, null);
      return;
    }
    const { batches, rows: height, columns: width } = job.sizes;
    const partial = this.#recorder.borrow(4 * plan.parts * batches * height * width);
    this.#multiply(job, partial);
    this.#dispatcher.combine(job.sizes, plan.parts, partial, results, buffers, launch);
  }

  #multiply(job: Job, partial: GpuBuffer | null): void {
    const { plan, sizes, columns, roles, buffers } = job;
    const program = this.#productProgram(job, partial !== null);
    const source = buffers[this.#access(roles, 'columns').buffer] as GpuBuffer;
    if (!plan.packs) {
      const all = { firstDepth: 0, panelDepth: 0, firstBatch: 0, firstColumn: 0, firstPart: 0, panelBatch: 0 };
      const { chunk } = plan;
      const part = { ...all, ...chunk, endDepth: sizes.depth };
      this.#dispatchProduct(job, program, partial, source, part);
      return;
    }
    const { chunk, partDepth, columnPanels, block } = plan;
    const width = block.columns * LANES;
    const isShared = columns.batch.sizes.length === 0;
    const most = Math.ceil(Math.min(sizes.depth, chunk.parts * partDepth) / STEP) * STEP;
    const panels = this.#recorder.borrow(4 * width * most * chunk.columnPanels * (isShared ? 1 : chunk.batches));
    const pack = this.#packProgram(job);
    for (let firstPart = 0; firstPart < plan.parts; firstPart += chunk.parts) {
      const parts = Math.min(chunk.parts, plan.parts - firstPart);
      const firstDepth = firstPart * partDepth;
      const depth = Math.min(sizes.depth - firstDepth, parts * partDepth);
      const padded = Math.ceil(depth / STEP) * STEP;
      for (let firstBatch = 0; firstBatch < sizes.batches; firstBatch += chunk.batches) {
        const batches = Math.min(chunk.batches, sizes.batches - firstBatch);
        for (let panel = 0; panel < columnPanels; panel += chunk.columnPanels) {
          const count = Math.min(chunk.columnPanels, columnPanels - panel);
          const area: PackPart = {
            firstBatch,
            batches: isShared ? 1 : batches,
            firstPanel: panel,
            panels: count,
            lines: sizes.columns,
            firstDepth,
            depth,
            padded,
          };
          this.#dispatcher.dispatch(pack, [source, panels], packNumbers(columns, area), packWorkgroups(area, width));
          this.#dispatchProduct(job, program, partial, panels, {
            firstDepth,
            endDepth: firstDepth + depth,
            panelDepth: padded,
            firstBatch,
            batches,
            firstColumn: panel * width,
            columnPanels: count,
            firstPart,
            parts,
            panelBatch: isShared ? 0 : 1,
          });
        }
      }
    }
  }

  #dispatchProduct(
    job: Job,
    program: Prepared,
    partial: GpuBuffer | null,
    columns: GpuBuffer,
    part: ProductPart,
  ): void {
    const { plan, sizes, roles, buffers, results, launch } = job;
    const { batches, ...place } = part;
    const tiles = batches * part.parts * plan.rowPanels * part.columnPanels;
    const numbers = productNumbers({
      ...place,
      tiles,
      rowPanels: plan.rowPanels,
      partDepth: plan.partDepth,
      depth: sizes.depth,
      rows: sizes.rows,
      columns: sizes.columns,
      batches: sizes.batches,
    });
    pushOperand(numbers, job.rows);
    if (!plan.packs) pushOperand(numbers, job.columns);
    if (!partial) pushResults(numbers, results, launch);
    const operands = [buffers[this.#access(roles, 'rows').buffer] as GpuBuffer, columns];
    const bound = partial ? [partial, ...operands] : this.#dispatcher.bound(results, buffers, operands);
    this.#dispatcher.dispatch(program, bound, numbers, tiles);
  }

  #productProgram({ plan, sizes, roles, rows, columns, results }: Job, isPartial: boolean): Prepared {
    const { block, swap, packs } = plan;
    const form = (paths: OperandPaths): OperandForm => ({ axes: axesOf(paths), form: formOf(paths) });
    const [left, right] = [form(rows), packs ? null : form(columns)];
    const isWhole = sizes.depth % STEP === 0;
    const written = isPartial ? '' : keyOf(results.variant);
    const read = `${left.axes} ${left.form} ${right ? `${right.axes} ${right.form}` : ''}`;
    const key = `product ${block.rows} ${block.columns} ${swap} ${isWhole} ${read} ${written}`;
    return this.#dispatcher.program(key, !isPartial, () => {
      const variant = { block, rows: left, columns: right, results: isPartial ? null : results.variant, isWhole };
      return productShader(this.#kernel, roles, variant, this.#recorder.limits);
    });
  }

  #packProgram({ plan, roles, columns }: Job): Prepared {
    const axes = axesOf(columns);
    const width = plan.block.columns * LANES;
    return this.#dispatcher.program(`pack ${plan.swap} ${axes} ${width}`, false, () => {
      const operand = operandShape(this.#kernel, operandAccess(roles, 'columns'), axes);
      return packShader({ operand, width }, this.#recorder.limits);
    });
  }

  #access(roles: Roles, side: 'rows' | 'columns'): Access {
    return this.#kernel.accesses[operandAccess(roles, side)] as Access;
  }

  #plan(sizes: Sizes, a: Form, b: Form): Plan {
    const key = `${sizes.batches} ${sizes.rows} ${sizes.columns} ${sizes.depth} ${a} ${b}`;
    const known = this.#plans.get(key);
    if (known) return known;
    const { subgroups, bindingBytes } = this.#recorder.limits;
    const plan = planPacked({ sizes, forms: [a, b], quads: subgroups, bindingBytes });
    if (this.#plans.size >= MOST_PLANS) this.#plans.clear();
    this.#plans.set(key, plan);
    return plan;
  }
}

/** What of the columns, the batch and the depth one dispatch multiplies. */
interface ProductPart {
  readonly firstDepth: number;
  readonly endDepth: number;
  readonly panelDepth: number;
  readonly firstBatch: number;
  readonly batches: number;
  readonly firstColumn: number;
  readonly columnPanels: number;
  readonly firstPart: number;
  readonly parts: number;
  readonly panelBatch: number;
}
