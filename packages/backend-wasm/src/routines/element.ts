import { computeDType, type DType, dtypes } from '@flambeau/backend';
import {
  callValue,
  type F32,
  type FunctionBuilder,
  type FunctionReference,
  f32,
  f32x4,
  f64,
  type I32,
  i32,
  i32x4,
  i64,
  type Local,
  type ModuleBuilder,
  select,
  type Value,
  type ValueType,
} from '../assembler/index.ts';
import type { Emitter } from '../vector/emitter.ts';
import { emitFromBFloat16, emitFromFloat16, emitToBFloat16, emitToFloat16 } from '../vector/half.ts';

/** Code for single elements of a dtype. */
export interface Element {
  readonly dtype: DType;
  /** Size in memory (bytes). */
  readonly bytes: number;
  /** What an element becomes when it is loaded to compute with; 16-bit floats are f32, small integers i32. */
  readonly type: ValueType;
  /** Loads an element as `type`. */
  load(address: I32, offset?: number): Value;
  /** Rounds or wraps a value of `type` into memory. */
  store(f: FunctionBuilder, address: I32, value: Value): void;
  /** Copies an element bit by bit. */
  copy(f: FunctionBuilder, target: I32, source: I32): void;
  /** Whether the element at an address is not zero; NaN is not. */
  isSet(address: I32): I32;
}

/** Adds a function that converts one value, as lane 0 of a vector. */
function helper<T extends ValueType, R extends ValueType>(
  module: ModuleBuilder,
  parameter: T,
  result: R,
  convert: (e: Emitter, x: Local<T>) => Value<R>,
): FunctionReference {
  const f = module.function({ parameters: [parameter], results: [result] });
  f.return(convert({ module, f, features: { relaxed: false } }, f.parameter(0, parameter)));
  return f;
}

function halfElement(dtype: 'float16' | 'bfloat16', module: ModuleBuilder): Element {
  const toHalf = dtype === 'float16' ? emitToFloat16 : emitToBFloat16;
  const fromHalf = dtype === 'float16' ? emitFromFloat16 : emitFromBFloat16;
  const narrow = helper(module, 'f32', 'i32', (e, x) => i32x4.extract_lane(toHalf(e, f32x4.splat(x)), 0));
  const widen = helper(module, 'i32', 'f32', (e, bits) => f32x4.extract_lane(fromHalf(e, i32x4.splat(bits)), 0));
  const load = (address: I32, offset?: number): F32 => callValue('f32', widen, i32.load16_u(address, offset));
  return {
    dtype,
    bytes: 2,
    type: 'f32',
    load,
    store: (f, address, value) => f.store(address, callValue('i32', narrow, value), 0, 2),
    copy: (f, target, source) => f.store(target, i32.load16_u(source), 0, 2),
    isSet: (address) => i32.ne(i32.and(i32.load16_u(address), i32.const(0x7fff)), i32.const(0)),
  };
}

function plainElement(
  dtype: DType,
  load: (address: I32, offset?: number) => Value,
  isSet: (address: I32) => I32,
): Element {
  const { bytes } = dtypes[dtype];
  const size = bytes === 1 ? 1 : undefined;
  return {
    dtype,
    bytes,
    type: load(i32.const(0)).type,
    load,
    store: (f, address, value) => f.store(address, value, 0, size),
    copy: (f, target, source) => f.store(target, load(source), 0, size),
    isSet,
  };
}

/** Code for the elements of a dtype in a module; call it once per module and dtype, as it may add functions. */
export function element(dtype: DType, module: ModuleBuilder): Element {
  const isWord = (load: (address: I32) => I32) => (address: I32) => i32.ne(load(address), i32.const(0));
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return plainElement(dtype, i32.load8_u, isWord(i32.load8_u));
    case 'int8':
      return plainElement(dtype, i32.load8_s, isWord(i32.load8_s));
    case 'int32':
      return plainElement(dtype, i32.load, isWord(i32.load));
    case 'int64':
      return plainElement(dtype, i64.load, (address) => i64.ne(i64.load(address), i64.const(0n)));
    case 'float32':
      return plainElement(dtype, f32.load, (address) => f32.ne(f32.load(address), f32.const(0)));
    case 'float64':
      return plainElement(dtype, f64.load, (address) => f64.ne(f64.load(address), f64.const(0)));
    case 'float16':
    case 'bfloat16':
      return halfElement(dtype, module);
  }
}

/** The type in which a dtype is accumulated: floats in f64, int64 in i64, other integers in i32. */
export function sumType(dtype: DType): 'i32' | 'i64' | 'f64' {
  const type = computeDType(dtype);
  return type === 'float32' || type === 'float64' ? 'f64' : type === 'int64' ? 'i64' : 'i32';
}

/** Combines two values of one type; each is placed more than once, so they are locals. */
export function combine(op: 'sum' | 'prod' | 'max' | 'min', a: Local, b: Local): Value {
  const name = op === 'sum' ? 'add' : op === 'prod' ? 'mul' : op;
  const [x, y] = [a as never, b as never];
  switch (a.type) {
    case 'f32':
      return f32[name](x, y);
    case 'f64':
      return f64[name](x, y);
    case 'i32':
      if (name === 'max' || name === 'min') return select(name === 'max' ? i32.gt_s(x, y) : i32.lt_s(x, y), a, b);
      return i32[name](x, y);
    default:
      if (name === 'max' || name === 'min') return select(name === 'max' ? i64.gt_s(x, y) : i64.lt_s(x, y), a, b);
      return i64[name](x, y);
  }
}
