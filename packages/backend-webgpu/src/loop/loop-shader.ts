import {
  bufferOf,
  countsPositions,
  type Expr,
  isFloat,
  type LoopInput,
  type ReduceStage,
  type Stage,
  type StoreStage,
  stageAccesses,
} from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { enables, type Shader, storageType } from '../shader.ts';
import { emitOp } from '../wgsl/scalar.ts';
import { Context } from './context.ts';
import { Accumulator, type Fold, foldOf } from './fold.ts';
import { isInvariant, staysPut } from './invariant.ts';
import type { NumberSource } from './launch-numbers.ts';
import { foldedDType, neededBy, type Passes, partSlots, passesOf } from './passes.ts';
import { enterAxis, type Place, startPlace } from './place.ts';
import { type Known, Sites } from './sites.ts';
import { foldLanes } from './tree.ts';
import type { Variant } from './variant.ts';
import { type Invocation, walkInner } from './walk.ts';

/** A loop kernel's shader, and what its launch numbers are. */
export interface LoopShader extends Shader {
  readonly numbers: readonly NumberSource[];
}

/** Writes one pass of a loop kernel for one way of laying out its work. */
export function loopShader(input: LoopInput, variant: Variant, limits: DeviceLimits): LoopShader {
  return new LoopWriter(new Context(input, variant, limits)).write();
}

const HEAD = [
  '@builtin(workgroup_id) workgroup_id: vec3<u32>',
  '@builtin(num_workgroups) num_workgroups: vec3<u32>',
  '@builtin(local_invocation_index) local_index: u32',
];

class LoopWriter {
  readonly #context: Context;
  readonly #passes: Passes;
  /** The pass that is written; the last one when there are no chunks. */
  readonly #pass: number;
  /** Stages whose results are computed or combined in this pass. */
  readonly #needed: ReadonlySet<number>;
  readonly #results = new Map<number, readonly string[]>();
  #parts = '';
  #usesLanes = false;

  constructor(context: Context) {
    this.#context = context;
    const { kernel, variant } = context;
    this.#passes = passesOf(kernel);
    this.#pass = variant.pass ?? this.#passes.last;
    const written = [...kernel.stages.keys()].filter((s) => this.#isWritten(s));
    this.#needed = neededBy(kernel, written, (s) => this.#isCombined(s));
  }

  write(): LoopShader {
    const { lines, variant, numbers, library, bindings, declarations, limits, kernel } = this.#context;
    const { rows, lanes, wide } = variant;
    if (variant.pass !== undefined) {
      this.#parts = bindings.add('parts', this.#pass < this.#passes.last ? 'write' : 'read', 'i32');
    }
    this.#workgroup();
    const types = new Map<string, string>();
    const dtypes = [...kernel.inputs, ...kernel.outputs];
    dtypes.forEach((dtype, i) => {
      if (wide[i]) types.set(bindings.name(i), `vec4<${storageType(dtype, limits)}>`);
    });
    const memory = bindings.declaration(types);
    const code = [
      enables(limits, memory, this.#context.usesSubgroups),
      numbers.parameters.declaration,
      memory,
      ...declarations.values(),
      library.declarations,
      `@compute @workgroup_size(${rows * lanes})\nfn main(${HEAD.join(', ')}) {\n${numbers.reads}${lines.text}}\n`,
    ];
    return {
      code: code.filter(Boolean).join('\n'),
      bindings: bindings.access,
      words: numbers.parameters.words,
      numbers: numbers.sources,
    };
  }

  /** Whether a stage is folded or stored in this pass. */
  #isWritten(s: number): boolean {
    const stage = this.#context.kernel.stages[s] as Stage;
    if (stage.kind === 'store') return this.#pass === this.#passes.last;
    return this.#context.variant.pass !== undefined && this.#passes.of[s] === this.#pass;
  }

  /** Whether a stage's result is made of parts that an earlier pass wrote. */
  #isCombined(s: number): boolean {
    const pass = this.#passes.of[s] as number;
    return this.#context.variant.pass !== undefined && pass >= 0 && pass < this.#pass;
  }

