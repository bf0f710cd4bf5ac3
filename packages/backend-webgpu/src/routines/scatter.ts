import type { DType, RoutineKernel, View } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import type { GpuBuffer, Recorder, Run } from '../runtime/recorder.ts';
import { sharing } from '../shader.ts';
import { enqueue, Programs } from './draft.ts';
import { isScatterWidenable, type Reduce, scatterLinesShader, scatterSortedShader } from './scatter-shaders.ts';
import { RECORD_BYTES, sortLines } from './sort.ts';
import { planWalk, type Walk, walkNumbers } from './walk.ts';

/** The lines of the index that differ, and the walk over sorted records of them, source and target. */
interface SortedWalk {
  readonly index: Walk;
  readonly fold: Walk;
}

/** Lines among which an axis only repeats the index have their records in common. */
function sortedWalk(walk: Walk): SortedWalk {
  const own = walk.strides[0] as readonly number[];
  const axes = own.map((_, axis) => axis).filter((axis) => own[axis] !== 0);
  const extents = axes.map((axis) => walk.extents[axis] as number);
  const records = new Array<number>(own.length).fill(0);
  let lines = 1;
  for (const axis of axes.toReversed()) {
    records[axis] = lines * walk.length;
    lines *= walk.extents[axis] as number;
  }
  const [, ...offsets] = walk.offsets;
  const [, ...steps] = walk.steps;
  const [, ...strides] = walk.strides;
  return {
    index: { ...walk, lines, extents, strides: [axes.map((axis) => own[axis] as number)] },
    fold: { ...walk, offsets: [0, ...offsets], steps: [1, ...steps], strides: [records, ...strides] },
  };
}

/** The same walk in vectors of four neighbours, whose index is one, where all lie at multiples of four. */
function wideWalk(walk: Walk): Walk | null {
  const last = walk.extents.length - 1;
  const [index, ...moved] = walk.strides as readonly [readonly number[], ...(readonly number[])[]];
  if (last < 0 || index[last] !== 0 || !moved.every((strides) => strides[last] === 1)) return null;
  const distances = [walk.extents[last] as number, ...walk.offsets.slice(1), ...walk.steps.slice(1)];
  for (const strides of moved) distances.push(...strides.slice(0, last));
  if (distances.some((distance) => distance % 4 !== 0)) return null;
  const quarter = (numbers: readonly number[]): number[] => numbers.map((number, k) => (k ? number / 4 : number));
  return {
    length: walk.length,
    lines: walk.lines / 4,
    extents: walk.extents.with(last, (walk.extents[last] as number) / 4),
    offsets: quarter(walk.offsets),
    steps: quarter(walk.steps),
    strides: [index, ...moved.map((strides) => strides.map((stride, axis) => (axis === last ? stride : stride / 4)))],
  };
}

/** Whether sorting the index first is better than walking each line in one invocation: the device has more threads than lines. */
function isSortingBetter({ length, lines }: Walk, { index }: SortedWalk, limits: DeviceLimits): boolean {
  if (limits.software || length <= 64 || RECORD_BYTES * index.lines * length > limits.bindingBytes) return false;
  return lines < 32768 || index.lines === 1;
}

/** Writes or combines elements of the source where the index says; an index outside the axis is ignored. */
export function scatter(kernel: RoutineKernel, recorder: Recorder): Run {
  const { outputs, attributes } = kernel;
  const programs = new Programs(kernel, recorder);
  const [dtype] = outputs as readonly [DType];
  const dim = attributes.dim as number;
  const reduce = attributes.reduce as Reduce;
  return (buffers, { views }) => {
    const { shape } = views[0] as View;
    if (shape.includes(0)) return;
    const extent = (views[2] as View).shape[dim] as number;
    const walk = planWalk(shape, dim, views, 1);
    const sorted = sortedWalk(walk);
    const rank = walk.extents.length;
    if (!isSortingBetter(walk, sorted, recorder.limits)) {
      const shared = sharing(buffers);
      const variant = { dtype, reduce, rank, shared };
      const mayWiden = recorder.limits.software && isScatterWidenable(variant) && shared[1] === 1 && shared[2] !== 0;
      const wide = mayWiden ? wideWalk(walk) : null;
      const program = programs.get(`lines ${rank} ${shared} ${wide !== null}`, (limits) =>
        scatterLinesShader(variant, wide !== null, limits),
      );
      const bound = buffers.filter((_, i) => shared[i] === i);
      enqueue(recorder, program, bound, (wide ?? walk).lines, [...walkNumbers(wide ?? walk), extent]);
      return;
    }
    const [index, ...moved] = buffers as readonly [GpuBuffer, ...GpuBuffer[]];
    const records = sortLines(recorder, programs, { dtype: 'int32', descending: false }, sorted.index, [
      index,
    ]) as GpuBuffer;
    const shared = sharing(moved);
    const variant = { dtype, reduce, rank, shared };
    const program = programs.get(`sorted ${rank} ${shared}`, (limits) => scatterSortedShader(variant, limits));
    const bound = [...moved.filter((_, i) => shared[i] === i), records];
    enqueue(recorder, program, bound, walk.lines * walk.length, [...walkNumbers(sorted.fold), extent]);
  };
}
