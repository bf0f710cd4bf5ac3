import { type DType, isFloat, type RoutineKernel, type View } from '@flambeau/backend';
import type { Run } from '../generator/generate-loop.ts';
import { lineCopy, makeValues, type Values } from './elements.ts';
import { strideAlong, walkLines } from './lines.ts';

/** Replaces each value by the sum (or product) of all up to it; floats accumulate in float64, integers wrap. */
function accumulate(line: Values, dtype: DType, product: boolean): void {
  if (line instanceof BigInt64Array) {
    let total = product ? 1n : 0n;
    for (let i = 0; i < line.length; i++) {
      const value = line[i] as bigint;
      total = BigInt.asIntN(64, product ? total * value : total + value);
      line[i] = total;
    }
    return;
  }
  if (isFloat(dtype)) {
    let total = product ? 1 : 0;
    for (let i = 0; i < line.length; i++) {
      const value = line[i] as number;
      total = product ? total * value : total + value;
      line[i] = total;
    }
    return;
  }
  let total = product ? 1 : 0;
  for (let i = 0; i < line.length; i++) {
    const value = line[i] as number;
    total = product ? Math.imul(total, value) : (total + value) | 0;
    line[i] = total;
  }
}

/** Running sums or products along `dim`. */
export function cumulate({ inputs, attributes }: RoutineKernel): Run {
  const dim = attributes.dim as number;
  const product = attributes.op === 'prod';
  const dtype = inputs[0] as DType;
  const copy = lineCopy(dtype);
  return (buffers, launch) => {
    const views = launch.views as readonly [View, View];
    const [x, out] = views;
    const [source, target] = buffers.map((buffer) => buffer.data);
    const count = x.shape[dim] ?? 1;
    const line = makeValues(dtype, count);
    walkLines(x.shape, dim, views, ({ offsets }) => {
      copy.read(source as Float32Array, offsets[0] as number, strideAlong(x, dim), count, line);
      accumulate(line, dtype, product);
      copy.write(target as Float32Array, offsets[1] as number, strideAlong(out, dim), count, line);
    });
  };
}