  /** Finds out which rows an invocation has. */
  #workgroup(): void {
    const { lines, variant, numbers } = this.#context;
    const { rows, lanes, lanesFirst, pass } = variant;
    const total = numbers.layout('total');
    lines.add('let workgroup = i32(workgroup_id.x + workgroup_id.y * num_workgroups.x);');
    lines.add('let local = i32(local_index);');
    const chunk = pass === undefined ? undefined : 'chunk';
    if (lanes === 1) {
      lines.add(`let invocation = workgroup * ${rows} + local;`);
      const all = chunk ? `${total} * ${numbers.layout('chunks')}` : total;
      lines.block(`if (invocation >= ${all})`, () => lines.add('return;'));
      if (chunk) {
        lines.add(`let chunk = i32(u32(invocation) / u32(${total}));`);
        lines.add(`let row = invocation - chunk * ${total};`);
      } else lines.add('let row = invocation;');
      this.#row({ chunk });
      return;
    }
    let block = 'workgroup';
    if (chunk) {
      block = lines.let(`i32(u32(workgroup) / u32(${numbers.layout('chunks')}))`);
      lines.add(`let chunk = workgroup - ${block} * ${numbers.layout('chunks')};`);
    }
    const first = rows > 1 ? lines.let(`${block} * ${rows}`) : block;
    lines.block(`if (${first} >= ${total})`, () => lines.add('return;'));
    lines.add(`let lane = ${rows === 1 ? 'local' : lanesFirst ? `local % ${lanes}` : `local / ${rows}`};`);
    if (rows === 1) {
      lines.add(`let row = ${first};`);
      lines.add('let slot = 0;');
    } else {
      lines.add(`let slot = ${lanesFirst ? `local / ${lanes}` : `local % ${rows}`};`);
      // Invocations behind the last row take part in barriers only.
      lines.add(`let row = min(${first} + slot, ${total} - 1);`);
    }
    this.#row({ chunk, lane: 'lane', isReal: rows === 1 ? undefined : `${first} + slot < ${total}` });
  }

  /** Finds the outer indices of a row, or of a run of rows. */
  #row(invocation: RowInvocation): void {
    const { lines, variant, numbers, kernel } = this.#context;
    const { fast, width, along, runs } = variant;
    const accesses = this.#accesses();
    let place = startPlace(this.#context, accesses);
    if (fast < 0) {
      this.#stages(invocation, place, undefined);
      return;
    }
    const others = Array.from({ length: kernel.outer }, (_, axis) => axis).filter((axis) => axis !== fast);
    let number = 'row';
    if (others.length) {
      const size = lines.let(`u32(${numbers.layout(runs ? 'runs' : 'groups')})`);
      number = lines.let(`i32(u32(row) % ${size})`);
      let rest = lines.let(`u32(row) / ${size}`);
      for (const axis of others.toReversed()) {
        let index = rest;
        if (axis !== others[0]) {
          const extent = lines.let(`u32(${numbers.extent(axis)})`);
          index = lines.let(`${rest} % ${extent}`);
          rest = lines.let(`${rest} / ${extent}`);
        }
        place = enterAxis(this.#context, place, accesses, axis, lines.let(`i32(${index})`));
      }
    }
    const step = along === 'outer' ? width : 1;
    const one = (group: string): void => {
      const index = step > 1 ? lines.let(`${group} * ${step}`) : group;
      const count = step > 1 && !variant.even ? lines.let(`${numbers.extent(fast)} - ${index}`) : undefined;
      this.#stages(invocation, enterAxis(this.#context, place, accesses, fast, index), count);
    };
    if (!runs) {
      one(number);
      return;
    }
    const group = lines.var('i32', `${number} * ${numbers.layout('run')}`);
    const end = lines.let(`min(${group} + ${numbers.layout('run')}, ${numbers.layout('groups')})`);
    lines.block(`for (; ${group} < ${end}; ${group}++)`, () => {
      this.#results.clear();
      one(group);
    });
  }

  /** The accesses of what is computed in this pass. */
  #accesses(): number[] {
    const { stages } = this.#context.kernel;
    const found = new Set<number>();
    stages.forEach((stage, s) => {
      if (this.#isWritten(s) || (this.#needed.has(s) && !this.#isCombined(s)))
        for (const number of stageAccesses(stage)) found.add(number);
    });
    return [...found];
  }

  #stages(invocation: RowInvocation, place: Place, count: string | undefined): void {
    const { kernel, variant } = this.#context;
    const row = new Sites(this.#context, place, variant.along === 'outer' ? variant.width : 1, variant.fast);
    kernel.stages.forEach((stage, s) => {
      if (stage.kind === 'store') {
        if (this.#isWritten(s)) this.#store(invocation, stage, s, row, count);
      } else if (stage.inner === 0) {
        if (this.#needed.has(s)) this.#results.set(s, this.#single(stage, row));
      } else if (this.#isWritten(s)) this.#writeParts(invocation, stage, s, row);
      else if (this.#needed.has(s)) {
        const fold = this.#foldOf(stage);
        const parts = this.#isCombined(s)
          ? this.#combineParts(invocation, fold, s, row.width)
          : this.#fold(invocation, fold, stage, s, row);
        this.#results.set(
          s,
          this.#shared(invocation, fold, parts).map((each) => this.#context.lines.let(fold.result(each))),
        );
      }
    });
  }

  #foldOf(stage: ReduceStage): Fold {
    return foldOf(this.#context, stage.op, foldedDType(this.#context.kernel, stage));
  }

  /** A stage without inner axes: its one value. */
  #single(stage: ReduceStage, row: Sites): string[] {
    const { library, lines, kernel } = this.#context;
    if (countsPositions(stage)) return [lines.let(this.#context.zero)];
    const values = row.evaluate(stage.expr, { results: this.#results, values: [new Map()] });
    const dtype = foldedDType(kernel, stage);
    if (stage.op !== 'sum' || !isFloat(dtype)) return values;
    // A sum starts from 0, which makes -0 into 0.
    const start = lines.let(`bitcast<f32>(${this.#context.zero})`);
    return values.map((value) => lines.let(emitOp(library, 'add', dtype, [start, value])));
  }

  /** What is the same for all elements of a stage's inner axes, computed ahead of their loops. */
  #ahead(s: number, row: Sites, expr: Expr): { readonly known: Known; readonly accesses: ReadonlySet<number> } {
    const { kernel, input } = this.#context;
    const stage = kernel.stages[s] as Stage;
    const axes = Array.from({ length: stage.inner }, (_, i) => kernel.outer + i);
    const known: Known = { results: this.#results, values: [new Map()] };
    const values = row.ahead(expr, known, (each) => isInvariant(input, each, axes, this.#results));
    const accesses = stageAccesses(stage).filter(
      (number) => input.kernel.accesses[number]?.role === 'input' && staysPut(input, number, axes),
    );
    return { known: { results: this.#results, values }, accesses: new Set(accesses) };
  }

  /** What an invocation's share of a stage folds to, for each of the elements side by side along an outer axis. */
  #fold(invocation: RowInvocation, fold: Fold, stage: ReduceStage, s: number, row: Sites): string[][] {
    const context = this.#context;
    const { lines, variant } = context;
    const { known, accesses } = this.#ahead(s, row, stage.expr);
    const isInner = variant.along === 'inner' && variant.width > 1;
    const start = (): Accumulator[] =>
      Array.from({ length: isInner ? variant.width : row.width }, () => new Accumulator(context, fold));
    let sums = start();
    const visit = (place: Place, width: number): void => {
      const axis = isInner ? ((variant.loops[s] as readonly number[]).at(-1) as number) : row.axis;
      const sites = new Sites(context, place, isInner ? width : row.width, axis, { sites: row, accesses });
      const values = sites.evaluate(stage.expr, known);
      values.forEach((value, c) => {
        const position = countsPositions(stage) ? this.#position(s, sites, c) : '';
        (sums[c] as Accumulator).take(fold.element(value, position));
      });
    };
    const inBlock = (body: () => void): void => {
      const far = sums;
      sums = start();
      body();
      far.forEach((sum, c) => {
        sum.take((sums[c] as Accumulator).names);
      });
      sums = far;
    };
    walkInner(context, invocation, s, row.place, visit, fold.inBlocks ? inBlock : undefined);
    if (!isInner) return sums.map((sum) => [...sum.names]);
    const pair = (a: readonly string[], b: readonly string[]): string[] =>
      fold.combine(a, b).map((text) => lines.let(text));
    const [a, b, c, d] = sums.map((sum) => sum.names) as [readonly string[], ...(readonly string[])[]];
    return [pair(pair(a, b as readonly string[]), pair(c as readonly string[], d as readonly string[]))];
  }

  /** The row-major position of an element among a stage's inner axes. */
  #position(s: number, sites: Sites, component: number): string {
    const { kernel, lines } = this.#context;
    const stage = kernel.stages[s] as Stage;
    let position = sites.index(kernel.outer, component);
    for (let i = 1; i < stage.inner; i++) {
      const axis = kernel.outer + i;
      position = lines.let(`${position} * ${this.#context.extent(s, axis)} + ${sites.index(axis, component)}`);
    }
    return position;
  }

  /** What all lanes of a row fold to together. */
  #shared(invocation: RowInvocation, fold: Fold, parts: string[][]): string[][] {
    if (!invocation.lane) return parts;
    const isFirst = !this.#usesLanes;
    this.#usesLanes = true;
    return foldLanes(this.#context, fold, parts, isFirst);
  }

  /** Folds a chunk, and leaves the result for later passes. */
  #writeParts(invocation: RowInvocation, stage: ReduceStage, s: number, row: Sites): void {
    const { lines } = this.#context;
    const fold = this.#foldOf(stage);
    const parts = this.#shared(invocation, fold, this.#fold(invocation, fold, stage, s, row));
    const write = (): void => {
      parts.forEach((each, component) => {
        each.forEach((text, part) => {
          const at = this.#partAddress(s, component * each.length + part, 'chunk');
          lines.add(`${this.#parts}[${at}] = ${toWord(text, fold.types[part] as string)};`);
        });
      });
    };
    this.#once(invocation, write);
  }

  /** Folds what the chunks of a row left; lanes share the chunks. */
  #combineParts(invocation: RowInvocation, fold: Fold, s: number, width: number): string[][] {
    const { lines, numbers, variant } = this.#context;
    const sums = Array.from({ length: width }, () => new Accumulator(this.#context, fold));
    const at = lines.var('i32', invocation.lane ?? '0');
    lines.block(`for (; ${at} < ${numbers.layout('chunks')}; ${at} += ${variant.lanes})`, () => {
      sums.forEach((sum, component) => {
        sum.take(
          fold.types.map((type, part) => {
            const address = this.#partAddress(s, component * fold.types.length + part, at);
            return lines.let(fromWord(`${this.#parts}[${address}]`, type));
          }),
        );
      });
    });
    return sums.map((sum) => [...sum.names]);
  }

  #partAddress(s: number, slot: number, chunk: string): string {
    const { numbers, kernel, variant } = this.#context;
    const first = (partSlots(kernel, variant.along === 'outer' ? variant.width : 1).first[s] as number) + slot;
    return `(${first} * ${numbers.layout('total')} + row) * ${numbers.layout('chunks')} + ${chunk}`;
  }

  #store(invocation: RowInvocation, stage: StoreStage, s: number, row: Sites, count: string | undefined): void {
    const context = this.#context;
    const { lines, variant } = context;
    if (variant.lanes > 1 && this.#mayOverwrite(stage)) {
      // Other lanes may still read what is written here.
      lines.add('storageBarrier();');
      lines.add('workgroupBarrier();');
    }
    if (stage.inner === 0) {
      const values = row.evaluate(stage.expr, { results: this.#results, values: [new Map()] });
      this.#once(invocation, () => row.store(stage.access, values, count), true);
      return;
    }
    const isInner = variant.along === 'inner';
    const { known, accesses } = this.#ahead(s, row, stage.expr);
    const body = (): void =>
      walkInner(context, invocation, s, row.place, (place, width) => {
        const axis = isInner ? ((variant.loops[s] as readonly number[]).at(-1) as number) : row.axis;
        const sites = new Sites(context, place, isInner ? width : row.width, axis, { sites: row, accesses });
        sites.store(stage.access, sites.evaluate(stage.expr, known), isInner ? undefined : count);
      });
    if (invocation.isReal) lines.block(`if (${invocation.isReal})`, body);
    else body();
  }

  /** Whether a store's buffer is read too. */
  #mayOverwrite(stage: StoreStage): boolean {
    const { kernel, variant } = this.#context;
    const at = bufferOf(kernel, this.#context.access(stage.access));
    const first = variant.sharing?.[at] ?? at;
    return first < kernel.inputs.length;
  }

  /** Writes what only one invocation of a row does, and only one chunk of it. */
  #once({ lane, isReal, chunk }: RowInvocation, body: () => void, inOneChunk = false): void {
    const conditions = [isReal, lane && `${lane} == 0`, inOneChunk && chunk && `${chunk} == 0`].filter(Boolean);
    if (conditions.length) this.#context.lines.block(`if (${conditions.join(' && ')})`, body);
    else body();
  }
}

interface RowInvocation extends Invocation {
  /** Whether the invocation's row exists; absent where that is certain. */
  readonly isReal?: string | undefined;
}

function toWord(text: string, type: string): string {
  if (type === 'f32') return `bitcast<i32>(${text})`;
  return type === 'bool' ? `select(0, 1, ${text})` : text;
}

function fromWord(text: string, type: string): string {
  if (type === 'f32') return `bitcast<f32>(${text})`;
  return type === 'bool' ? `${text} != 0` : text;
}
