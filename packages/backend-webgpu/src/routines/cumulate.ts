import type { DType, RoutineKernel, View } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import type { GpuBuffer, Recorder, Run } from '../runtime/recorder.ts';
import { sharing } from '../shader.ts';
import { type CumulateOp, type CumulateVariant, cumulateShader, totalDType } from './cumulate-shaders.ts';
import { enqueue, Programs } from './draft.ts';
import { denseWalk, planWalk, type Walk, walkNumbers } from './walk.ts';

/** Elements of a chunk, or 0 where a line had better be walked by one invocation. */
function chunkSize({ length, lines }: Walk, { software }: DeviceLimits): number {
  if (software) return length <= 256 || lines >= 32 ? 0 : Math.max(64, 4 * Math.ceil((length * lines) / 4096));
  return length <= 128 || lines >= 32768 ? 0 : 64;
}

/** Whether lines can be read and written four elements at a time. */
function isWidenable(dtype: DType, { offsets, steps, strides }: Walk, { software }: DeviceLimits): boolean {
  if (!software || dtype !== totalDType(dtype) || !steps.every((step) => step === 1)) return false;
  return [offsets, ...strides].every((distances) => distances.every((distance) => distance % 4 === 0));
}

/** Cumulates lines of x into out, which may be the same elements. */
export function cumulateLines(
  recorder: Recorder,
  programs: Programs,
  dtype: DType,
  op: CumulateOp,
  walk: Walk,
  buffers: readonly GpuBuffer[],
): void {
  const isWide = isWidenable(dtype, walk, recorder.limits);
  const enqueuePass = (
    pass: CumulateVariant['pass'],
    units: number,
    more: readonly GpuBuffer[],
    own: readonly number[],
  ): void => {
    const operands = pass === 'totals' ? 1 : 2;
    const touched = buffers.slice(0, operands);
    const shared = sharing(touched);
    const rank = walk.extents.length;
    const program = programs.get(`${pass} ${dtype} ${rank} ${shared} ${isWide}`, (limits) =>
      cumulateShader({ pass, dtype, op, rank, shared, isWide }, limits),
    );
    const bound = [...touched.filter((_, i) => shared[i] === i), ...more];
    enqueue(recorder, program, bound, units, [...walkNumbers(walk, operands), ...own]);
  };
  const size = chunkSize(walk, recorder.limits);
  if (!size) {
    enqueuePass('whole', walk.lines, [], []);
    return;
  }
  const chunks = Math.ceil(walk.length / size);
  const totals = recorder.borrow(4 * walk.lines * chunks);
  const units = walk.lines * chunks;
  enqueuePass('totals', units, [totals], [size, chunks]);
  cumulateLines(recorder, programs, totalDType(dtype), op, denseWalk(walk.lines, chunks, 2), [totals, totals]);
  enqueuePass('apply', units, [totals], [size, chunks]);
}

/** Running sums or products along an axis. */
export function cumulate(kernel: RoutineKernel, recorder: Recorder): Run {
  const { inputs, attributes } = kernel;
  const programs = new Programs(kernel, recorder);
  const [dtype] = inputs as readonly [DType];
  const dim = attributes.dim as number;
  const op = attributes.op as CumulateOp;
  return (buffers, { views }) => {
    const { shape } = views[0] as View;
    if (!shape.includes(0)) cumulateLines(recorder, programs, dtype, op, planWalk(shape, dim, views, 0), buffers);
  };
}
