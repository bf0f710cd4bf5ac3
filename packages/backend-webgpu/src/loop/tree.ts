import type { Context } from './context.ts';
import { Accumulator, type Fold } from './fold.ts';

/** Lanes from which on a tree has more barriers than subgroups need. */
const FEWEST = 64;

/** Invocations that fold what subgroups have. */
const SHARES = 16;

/**
 * Folds what the lanes of each row hold, in workgroup memory: all lanes get the result.
 *
 * @param parts - What this lane holds, for each of the elements side by side.
 * @param isFirst - Whether nobody used the workgroup's memory before.
 */
export function foldLanes(
  context: Context,
  fold: Fold,
  parts: readonly (readonly string[])[],
  isFirst: boolean,
): string[][] {
  const { lines, variant } = context;
  const { rows, lanes, lanesFirst } = variant;
  const memories = parts.map((each, component) =>
    each.map((_, part) => declare(context, component * each.length + part, fold.types[part] as string)),
  );
  if (!isFirst) lines.add('workgroupBarrier();');
  if (context.limits.subgroups && rows === 1 && lanes >= FEWEST && fold.inSubgroup) {
    return foldSubgroups(context, fold, fold.inSubgroup, parts, memories);
  }
  parts.forEach((each, component) => {
    each.forEach((text, part) => {
      lines.add(`${memories[component]?.[part]}[local] = ${text};`);
    });
  });
  const apart = lanesFirst ? 1 : rows;
  const halves = lines.var('i32', `${lanes / 2}`);
  lines.block(`for (; ${halves} > 0; ${halves} >>= 1u)`, () => {
    lines.add('workgroupBarrier();');
    lines.block(`if (lane < ${halves})`, () => {
      const other = lines.let(`local + ${halves}${apart > 1 ? ` * ${apart}` : ''}`);
      for (const names of memories) {
        const mine = names.map((name) => lines.let(`${name}[local]`));
        const theirs = names.map((name) => lines.let(`${name}[${other}]`));
        fold.combine(mine, theirs).forEach((text, part) => {
          lines.add(`${names[part]}[local] = ${text};`);
        });
      }
    });
  });
  lines.add('workgroupBarrier();');
  const first = lines.let(lanesFirst ? 'local - lane' : 'slot');
  return memories.map((names) => names.map((name) => lines.let(`${name}[${first}]`)));
}

/**
 * Folds subgroups by their own operations, then what each has, in order: nothing is known of a subgroup's size, nor which invocations
 * are one.
 */
function foldSubgroups(
  context: Context,
  fold: Fold,
  inSubgroup: NonNullable<Fold['inSubgroup']>,
  parts: readonly (readonly string[])[],
  memories: readonly (readonly string[])[],
): string[][] {
  const { lines, variant } = context;
  context.usesSubgroups = true;
  const share = variant.lanes / SHARES;
  const leads = lines.let('subgroupElect()');
  memories.forEach((names, component) => {
    const folded = inSubgroup(parts[component] as readonly string[]).map((text) => lines.let(text));
    names.forEach((name, part) => {
      lines.add(`${name}[local] = select(${fold.identity[part]}, ${folded[part]}, ${leads});`);
    });
  });
  const foldSlots = (names: readonly string[], first: string, step: number, count: number): readonly string[] => {
    const sum = new Accumulator(context, fold);
    const slot = lines.var('i32', first);
    const end = lines.let(`${slot} + ${step * count}`);
    lines.block(`for (; ${slot} < ${end}; ${slot} += ${step})`, () =>
      sum.take(names.map((name) => lines.let(`${name}[${slot}]`))),
    );
    return sum.names;
  };
  lines.add('workgroupBarrier();');
  lines.block(`if (local < ${SHARES})`, () => {
    for (const names of memories) {
      foldSlots(names, `local * ${share}`, 1, share).forEach((text, part) => {
        lines.add(`${names[part]}[local * ${share}] = ${text};`);
      });
    }
  });
  lines.add('workgroupBarrier();');
  return memories.map((names) => [...foldSlots(names, '0', share, SHARES)]);
}

function declare({ declarations, variant }: Context, number: number, type: string): string {
  const name = `lanes_${type}_${number}`;
  declarations.set(name, `var<workgroup> ${name}: array<${type}, ${variant.rows * variant.lanes}>;\n`);
  return name;
}
