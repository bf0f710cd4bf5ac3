import { type DType, dtypes, numel, type RoutineKernel, type View } from '@flambeau/backend';
import { type FunctionBuilder, type I32, i32, type Local, type ModuleBuilder } from '../assembler/index.ts';
import type { Run, Runtime } from '../runtime/runtime.ts';
import { element } from './element.ts';
import { lazily, makeProgram } from './program.ts';
import { times } from './walk.ts';

/** Elements that are searched before the places found are listed. */
const BLOCK = 4096;

/** Launch numbers, in order (words); after them each axis but the last, innermost first: extent, stride (bytes). */
const numbers = [
  'x',
  'stride',
  'extent',
  'lines',
  'rank',
  'capacity',
  'coordinates',
  'rowStride',
  'axisStride',
  'lastColumn',
  'listed',
  'count',
] as const;
type Numbers = Readonly<Record<(typeof numbers)[number], number>>;

/**
 * One unit of work: line by line along the last axis, positions of what is not zero are gathered in scratch memory and listed,
 * column by column. The index of the line is in scratch memory behind them.
 */
function nonzeroBody(f: FunctionBuilder, module: ModuleBuilder, dtype: DType): void {
  const { isSet } = element(dtype, module);
  const parameters = f.parameter(0, 'i32');
  const hits = f.parameter(1, 'i32');
  const number = (name: keyof Numbers): I32 => i32.load(parameters, 4 * numbers.indexOf(name));
  const axes = f.local('i32', i32.add(parameters, i32.const(4 * numbers.length)));
  const odometer = f.local('i32', i32.add(hits, i32.const(4 * BLOCK)));
  const line = f.local('i32', number('x'));
  const [stride, rank, rowStride] = (['stride', 'rank', 'rowStride'] as const).map((name) => f.let(number(name))) as [
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
  ];
  const found = f.local('i32', i32.const(0));
  f.fillMemory(odometer, i32.const(0), i32.mul(rank, i32.const(4)));

  const list = (count: Local<'i32'>): void => {
    const row = f.local('i32', i32.add(number('coordinates'), i32.mul(found, rowStride)));
    const cell = f.local('i32');
    const column = f.local('i32', i32.add(row, number('lastColumn')));
    const at = f.local('i32', odometer);
    // The odometer counts from the axis before the last one outwards.
    times(f, rank, [[at, 4]], () => {
      f.set(column, i32.sub(column, number('axisStride')));
      const value = f.local('i32', i32.load(at));
      f.set(cell, column);
      times(f, count, [[cell, rowStride]], () => f.store(cell, value));
    });
    f.if(number('listed'), () => {
      f.set(cell, i32.add(row, number('lastColumn')));
      const hit = f.local('i32', hits);
      times(f, count, [[cell, rowStride] as const, [hit, 4] as const], () => f.store(cell, i32.load(hit)));
    });
  };

  const search = (): void => {
    const from = f.local('i32', line);
    const at = f.local('i32', i32.const(0));
    const left = f.local('i32', number('extent'));
    f.while(left, () => {
      const block = f.local('i32', left);
      f.if(i32.gt_u(block, i32.const(BLOCK)), () => f.set(block, i32.const(BLOCK)));
      f.set(left, i32.sub(left, block));
      const hit = f.local('i32', hits);
      times(f, block, [[from, stride] as const, [at, 1] as const], () => {
        f.store(hit, at);
        f.advance(hit, i32.shl(isSet(from), i32.const(2)));
      });
      const inBlock = f.local('i32', i32.shr_u(i32.sub(hit, hits), i32.const(2)));
      const count = f.local('i32', i32.sub(number('capacity'), found));
      f.if(i32.gt_s(count, inBlock), () => f.set(count, inBlock));
      f.if(i32.gt_s(count, i32.const(0)), () => list(count));
      f.advance(found, inBlock);
    });
  };

  times(f, number('lines'), [], () => {
    search();
    const axis = f.local('i32', axes);
    const at = f.local('i32', odometer);
    const left = f.local('i32', rank);
    f.block((moved) => {
      f.while(left, () => {
        const next = f.local('i32', i32.add(i32.load(at), i32.const(1)));
        f.advance(line, i32.load(axis, 4));
        f.store(at, next);
        f.jumpIf(moved, i32.lt_u(next, i32.load(axis)));
        f.set(line, i32.sub(line, i32.mul(next, i32.load(axis, 4))));
        f.store(at, i32.const(0));
        f.advance(axis, 8);
        f.advance(at, 4);
        f.advance(left, -1);
      });
    });
  });
  f.store(number('count'), found);
}

/** Coordinates of the elements that are not zero, in row-major order, and their number. */
export function nonzero({ inputs }: RoutineKernel, runtime: Runtime): Run {
  const dtype = inputs[0] as DType;
  const { bytes } = dtypes[dtype];
  const program = lazily<'nonzero'>(() => makeProgram(runtime, (f, module) => nonzeroBody(f, module, dtype)));
  return (buffers, launch) => {
    const [x, coordinates, count] = launch.views as readonly [View, View, View];
    const [from, to, counter] = buffers.map(({ address }) => address) as [number, number, number];
    const rank = x.shape.length;
    const last = rank - 1;
    const axisStride = 4 * (coordinates.strides[1] as number);
    const values: Numbers = {
      x: from + bytes * x.offset,
      stride: bytes * (x.strides[last] ?? 0),
      extent: x.shape[last] ?? 1,
      lines: numel(x.shape.slice(0, Math.max(0, last))),
      rank: Math.max(0, last),
      capacity: coordinates.shape[0] as number,
      coordinates: to + 4 * coordinates.offset,
      rowStride: 4 * (coordinates.strides[0] as number),
      axisStride,
      lastColumn: axisStride * Math.max(0, last),
      listed: rank ? 1 : 0,
      count: counter + 4 * count.offset,
    };
    const chosen = program('nonzero');
    const { words } = runtime;
    let next = runtime.parameters >>> 2;
    for (const name of numbers) words[next++] = values[name];
    for (let axis = last - 1; axis >= 0; axis--) {
      words[next++] = x.shape[axis] as number;
      words[next++] = bytes * (x.strides[axis] as number);
    }
    runtime.dispatch(chosen, 1, 2);
  };
}
