export { Bytes } from './encoding.ts';
export {
  atomic,
  callValue,
  FunctionBuilder,
  type FunctionReference,
  type MemoryType,
  ModuleBuilder,
  type Signature,
} from './module.ts';
export { f32, f64, i32, i64, select } from './scalar.ts';
export {
  f32x4,
  f32x4Const,
  f64x2,
  f64x2Const,
  i8x16,
  i16x8,
  i32x4,
  i32x4Const,
  i64x2,
  i64x2Const,
  shuffle,
  v128,
} from './simd.ts';
export { type F32, type F64, type I32, type I64, Local, type V128, Value, type ValueType } from './value.ts';
