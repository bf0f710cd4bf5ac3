import type { DType, HostArray, RoutineKernel, View } from '@flambeau/backend';
import type { Run } from '../generator/generate-loop.ts';
import { instantiate } from '../generator/instantiate.ts';
import { elementPrelude, readSource, writeSource } from './elements.ts';
import { strideAlong, walkLines } from './lines.ts';

/** Scatters one line of the source; `stride` moves in the target with the line, `dimStride` along the scattered axis. */
type ScatterLine = (
  positions: HostArray,
  position: number,
  positionStride: number,
  source: HostArray,
  from: number,
  fromStride: number,
  target: HostArray,
  to: number,
  stride: number,
  dimStride: number,
  extent: number,
  count: number,
) => void;

function combineSource(reduce: string, dtype: DType): string {
  if (reduce === 'set') return 'value';
  if (reduce === 'sum') return 'old + value';
  if (reduce === 'prod') return dtype === 'int32' ? 'Math.imul(old, value)' : 'old * value';
  if (dtype === 'int64') return `old ${reduce === 'max' ? '>' : '<'} value ? old : value`;
  return `Math.${reduce}(old, value)`;
}

function scatterLine(dtype: DType, reduce: string): ScatterLine {
  return instantiate<ScatterLine>(
    [
      elementPrelude(dtype),
      'return function scatterLine(positions, position, positionStride, source, from, fromStride, target, to, stride, dimStride, extent, count) {',
      'for (let i = 0; i < count; i++) {',
      'const at = positions[position];',
      'if (at >>> 0 < extent) {',
      'const place = to + Math.imul(at, dimStride) | 0;',
      `const value = ${readSource(dtype, 'source', 'from')};`,
      reduce === 'set' ? '' : `const old = ${readSource(dtype, 'target', 'place')};`,
      writeSource(dtype, 'target', 'place', combineSource(reduce, dtype)),
      '}',
      'position = position + positionStride | 0;',
      'from = from + fromStride | 0;',
      'to = to + stride | 0;',
      '}',
      '};',
    ].join('\n'),
  );
}

/** Writes or adds elements of the source where the index says, in row-major order. */
export function scatter({ outputs, attributes }: RoutineKernel): Run {
  const dim = attributes.dim as number;
  const line = scatterLine(outputs[0] as DType, attributes.reduce as string);
  return (buffers, launch) => {
    const [index, from, to] = launch.views as readonly [View, View, View];
    const [positions, source, target] = buffers.map((buffer) => buffer.data) as [HostArray, HostArray, HostArray];
    const last = index.shape.length - 1;
    // Along the scattered axis itself the target does not move: the index alone says where.
    const moving = { ...to, strides: to.strides.with(dim, 0) };
    walkLines(index.shape, last, [index, from, moving], ({ offsets }) => {
      const [position, start, place] = offsets as unknown as [number, number, number];
      line(
        positions,
        position,
        strideAlong(index, last),
        source,
        start,
        strideAlong(from, last),
        target,
        place,
        strideAlong(moving, last),
        strideAlong(to, dim),
        to.shape[dim] as number,
        index.shape[last] as number,
      );
    });
  };
}
