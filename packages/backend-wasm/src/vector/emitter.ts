import type { DType, Value } from '@flambeau/backend';
import type { FunctionBuilder, ModuleBuilder, V128 } from '../assembler/index.ts';
import type { Features } from '../runtime/runtime.ts';

/** Where code is written: the function at hand, its module (for helper functions), and what the engine can do. */
export interface Emitter {
  readonly module: ModuleBuilder;
  readonly f: FunctionBuilder;
  readonly features: Features;
}

/** Number of elements that are computed side by side, whatever their dtype. */
export const LANES = 4;

/**
 * Four elements of a compute dtype. float32: one f32x4. int32, and int8 and uint8 widened: one i32x4. bool: one i32x4 mask,
 * all ones for true. float64 and int64: two vectors, elements 0–1 and 2–3. Every part is a local or a constant, cheap to
 * use again; locals are never changed afterwards.
 */
export interface Lanes {
  readonly dtype: DType;
  readonly parts: readonly V128[];
  /** The value of all four, where it is known when code is written; shorter code may come of it. */
  readonly constant?: Value;
}
