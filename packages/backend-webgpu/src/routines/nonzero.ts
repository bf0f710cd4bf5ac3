import { type DType, numel, type RoutineKernel, reshapeView, type View } from '@flambeau/backend';
import type { GpuBuffer, Recorder, Run } from '../runtime/recorder.ts';
import { sharing, storageType } from '../shader.ts';
import { cumulateLines } from './cumulate.ts';
import { enqueue, Programs } from './draft.ts';
import { CHUNK, nonzeroListShader, nonzeroMarkShader } from './nonzero-shaders.ts';
import { denseWalk } from './walk.ts';

/** Lists the places of what is not zero: marks and counts them by chunks, sums up the counts, and writes. */
export function nonzero(kernel: RoutineKernel, recorder: Recorder): Run {
  const programs = new Programs(kernel, recorder);
  const [dtype] = kernel.inputs as readonly [DType];
  return (buffers, { views }) => {
    const [x, coordinates, count] = views as readonly [View, View, View];
    const [input, ...outputs] = buffers as readonly [GpuBuffer, ...GpuBuffer[]];
    const elements = numel(x.shape);
    const chunks = Math.ceil(elements / CHUNK);
    const marks = recorder.borrow(4 * Math.max(1, chunks));
    const totals = recorder.borrow(4 * Math.max(1, chunks));
    if (chunks) {
      const read = reshapeView(x, [elements]) ?? x;
      const rank = read.shape.length;
      const isDense = rank === 1 && read.strides[0] === 1 && read.offset % 4 === 0;
      const isWide = isDense && storageType(dtype, recorder.limits) !== 'f16';
      const program = programs.get(`mark ${rank} ${isWide}`, (limits) =>
        nonzeroMarkShader(dtype, rank, isWide, limits),
      );
      const numbers = [elements, read.offset, ...read.shape.slice(1), ...read.strides];
      enqueue(recorder, program, [input, marks, totals], chunks, numbers);
      cumulateLines(recorder, programs, 'int32', 'sum', denseWalk(1, chunks, 2), [totals, totals]);
    }
    const rank = x.shape.length;
    const lists = chunks > 0 && numel(coordinates.shape) > 0;
    const written = lists ? outputs : outputs.slice(1);
    const shared = sharing(written);
    const program = programs.get(`list ${rank} ${shared}`, (limits) =>
      nonzeroListShader({ rank, lists, shared }, limits),
    );
    const bound = [...written.filter((_, i) => shared[i] === i), totals];
    const numbers = [chunks, count.offset];
    if (lists) {
      bound.push(marks);
      const [rowStride, axisStride] = coordinates.strides as readonly [number, number];
      numbers.push(coordinates.shape[0] as number, coordinates.offset, rowStride, axisStride, ...x.shape.slice(1));
    }
    enqueue(recorder, program, bound, lists ? chunks : 1, numbers);
  };
}
