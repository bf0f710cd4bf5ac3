import type { DType, RoutineKernel, View } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import type { GpuBuffer, Recorder, Run } from '../runtime/recorder.ts';
import { sharing } from '../shader.ts';
import { enqueue, Programs } from './draft.ts';
import { BLOCK, RUN, type SortVariant, sortBlocksShader, sortMergeShader, sortRunsShader } from './sort-shaders.ts';
import { planWalk, type Walk, walkNumbers } from './walk.ts';

/** Memory for a key and a position (bytes). */
export const RECORD_BYTES = 8;
/** Records that are held at a time, if one line does not need more (bytes). */
const ROOM = 2 ** 26;

/** Elements of a merge that one invocation takes: on real devices one, so that neighbours write neighbours. */
function taken(limits: DeviceLimits): number {
  return limits.software ? 32 : 1;
}

/**
 * Sorts lines in passes that need no barriers between workgroups.
 *
 * @param walk - Of lines from `firstLine` on; over x, and where the routine's outputs are written over values and positions too.
 * @param buffers - x, values and positions; without values and positions the records are given back in borrowed memory.
 */
export function sortLines(
  recorder: Recorder,
  programs: Programs,
  { dtype, descending }: { readonly dtype: DType; readonly descending: boolean },
  walk: Walk,
  buffers: readonly GpuBuffer[],
  firstLine = 0,
): GpuBuffer | null {
  const { limits } = recorder;
  const { length, lines } = walk;
  const inBlocks = !limits.software && length > 4 * RUN;
  const first = inBlocks ? BLOCK : RUN;
  const merges = Math.max(0, Math.ceil(Math.log2(length / first)));
  const bytes = RECORD_BYTES * lines * length;
  const take = taken(limits);
  let from: GpuBuffer | null = null;
  const spare: GpuBuffer[] = [];
  for (let pass = 0; pass <= merges; pass++) {
    const operands = pass === merges && buffers.length > 1 ? 3 : pass === 0 ? 1 : 0;
    const target: GpuBuffer | null = operands === 3 ? null : (spare.pop() ?? recorder.borrow(bytes));
    const touched = buffers.slice(0, operands);
    const shared = sharing(touched);
    const bound = touched.filter((_, i) => shared[i] === i);
    if (target) bound.push(target);
    if (from) bound.push(from);
    const rank = operands ? walk.extents.length : 0;
    const variant: SortVariant = { dtype, descending, rank, operands, shared };
    const key = `${operands} ${rank} ${shared} ${dtype} ${descending}`;
    const numbers = [...walkNumbers(walk, operands), firstLine];
    if (pass === 0) {
      const perLine = Math.ceil(length / first);
      const make = inBlocks ? sortBlocksShader : sortRunsShader;
      const program = programs.get(`${inBlocks ? 'blocks' : 'runs'} ${key}`, () => make(variant, limits));
      enqueue(recorder, program, bound, lines * perLine, [...numbers, perLine], inBlocks ? 1 : undefined);
    } else {
      const perLine = Math.ceil(length / take);
      const run = first * 2 ** (pass - 1);
      const program = programs.get(`merge ${key}`, () => sortMergeShader(variant, limits));
      enqueue(recorder, program, bound, lines * perLine, [...numbers, perLine, run, take]);
    }
    if (from) spare.push(from);
    from = target;
  }
  for (const buffer of spare) recorder.release(buffer);
  return from;
}

/** Sorts along an axis; equal elements keep their order, and NaN is the largest. */
export function sort(kernel: RoutineKernel, recorder: Recorder): Run {
  const { inputs, attributes } = kernel;
  const programs = new Programs(kernel, recorder);
  const [dtype] = inputs as readonly [DType];
  const dim = attributes.dim as number;
  const descending = attributes.descending as boolean;
  return (buffers, { views }) => {
    const { shape } = views[0] as View;
    if (shape.includes(0)) return;
    const walk = planWalk(shape, dim, views, 0);
    const most = Math.max(1, Math.floor(ROOM / (RECORD_BYTES * walk.length)));
    for (let first = 0; first < walk.lines; first += most) {
      const lines = Math.min(most, walk.lines - first);
      sortLines(recorder, programs, { dtype, descending }, { ...walk, lines }, buffers, first);
    }
  };
}
