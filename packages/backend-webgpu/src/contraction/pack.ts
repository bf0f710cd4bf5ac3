import type { DeviceLimits } from '../limits.ts';
import { Bindings, enables, Parameters, type Shader } from '../shader.ts';
import { Library } from '../wgsl/library.ts';
import { Lines } from '../wgsl/lines.ts';
import { WORKGROUP, WORKGROUP_INPUTS } from './code.ts';
import { OperandCode, type OperandShape, type Place, pushOperand } from './operand.ts';
import type { OperandPaths } from './roles.ts';

/** Lines and steps of the depth that one invocation packs at a time, and the depth that it goes through. */
const PACK_BLOCK = 4;
const PACK_DEPTH = 16;

/** Invocations of a workgroup that packs. */
const PACK_WORKGROUP = 64;

/** What decides the code that packs an operand. */
export interface PackVariant {
  readonly operand: OperandShape;
  /** Lines of one panel. */
  readonly width: number;
}

/** Which part of an operand is packed. */
export interface PackPart {
  readonly firstBatch: number;
  readonly batches: number;
  readonly firstPanel: number;
  readonly panels: number;
  readonly lines: number;
  readonly firstDepth: number;
  readonly depth: number;
  /** Steps of the depth in a panel: those that are there, and zeros. */
  readonly padded: number;
}

/** Number of workgroups that pack a part. */
export function packWorkgroups({ batches, panels, padded }: PackPart, width: number): number {
  return Math.ceil((batches * panels * (width / PACK_BLOCK) * Math.ceil(padded / PACK_DEPTH)) / PACK_WORKGROUP);
}

/** The launch numbers of {@link packShader}. */
export function packNumbers(paths: OperandPaths, part: PackPart): number[] {
  const numbers = [
    part.firstBatch,
    part.batches,
    part.firstPanel,
    part.panels,
    part.lines,
    part.firstDepth,
    part.depth,
    part.padded,
    Math.ceil(part.padded / PACK_DEPTH),
  ];
  pushOperand(numbers, paths);
  return numbers;
}

/**
 * Packs an operand into panels: for each step of the depth, the elements of `width` lines side by side. What is behind the
 * depth's end is 0; what is behind the last line is anything.
 */
export function packShader(variant: PackVariant, limits: DeviceLimits): Shader {
  return new Packing(variant, limits).shader();
}

class Packing {
  readonly #variant: PackVariant;
  readonly #limits: DeviceLimits;
  readonly #parameters = new Parameters();
  readonly #library = new Library();
  readonly #lines = new Lines();
  readonly #bindings: Bindings;
  readonly #operand: OperandCode;

  constructor(variant: PackVariant, limits: DeviceLimits) {
    this.#variant = variant;
    this.#limits = limits;
    const names = [
      'first_batch',
      'batches',
      'first_panel',
      'panels',
      'lines',
      'first_depth',
      'depth',
      'padded',
      'chunks',
    ];
    for (const name of names) this.#parameters.add(name, 'u32');
    this.#operand = new OperandCode(this.#parameters, 'a', variant.operand, limits);
    this.#bindings = new Bindings([variant.operand.dtype], 1, limits);
    this.#bindings.add('panels', 'write', 'vec4<f32>');
  }

  shader(): Shader {
    const { width } = this.#variant;
    const lines = this.#lines;
    const launch = (name: string): string => this.#parameters.ref(name);
    const blocks = width / PACK_BLOCK;
    lines.add(`let unit = (${WORKGROUP}) * ${PACK_WORKGROUP}u + local;`);
    lines.add(`let chunk = unit % ${launch('chunks')};`);
    lines.add(`let line_block = unit / ${launch('chunks')};`);
    lines.add(`let block = line_block % ${blocks}u;`);
    lines.add(`let any_panel = line_block / ${blocks}u;`);
    lines.add(`let panel = any_panel % ${launch('panels')};`);
    lines.add(`let batch = any_panel / ${launch('panels')};`);
    lines.block(`if (batch >= ${launch('batches')})`, () => lines.add('return;'));
    lines.add(`let line = (${launch('first_panel')} + panel) * ${width}u + block * ${PACK_BLOCK}u;`);
    const start = this.#operand.start(lines, lines.let(`${launch('first_batch')} + batch`));
    const places = Array.from({ length: PACK_BLOCK }, (_, i) =>
      this.#operand.line(lines, start, lines.let(`min(line + ${i}u, ${launch('lines')} - 1u)`)),
    );
    lines.add(`let target_panel = any_panel * ${launch('padded')};`);
    lines.add(`let last = min((chunk + 1u) * ${PACK_DEPTH}u, ${launch('padded')});`);
    lines.block(`for (var k = chunk * ${PACK_DEPTH}u; k < last; k += ${PACK_BLOCK}u)`, () =>
      this.#packBlock(places, blocks),
    );
    const declarations = this.#bindings.declaration();
    return {
      code:
        `${enables(this.#limits, declarations)}${declarations}${this.#parameters.declaration}${this.#library.declarations}` +
        `@compute @workgroup_size(${PACK_WORKGROUP})\n` +
        `fn main(${WORKGROUP_INPUTS}, @builtin(local_invocation_index) local: u32) {\n${lines.text}}\n`,
      bindings: this.#bindings.access,
      words: this.#parameters.words,
    };
  }

  /** Four lines at four steps of the depth. */
  #packBlock(places: readonly Place[], blocks: number): void {
    const lines = this.#lines;
    const depths = [0, 1, 2, 3].map((j) => `k + ${j}u`);
    const isThere = depths.map((depth) => lines.let(`${depth} < ${this.#parameters.ref('depth')}`));
    const values = depths.map((depth) => {
      const moved = this.#operand.depth(lines, lines.let(`${this.#parameters.ref('first_depth')} + ${depth}`));
      const elements = places.map((place) => this.#operand.read(lines, this.#library, 'in0', place, moved));
      return `vec4<f32>(${elements.join(', ')})`;
    });
    values.forEach((value, j) => {
      const at = `(target_panel + ${depths[j]}) * ${blocks}u + block`;
      lines.add(`panels[${at}] = select(vec4<f32>(), ${value}, ${isThere[j]});`);
    });
  }
}
