import type { DType } from '@flambeau/backend';
import { f32, f64, type I32, i32, i64, type Local, type Value } from '../assembler/index.ts';
import type { Emitter } from '../vector/index.ts';
import { combine, element, sumType } from './element.ts';

/** How a routine folds the elements of a line. */
export type Fold = 'sum' | 'prod';

/** The total of no elements, in a dtype's {@link sumType}. */
export function identity(dtype: DType, op: Fold): Value {
  const start = op === 'sum' ? 0 : 1;
  const type = sumType(dtype);
  return type === 'f64' ? f64.const(start) : type === 'i64' ? i64.const(BigInt(start)) : i32.const(start);
}

/** Code for running totals, which are of a dtype's {@link sumType}. */
export interface Totals {
  /** The total with the element at an address. */
  add(total: Local, from: I32): Value;
  /** Stores a total as an element. */
  store(to: I32, total: Local): void;
}

/** Running totals of a dtype. */
export function totals({ f, module }: Emitter, dtype: DType, op: Fold): Totals {
  const { load, store, type } = element(dtype, module);
  return {
    add(total, from) {
      const value = load(from);
      return combine(op, total, f.let(type === 'f32' ? f64.promote(value as never) : value));
    },
    store: (to, total) => store(f, to, type === 'f32' ? f32.demote(total as never) : total),
  };
}
