import { stageAccesses } from '@flambeau/backend';
import type { Context } from './context.ts';
import { enterAxis, type Place } from './place.ts';
import type { LoopSize } from './variant.ts';

/** Steps of an invocation after which a sum starts anew. */
export const BLOCK = 128;

/** What an invocation of a workgroup is. */
export interface Invocation {
  /** Which lane of its row; absent with one lane. */
  readonly lane?: string | undefined;
  /** Which chunk of its row; absent without chunks. */
  readonly chunk?: string | undefined;
}

/**
 * Writes the loops over a stage's inner axes, as far as they belong to one invocation.
 *
 * @param visit - Writes the innermost body, for so many elements side by side along the last axis.
 * @param inBlock - Writes what surrounds a block of steps.
 */
export function walkInner(
  context: Context,
  invocation: Invocation,
  s: number,
  start: Place,
  visit: (place: Place, width: number) => void,
  inBlock?: (body: () => void) => void,
): void {
  const { lines, variant, numbers, kernel } = context;
  const { width, along, lanes } = variant;
  const axes = variant.loops[s] as readonly number[];
  const accesses = stageAccesses(kernel.stages[s] as (typeof kernel.stages)[number]);
  const loop = (from: string, to: string, step: number, body: (index: string) => void): void => {
    const index = lines.var('i32', from);
    lines.block(`for (; ${index} < ${to}; ${index} += ${step})`, () => body(index));
  };
  const steps = (size: LoopSize, from: string, to: string, step: number, body: (index: string) => void): void => {
    if (!inBlock || size !== 'long') {
      loop(from, to, step, body);
      return;
    }
    loop(from, to, BLOCK * step, (first) => {
      inBlock(() => {
        const last = lines.let(`min(${to}, ${first} + ${BLOCK * step})`);
        loop(first, last, step, body);
      });
    });
  };
  const level = (depth: number, place: Place): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      visit(place, 1);
      return;
    }
    const isLast = depth === axes.length - 1;
    const size = variant.sizes[s]?.[depth] as LoopSize;
    if (typeof size === 'number') {
      for (let index = 0; index < size; index++) {
        const inside = enterAxis(context, place, accesses, axis, index);
        if (isLast) visit(inside, 1);
        else level(depth + 1, inside);
      }
      return;
    }
    const isWide = isLast && along === 'inner' && width > 1;
    let from = '0';
    let to = context.extent(s, axis);
    if (invocation.chunk && variant.cuts[s] === axis) {
      from = lines.let(`${invocation.chunk} * ${numbers.chunk(s)}`);
      // The last chunks may be empty.
      to = lines.let(`max(${from}, min(${to}, ${from} + ${numbers.chunk(s)}))`);
    }
    const each = isWide ? width : 1;
    const end = isWide && !variant.even ? lines.let(`${to} & -${width}`) : to;
    const lane = isLast ? invocation.lane : undefined;
    const first = lane ? lines.let(`${from} + ${lane}${each > 1 ? ` * ${each}` : ''}`) : from;
    steps(size, first, end, lane ? lanes * each : each, (index) => {
      const inside = enterAxis(context, place, accesses, axis, index);
      if (isLast) visit(inside, each);
      else level(depth + 1, inside);
    });
    if (!isWide || variant.even) return;
    // The rest is one lane's, so that no two invocations write one vector.
    const rest = (): void => loop(end, to, 1, (index) => visit(enterAxis(context, place, accesses, axis, index), 1));
    if (lane) lines.block(`if (${lane} == 0)`, rest);
    else rest();
  };
  // What was loaded for another stage may stand in another block.
  level(0, { ...start, shared: new Map() });
}
