import { type DType, dtypes, numel, type RoutineKernel, type View } from '@flambeau/backend';
import {
  type FunctionBuilder,
  f32x4,
  f64x2,
  type I32,
  i8x16,
  i32,
  i32x4,
  i64x2,
  type Local,
  type V128,
  v128,
} from '../assembler/index.ts';
import type { Run, Runtime } from '../runtime/runtime.ts';
import { type Emitter, emitLoad, emitStore } from '../vector/index.ts';
import { combine, type Element, element } from './element.ts';
import { lazily, makeProgram } from './program.ts';
import {
  columnStride,
  extra,
  forEachPanel,
  grainOf,
  lineLength,
  lineStride,
  planWalk,
  times,
  unitsOf,
  type Walk,
  writeWalk,
} from './walk.ts';

type Reduce = 'set' | 'sum' | 'prod' | 'max' | 'min';
/** Combines 16 bytes of source elements into the target, at an offset (bytes) from both addresses. */
type Fold = (to: I32, from: I32, offset: number) => void;

/** Panels need no memory of their own: one holds every column that its thread has. */
const WIDEST = 2 ** 30;

/** The instruction that combines vectors of a dtype, where there is one. */
function vectorInstruction(dtype: DType, reduce: Reduce): ((old: V128, value: V128) => V128) | null {
  if (reduce === 'set') return (_, value) => value;
  const name = reduce === 'sum' ? 'add' : reduce === 'prod' ? 'mul' : reduce;
  const compared = name === 'max' || name === 'min';
  switch (dtype) {
    case 'float16':
    case 'bfloat16':
    case 'float32':
      return f32x4[name];
    case 'float64':
      return f64x2[name];
    case 'int32':
      return compared ? i32x4[`${name}_s`] : i32x4[name];
    case 'int64':
      return compared ? null : i64x2[name];
    case 'int8':
      return compared ? i8x16[`${name}_s`] : name === 'add' ? i8x16.add : null;
    case 'uint8':
    case 'bool':
      return compared ? i8x16[`${name}_u`] : name === 'add' ? i8x16.add : null;
  }
}

/** What combines 16 bytes of several elements at once, where there are instructions for it. */
function vectorFold(e: Emitter, dtype: DType, reduce: Reduce): Fold | null {
  const instruction = vectorInstruction(dtype, reduce);
  if (!instruction) return null;
  if (reduce === 'set' || dtypes[dtype].bytes !== 2) {
    return (to, from, offset) => e.f.store(to, instruction(v128.load(to, offset), v128.load(from, offset)), offset);
  }
  return (to, from, offset) => {
    for (const at of [offset, offset + 8]) {
      const [old, value] = [to, from].map((address) => emitLoad(e, dtype, address, at).parts[0]) as [V128, V128];
      emitStore(e, dtype, to, { dtype: 'float32', parts: [e.f.let(instruction(old, value))] }, at);
    }
  };
}

/** Combines one element into the target. */
function combineInto(
  f: FunctionBuilder,
  { type, load, store, copy }: Element,
  reduce: Reduce,
  from: Local<'i32'>,
  to: Local<'i32'>,
): void {
  if (reduce === 'set') {
    copy(f, to, from);
    return;
  }
  const [old, value] = [f.local(type, load(to)), f.local(type, load(from))];
  store(f, to, combine(reduce, old, value));
}

type Variant = 'line' | 'columns' | 'rows' | 'unit';

/**
 * The order in which one target element takes up source elements is that of the scattered axis, along which lines run: lines
 * are independent of each other. `line` walks them one by one; the others walk columns side by side: `columns` with an
 * index for each element, `rows` with one for all columns, `unit` the same on contiguous rows.
 */
