import { type DType, isFloat } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { Bindings, type Shader } from '../shader.ts';
import { fromStorage } from '../wgsl/scalar.ts';
import { Draft } from './draft.ts';
import { WalkCode } from './walk.ts';

/** What a pass of a sort reads and writes. */
export interface SortVariant {
  readonly dtype: DType;
  readonly descending: boolean;
  /** Axes beside the line. */
  readonly rank: number;
  /**
   * Of x, values and positions, those that are touched: all by the last pass, which writes the outputs; others write records,
   * a key and the position in its line, line after line.
   */
  readonly operands: 0 | 1 | 3;
  /** Which of them are one buffer. */
  readonly shared: readonly number[];
}

/** Elements that one invocation sorts by itself. */
export const RUN = 16;
/** Elements that one workgroup sorts in its memory. */
export const BLOCK = 256;

const RECORD = 'vec2<u32>';

/** A `u32` that orders as the elements do: -0 counts as 0, and every NaN as the largest. */
function emitKey({ lines, limits }: Draft, element: string, { dtype, descending }: SortVariant): string {
  const turned = (key: string): string => (descending ? `~(${key})` : key);
  if (!isFloat(dtype)) return lines.let(turned(`bitcast<u32>(${element}) ^ 0x80000000u`));
  const bits = lines.let(`bitcast<u32>(${fromStorage(element, dtype, limits)})`);
  const magnitude = lines.let(`${bits} & 0x7fffffffu`);
  const one = lines.let(`select(${bits}, 0u, ${magnitude} == 0u)`);
  const key = lines.let(`${one} ^ (bitcast<u32>(bitcast<i32>(${one}) >> 31u) | 0x80000000u)`);
  return lines.let(turned(`select(${key}, 0xffffffffu, ${magnitude} > 0x7f800000u)`));
}

/** Where a pass finds elements and puts records. */
class SortCode {
  readonly draft: Draft;
  readonly walk: WalkCode;
  readonly #variant: SortVariant;
  readonly #names: readonly string[];
  #starts: readonly string[] = [];
  readonly #firstLine: string;
  #record = '';

  constructor(variant: SortVariant, limits: DeviceLimits, more: (bindings: Bindings) => void = () => {}) {
    const { dtype, operands } = variant;
    const dtypes = ([dtype, dtype, 'int32'] as const).slice(0, operands);
    const bindings = new Bindings(dtypes, 1, limits, variant.shared);
    if (operands < 3) bindings.add('sorted', 'write', RECORD);
    more(bindings);
    this.#variant = variant;
    this.#names = dtypes.map((_, i) => bindings.name(i));
    this.draft = new Draft(bindings, limits);
    this.walk = new WalkCode(this.draft, variant.rank, dtypes.length);
    this.#firstLine = this.draft.number('firstLine');
  }

  /** Starts a line (a `u32`), by its number among those that have records. */
  enter(line: string): void {
    this.#starts = this.walk.starts(this.draft.lines.let(`${line} + u32(${this.#firstLine})`));
    this.#record = this.draft.lines.let(`i32(${line}) * ${this.walk.length}`);
  }

  #element(k: number, place: string): string {
    return `${this.#names[k]}[${this.walk.at(k, this.#starts[k] as string, place)}]`;
  }

  key(place: string): string {
    return emitKey(this.draft, this.#element(0, place), this.#variant);
  }

  /** Puts a record at its place in the line (both `i32`). */
  put(place: string, key: string, position: string): void {
    const { lines } = this.draft;
    if (this.#variant.operands < 3) {
      lines.add(`sorted[${this.#record} + ${place}] = ${RECORD}(${key}, u32(${position}));`);
      return;
    }
    lines.add(`${this.#element(1, place)} = ${this.#element(0, position)};`);
    lines.add(`${this.#element(2, place)} = ${position};`);
  }
}

/** First pass: each invocation sorts {@link RUN} elements by odd-even transposition, which never swaps equal ones. */
export function sortRunsShader(variant: SortVariant, limits: DeviceLimits): Shader {
  const code = new SortCode(variant, limits);
  const { draft, walk } = code;
  const { lines } = draft;
  const perLine = lines.let(`u32(${draft.number('perLine')})`);
  code.enter(lines.let(`unit / ${perLine}`));
  const first = lines.let(`i32(unit % ${perLine}) * ${RUN}`);
  const slots = Array.from({ length: RUN }, (_, i) => {
    const place = lines.let(`${first} + ${i}`);
    const key = code.key(lines.let(`min(${place}, ${walk.length} - 1)`));
    return {
      key: lines.var('u32', `select(0xffffffffu, ${key}, ${place} < ${walk.length})`),
      position: lines.var('i32', place),
    };
  });
  for (let round = 0; round < RUN; round++) {
    for (let i = round % 2; i + 1 < RUN; i += 2) {
      const [a, b] = [slots[i], slots[i + 1]] as [(typeof slots)[0], (typeof slots)[0]];
      const swaps = lines.let(`${a.key} > ${b.key}`);
      for (const part of ['key', 'position'] as const) {
        const old = lines.let(a[part]);
        lines.add(`${a[part]} = select(${old}, ${b[part]}, ${swaps});`);
        lines.add(`${b[part]} = select(${b[part]}, ${old}, ${swaps});`);
      }
    }
  }
  slots.forEach(({ key, position }, i) => {
    lines.block(`if (${first} + ${i} < ${walk.length})`, () => code.put(`(${first} + ${i})`, key, position));
  });
  return draft.finish();
}

