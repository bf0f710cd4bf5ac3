import { type DType, isFloat } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { Bindings, type Shader, storageType } from '../shader.ts';
import { emitCast, emitOp, fromStorage, toStorage, valueType } from '../wgsl/scalar.ts';
import { Draft } from './draft.ts';
import { WalkCode } from './walk.ts';

export type Reduce = 'set' | 'sum' | 'prod' | 'max' | 'min';

/** A scatter of lines over `rank` axes beside the scattered one. */
export interface ScatterVariant {
  readonly dtype: DType;
  readonly reduce: Reduce;
  readonly rank: number;
  /** Which buffers are one: of index, source and target, or of source and target. */
  readonly shared: readonly number[];
}

/** Whether the operations of a scatter are the same on vectors of four elements. */
export function isScatterWidenable({ dtype, reduce }: Pick<ScatterVariant, 'dtype' | 'reduce'>): boolean {
  return (dtype === 'float32' || dtype === 'int32') && reduce !== 'max' && reduce !== 'min';
}

const ops = { sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const;

/** Reading, combining and writing elements; bools lie in memory as the integers 0 and 1. */
class ElementCode {
  readonly #draft: Draft;
  readonly #dtype: DType;
  readonly #reduce: Reduce;

  constructor(draft: Draft, { dtype, reduce }: ScatterVariant) {
    this.#draft = draft;
    this.#dtype = dtype === 'bool' ? 'uint8' : dtype;
    this.#reduce = reduce;
  }

  get type(): string {
    return valueType(this.#dtype);
  }

  read(element: string): string {
    return this.#draft.lines.let(fromStorage(element, this.#dtype, this.#draft.limits));
  }

  /** The rounded value of both. */
  combine(old: string, value: string): string {
    const { library, lines } = this.#draft;
    const op = ops[this.#reduce as keyof typeof ops];
    const result = lines.let(emitOp(library, op, this.#dtype, [old, value]));
    return isFloat(this.#dtype) ? lines.let(emitCast(library, result, 'float32', this.#dtype)) : result;
  }

  stored(value: string): string {
    return toStorage(this.#draft.library, value, this.#dtype, this.#draft.limits);
  }
}

/**
 * Each invocation walks a line of the index: duplicates meet in one invocation, in order.
 *
 * @param isWide - Elements of source and target are vectors of four.
 */
export function scatterLinesShader(variant: ScatterVariant, isWide: boolean, limits: DeviceLimits): Shader {
  const { dtype, reduce, rank, shared } = variant;
  const bindings = new Bindings(['int32', dtype, dtype], 2, limits, shared);
  const draft = new Draft(bindings, limits);
  const { lines } = draft;
  const element = new ElementCode(draft, variant);
  if (isWide) {
    const type = `vec4<${storageType(dtype, limits)}>`;
    for (const buffer of [1, 2]) draft.types.set(bindings.name(buffer), type);
  }
  const walk = new WalkCode(draft, rank, 3);
  const extent = draft.number('extent');
  const [index, source, target] = walk.starts('unit') as [string, string, string];
  lines.block(`for (var at = 0; at < ${walk.length}; at++)`, () => {
    const place = lines.let(`${bindings.name(0)}[${walk.at(0, index, 'at')}]`);
    const from = `${bindings.name(1)}[${walk.at(1, source, 'at')}]`;
    lines.block(`if (${place} >= 0 && ${place} < ${extent})`, () => {
      const to = `${bindings.name(2)}[${lines.let(walk.at(2, target, place))}]`;
      if (reduce === 'set') lines.add(`${to} = ${from};`);
      else lines.add(`${to} = ${element.stored(element.combine(element.read(to), element.read(from)))};`);
    });
  });
  return draft.finish();
}

/**
 * Goes through the index in sorted order: the invocation at the start of a run of equal indices combines the run's elements in
 * order. The walk's operands are the records of the sort, the source and the target.
 */
export function scatterSortedShader(variant: ScatterVariant, limits: DeviceLimits): Shader {
  const { dtype, reduce, rank, shared } = variant;
  const bindings = new Bindings([dtype, dtype], 1, limits, shared);
  bindings.add('records', 'read', 'vec2<u32>');
  const draft = new Draft(bindings, limits);
  const { lines } = draft;
  const element = new ElementCode(draft, variant);
  const walk = new WalkCode(draft, rank, 3);
  const extent = draft.number('extent');
  const [records, source, target] = walk.starts(lines.let(`unit % u32(${walk.lines})`)) as [string, string, string];
  const at = lines.let(`i32(unit / u32(${walk.lines}))`);
  const record = lines.let(`records[${records} + ${at}]`);
  const place = lines.let(`bitcast<i32>(${record}.x ^ 0x80000000u)`);
  lines.add(`if (${place} < 0 || ${place} >= ${extent}) { return; }`);
  const to = `${bindings.name(1)}[${lines.let(walk.at(2, target, place))}]`;
  const from = (position: string): string => `${bindings.name(0)}[${walk.at(1, source, `i32(${position})`)}]`;
  const isSame = (neighbour: string): string => `records[${records} + ${neighbour}].x == ${record}.x`;
  if (reduce === 'set') {
    lines.block(`if (${at} + 1 < ${walk.length})`, () => lines.add(`if (${isSame(`${at} + 1`)}) { return; }`));
    lines.add(`${to} = ${from(`${record}.y`)};`);
    return draft.finish();
  }
  lines.block(`if (${at} > 0)`, () => lines.add(`if (${isSame(`${at} - 1`)}) { return; }`));
  const old = element.read(to);
  const total = lines.var(element.type, element.combine(old, element.read(from(`${record}.y`))));
  lines.block(`for (var next = ${at} + 1; next < ${walk.length}; next++)`, () => {
    const other = lines.let(`records[${records} + next]`);
    lines.add(`if (${other}.x != ${record}.x) { break; }`);
    lines.add(`${total} = ${element.combine(total, element.read(from(`${other}.y`)))};`);
  });
  lines.add(`${to} = ${element.stored(total)};`);
  return draft.finish();
}
