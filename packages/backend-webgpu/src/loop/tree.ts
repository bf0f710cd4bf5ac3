import type { Context } from './context.ts';
import type { Fold } from './fold.ts';

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

function declare({ declarations, variant }: Context, number: number, type: string): string {
  const name = `lanes_${type}_${number}`;
  declarations.set(name, `var<workgroup> ${name}: array<${type}, ${variant.rows * variant.lanes}>;\n`);
  return name;
}