/** First pass where barriers are cheap: each element of a block counts those that come before it. */
export function sortBlocksShader(variant: SortVariant, limits: DeviceLimits): Shader {
  const code = new SortCode(variant, limits);
  const { draft, walk } = code;
  const { lines } = draft;
  const perLine = lines.let(`u32(${draft.number('perLine')})`);
  code.enter(lines.let(`unit / ${perLine}`));
  const first = lines.let(`i32(unit % ${perLine}) * ${BLOCK}`);
  const place = lines.let(`${first} + i32(local)`);
  const key = code.key(lines.let(`min(${place}, ${walk.length} - 1)`));
  lines.add(`keys[local] = ${key};`);
  lines.add('workgroupBarrier();');
  lines.block(`if (${place} < ${walk.length})`, () => {
    const count = lines.let(`u32(min(${BLOCK}, ${walk.length} - ${first}))`);
    const before = lines.var('i32', '0');
    lines.block(`for (var i = 0u; i < ${count}; i++)`, () => {
      const other = lines.let('keys[i]');
      lines.add(`${before} += select(0, 1, ${other} < ${key} || (${other} == ${key} && i < local));`);
    });
    code.put(lines.let(`${first} + ${before}`), key, place);
  });
  return draft.finishGroups(BLOCK, `var<workgroup> keys: array<u32, ${BLOCK}>;\n`);
}

/**
 * Merges neighbouring runs: each invocation finds by binary search how the elements before its own divide between the two runs,
 * and takes the next few.
 */
export function sortMergeShader(variant: SortVariant, limits: DeviceLimits): Shader {
  const code = new SortCode(variant, limits, (bindings) => bindings.add('records', 'read', RECORD));
  const { draft, walk } = code;
  const { lines } = draft;
  const [perLine, run, take] = (['perLine', 'run', 'take'] as const).map((name) => draft.number(name));
  const line = lines.let(`unit / u32(${perLine})`);
  code.enter(line);
  const from = lines.let(`i32(unit % u32(${perLine})) * ${take}`);
  const until = lines.let(`min(${from} + ${take}, ${walk.length})`);
  const pair = lines.let(`i32(u32(${from}) / u32(2 * ${run})) * (2 * ${run})`);
  const a = lines.let(`i32(${line}) * ${walk.length} + ${pair}`);
  const aCount = lines.let(`min(${run}, ${walk.length} - ${pair})`);
  const b = lines.let(`${a} + ${aCount}`);
  const bCount = lines.let(`min(${run}, ${walk.length} - ${pair} - ${aCount})`);
  const before = lines.let(`${from} - ${pair}`);
  const low = lines.var('i32', `max(0, ${before} - ${bCount})`);
  const high = lines.var('i32', `min(${before}, ${aCount})`);
  lines.block(`while (${low} < ${high})`, () => {
    const middle = lines.let(`(${low} + ${high}) >> 1u`);
    const isBefore = lines.let(`records[${a} + ${middle}].x <= records[${b} + ${before} - 1 - ${middle}].x`);
    lines.add(`${low} = select(${low}, ${middle} + 1, ${isBefore});`);
    lines.add(`${high} = select(${middle}, ${high}, ${isBefore});`);
  });
  const fromA = lines.var('i32', low);
  const fromB = lines.var('i32', `${before} - ${low}`);
  const nextA = lines.var(RECORD, `records[${a} + min(${fromA}, ${aCount} - 1)]`);
  const nextB = lines.var(RECORD, `records[${b} + min(${fromB}, ${bCount} - 1)]`);
  lines.block(`for (var place = ${from}; place < ${until}; place++)`, () => {
    const isA = lines.let(`${fromB} >= ${bCount} || (${fromA} < ${aCount} && ${nextA}.x <= ${nextB}.x)`);
    const record = lines.let(`select(${nextB}, ${nextA}, ${isA})`);
    code.put('place', `${record}.x`, `i32(${record}.y)`);
    lines.add(`${fromA} += select(0, 1, ${isA});`);
    lines.add(`${fromB} += select(1, 0, ${isA});`);
    const last = lines.let(`select(${b} + ${bCount}, ${a} + ${aCount}, ${isA}) - 1`);
    const next = lines.let(`records[min(select(${b} + ${fromB}, ${a} + ${fromA}, ${isA}), ${last})]`);
    lines.add(`${nextA} = select(${nextA}, ${next}, ${isA});`);
    lines.add(`${nextB} = select(${next}, ${nextB}, ${isA});`);
  });
  return draft.finish();
}