function scatterBody(e: Emitter, dtype: DType, reduce: Reduce, variant: Variant): void {
  const { f } = e;
  const code = element(dtype, e.module);
  const extent = f.local('i32', extra(f, 0));
  const [indexDown, sourceDown, targetStride] = [0, 1, 2].map((k) => f.let(lineStride(f, 3, k))) as [
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
  ];
  const [indexAcross, sourceAcross, targetAcross] = [0, 1, 2].map((k) => f.let(columnStride(f, 3, k))) as [
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
  ];
  const fold = variant === 'unit' ? vectorFold(e, dtype, reduce) : null;
  /** Runs the body with the place in the target that an index means, when there is one. */
  const placed = (index: Local<'i32'>, target: Local<'i32'>, body: (to: Local<'i32'>) => void): void => {
    const at = f.local('i32', i32.load(index));
    f.if(i32.lt_u(at, extent), () => body(f.local('i32', i32.add(target, i32.mul(at, targetStride)))));
  };
  forEachPanel(f, 3, WIDEST, ({ at, width }) => {
    const [index, source, target] = at as readonly [Local<'i32'>, Local<'i32'>, Local<'i32'>];
    const down = [[index, indexDown] as const, [source, sourceDown] as const];
    times(f, lineLength(f), down, () => {
      if (variant === 'line') {
        placed(index, target, (to) => combineInto(f, code, reduce, source, to));
        return;
      }
      if (variant === 'columns') {
        const [i, from, base] = [index, source, target].map((row) => f.local('i32', row)) as [
          Local<'i32'>,
          Local<'i32'>,
          Local<'i32'>,
        ];
        times(f, width, [[i, indexAcross] as const, [from, sourceAcross] as const, [base, targetAcross] as const], () =>
          placed(i, base, (to) => combineInto(f, code, reduce, from, to)),
        );
        return;
      }
      placed(index, target, (to) => {
        const from = f.local('i32', source);
        const count = f.local('i32', width);
        if (fold) {
          const bytes = f.local('i32', i32.mul(width, i32.const(code.bytes)));
          vectors(f, bytes, from, to, fold);
          f.set(count, i32.div_u(i32.and(bytes, i32.const(15)), i32.const(code.bytes)));
        }
        times(f, count, [[from, sourceAcross] as const, [to, targetAcross] as const], () =>
          combineInto(f, code, reduce, from, to),
        );
      });
    });
  });
}

/** Combines rows of bytes, 64 and then 16 at a time; pointers end where less than 16 bytes remain. */
function vectors(f: FunctionBuilder, bytes: Local<'i32'>, from: Local<'i32'>, to: Local<'i32'>, fold: Fold): void {
  for (const size of [64, 16]) {
    const done = size === 64 ? bytes : i32.and(bytes, i32.const(63));
    times(f, i32.div_u(done, i32.const(size)), [[from, size] as const, [to, size] as const], () => {
      for (let offset = 0; offset < size; offset += 16) fold(to, from, offset);
    });
  }
}

/** Writes or combines elements of the source where the index says; an index outside the axis is ignored. */
export function scatter({ outputs, attributes }: RoutineKernel, runtime: Runtime): Run {
  const dtype = outputs[0] as DType;
  const dim = attributes.dim as number;
  const reduce = attributes.reduce as Reduce;
  const { bytes } = dtypes[dtype];
  const program = lazily<Variant>((variant) =>
    makeProgram(runtime, (f, module) => scatterBody({ f, module, features: runtime.features }, dtype, reduce, variant)),
  );
  const variant = ({ columns }: Walk): Variant => {
    if (columns.extent === 1) return 'line';
    const [index, source, target] = columns.strides;
    if (index !== 0) return 'columns';
    return source === bytes && target === bytes ? 'unit' : 'rows';
  };
  return (buffers, launch) => {
    const [index, , target] = launch.views as readonly [View, View, View];
    if (numel(index.shape) === 0) return;
    const addresses = buffers.map(({ address }) => address);
    const walk = planWalk(index.shape, dim, launch.views, addresses, [4, bytes, bytes], false, 2);
    const chosen = program(variant(walk));
    writeWalk(runtime, walk, [target.shape[dim] as number]);
    runtime.dispatch(chosen, unitsOf(walk), grainOf(walk));
  };
}
