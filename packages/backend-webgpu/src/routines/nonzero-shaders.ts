import { type DType, isFloat } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { Bindings, type Shader, storageType } from '../shader.ts';
import { fromStorage } from '../wgsl/scalar.ts';
import { Draft } from './draft.ts';

/** Elements of a chunk: as many as a word has bits. */
export const CHUNK = 32;

/** Splits a row-major number (a `u32`) into coordinates (`i32`); the launch numbers of sizes are `size1` and on. */
function split(draft: Draft, flat: string, rank: number): string[] {
  const { lines, parameters } = draft;
  const coordinates: string[] = [];
  let rest = flat;
  for (let axis = rank - 1; axis > 0; axis--) {
    const size = lines.let(`u32(${parameters.ref(`size${axis}`)})`);
    coordinates[axis] = lines.let(`i32(${rest} % ${size})`);
    rest = lines.let(`${rest} / ${size}`);
  }
  if (rank) coordinates[0] = lines.let(`i32(${rest})`);
  return coordinates;
}

/**
 * Each invocation marks, in the bits of a word, which of the elements of its chunk are not zero, and counts them.
 *
 * @param rank - Of x.
 * @param isWide - Elements lie one behind the other from a multiple of four, and are read four at a time.
 */
export function nonzeroMarkShader(dtype: DType, rank: number, isWide: boolean, limits: DeviceLimits): Shader {
  const bindings = new Bindings([dtype], 1, limits);
  bindings.add('marks', 'write', 'u32');
  bindings.add('counts', 'write', 'i32');
  const draft = new Draft(bindings, limits);
  const { lines } = draft;
  const [count, offset] = [draft.number('count'), draft.number('offset')];
  for (let axis = 1; axis < rank; axis++) draft.number(`size${axis}`);
  const strides = Array.from({ length: rank }, (_, axis) => draft.number(`stride${axis}`));
  const first = lines.let(`i32(unit) * ${CHUNK}`);
  const until = lines.let(`min(${CHUNK}, ${count} - ${first})`);
  const marks = lines.var('u32', '0u');
  // By their bits, as devices may take what is not a normal number for zero.
  const bits = (element: string, type: string): string =>
    isFloat(dtype)
      ? lines.let(`bitcast<${type}>(${fromStorage(element, dtype, limits)}) & ${type}(0x7fffffffu)`)
      : lines.let(`bitcast<${type}>(${element})`);
  if (isWide) {
    draft.types.set('in0', `vec4<${storageType(dtype, limits)}>`);
    const start = lines.let(`(${offset} + ${first}) / 4`);
    lines.block(`for (var i = 0; i < ${CHUNK / 4}; i++)`, () => {
      const values = bits(`in0[${start} + i]`, 'vec4<u32>');
      const four = lines.let(`select(vec4<u32>(), vec4<u32>(1u, 2u, 4u, 8u), ${values} != vec4<u32>())`);
      lines.add(`${marks} |= (${four}.x | ${four}.y | ${four}.z | ${four}.w) << u32(4 * i);`);
    });
    lines.add(`if (${until} < ${CHUNK}) { ${marks} &= (1u << u32(${until})) - 1u; }`);
  } else {
    lines.block(`for (var i = 0; i < ${until}; i++)`, () => {
      const coordinates = split(draft, lines.let(`u32(${first} + i)`), rank);
      const terms = coordinates.map((at, axis) => ` + ${at} * ${strides[axis]}`);
      const value = bits(`in0[${offset}${terms.join('')}]`, 'u32');
      lines.add(`${marks} |= select(0u, 1u, ${value} != 0u) << u32(i);`);
    });
  }
  lines.add(`marks[unit] = ${marks};`);
  lines.add(`counts[unit] = i32(countOneBits(${marks}));`);
  return draft.finish();
}

/** How places are listed: the rank of x, whether there is room for any, and which of coordinates and count are one buffer. */
export interface NonzeroListVariant {
  readonly rank: number;
  readonly lists: boolean;
  readonly shared: readonly number[];
}

/** Each invocation lists the places of its chunk, behind those of the chunks before it; the first one writes their number. */
export function nonzeroListShader({ rank, lists, shared }: NonzeroListVariant, limits: DeviceLimits): Shader {
  const bindings = new Bindings(lists ? ['int32', 'int32'] : ['int32'], 0, limits, shared);
  bindings.add('totals', 'read', 'i32');
  if (lists) bindings.add('marks', 'read', 'u32');
  const draft = new Draft(bindings, limits);
  const { lines } = draft;
  const [chunks, countAt] = [draft.number('chunks'), draft.number('countAt')];
  lines.block('if (unit == 0u)', () => {
    const found = lines.var('i32', '0');
    lines.block(`if (${chunks} > 0)`, () => lines.add(`${found} = totals[${chunks} - 1];`));
    lines.add(`${bindings.name(lists ? 1 : 0)}[${countAt}] = ${found};`);
  });
  if (!lists) return draft.finish();
  const [capacity, offset] = [draft.number('capacity'), draft.number('offset')];
  const [rowStride, axisStride] = [draft.number('rowStride'), draft.number('axisStride')];
  for (let axis = 1; axis < rank; axis++) draft.number(`size${axis}`);
  lines.add(`if (i32(unit) >= ${chunks}) { return; }`);
  const row = lines.var('i32', '0');
  lines.block('if (unit > 0u)', () => lines.add(`${row} = totals[unit - 1u];`));
  const marks = lines.var('u32', 'marks[unit]');
  lines.block(`while (${marks} != 0u && ${row} < ${capacity})`, () => {
    const flat = lines.let(`unit * ${CHUNK}u + firstTrailingBit(${marks})`);
    split(draft, flat, rank).forEach((at, axis) => {
      lines.add(`${bindings.name(0)}[${offset} + ${row} * ${rowStride} + ${axis} * ${axisStride}] = ${at};`);
    });
    lines.add(`${marks} &= ${marks} - 1u;`);
    lines.add(`${row}++;`);
  });
  return draft.finish();
}
