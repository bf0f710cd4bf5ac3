import type { DType, HostArray, RoutineKernel, View } from '@flambeau/backend';
import type { Run } from '../generator/generate-loop.ts';
import { instantiate } from '../generator/instantiate.ts';
import { strideAlong, walkLines } from './lines.ts';

/** Lists the positions of one line that are not zero; returns how many there are. */
type FindLine = (source: HostArray, offset: number, stride: number, count: number, hits: Int32Array) => number;

function findLine(dtype: DType): FindLine {
  // A 16-bit float is zero whatever its sign bit says.
  const half = dtype === 'float16' || dtype === 'bfloat16';
  const test = dtype === 'int64' ? '!== 0n' : half ? '& 32767' : '!== 0';
  return instantiate<FindLine>(
    [
      'return function findLine(source, offset, stride, count, hits) {',
      'let found = 0;',
      'for (let i = 0; i < count; i++) {',
      `if (source[offset] ${test}) { hits[found] = i; found++; }`,
      'offset = offset + stride | 0;',
      '}',
      'return found;',
      '};',
    ].join('\n'),
  );
}

/** Coordinates of the elements that are not zero, and their number. */
export function nonzero({ inputs }: RoutineKernel): Run {
  const find = findLine(inputs[0] as DType);
  return (buffers, launch) => {
    const [x, coordinates, countView] = launch.views as readonly [View, View, View];
    const [source, target, count] = buffers.map((buffer) => buffer.data) as [HostArray, Int32Array, Int32Array];
    const last = x.shape.length - 1;
    const length = x.shape[last] ?? 1;
    const hits = new Int32Array(length);
    const capacity = coordinates.shape[0] as number;
    const rowStride = strideAlong(coordinates, 0);
    const axisStride = strideAlong(coordinates, 1);
    let found = 0;
    walkLines(x.shape, last, [x], ({ index, offsets }) => {
      const inLine = find(source, offsets[0] as number, strideAlong(x, last), length, hits);
      const listed = Math.max(0, Math.min(inLine, capacity - found));
      for (let hit = 0; hit < listed; hit++) {
        const row = coordinates.offset + (found + hit) * rowStride;
        for (let axis = 0; axis < last; axis++) target[row + axis * axisStride] = index[axis] as number;
        if (last >= 0) target[row + last * axisStride] = hits[hit] as number;
      }
      found += inLine;
    });
    count[countView.offset] = found;
  };
}
