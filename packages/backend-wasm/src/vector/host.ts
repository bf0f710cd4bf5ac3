import { type DType, type ScalarOpName, scalarOps } from '@flambeau/backend';
import { callValue, type F32, type F64, f32, f32x4, f64, f64x2, type V128 } from '../assembler/index.ts';
import type { Emitter } from './emitter.ts';
import { emitLaneByLane } from './helpers.ts';

const PREFIX = 'scalar.';

/** The JavaScript function behind the name of an import: the meaning of a scalar operation on floats. */
export function hostFunction(name: string): (...values: number[]) => number {
  const row = name.startsWith(PREFIX) ? scalarOps[name.slice(PREFIX.length) as ScalarOpName] : undefined;
  if (!row?.float) throw new TypeError(`there is no host function '${name}'`);
  return row.float as (...values: number[]) => number;
}

/** A scalar operation on vectors of floats by calling its JavaScript function for each lane. */
export function emitHostCalls(e: Emitter, name: ScalarOpName, dtype: DType, args: readonly V128[]): V128 {
  const target = e.module.import(PREFIX + name, { parameters: args.map(() => 'f64' as const), results: ['f64'] });
  const call = (...values: readonly F64[]): F64 => callValue('f64', target, ...values);
  if (dtype === 'float64') return emitLaneByLane(e, `float64.${name}`, f64x2, 2, args, call);
  const single = (...values: readonly F32[]): F32 => f32.demote(call(...values.map((value) => f64.promote(value))));
  return emitLaneByLane(e, `float32.${name}`, f32x4, 4, args, single);
}
