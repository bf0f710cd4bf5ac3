import type { ScalarOpName } from '@flambeau/backend';
import { type V128, v128 } from '../assembler/index.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { keepLanes } from './lanes.ts';

const both = (a: V128, b: V128): V128 => v128.and(a, b);
const either = (a: V128, b: V128): V128 => v128.or(a, b);
const differ = (a: V128, b: V128): V128 => v128.xor(a, b);

/** Operations on masks. */
const native: Readonly<Partial<Record<ScalarOpName, (a: V128, b: V128) => V128>>> = {
  not: (a) => v128.not(a),
  and: both,
  or: either,
  xor: differ,
  min: both,
  max: either,
  ne: differ,
  eq: (a, b) => v128.not(differ(a, b)),
  lt: (a, b) => v128.andnot(b, a),
  gt: (a, b) => v128.andnot(a, b),
  le: (a, b) => v128.not(v128.andnot(a, b)),
  ge: (a, b) => v128.not(v128.andnot(b, a)),
};

/** Operations on bool. */
export function emitBoolOp(e: Emitter, name: ScalarOpName, args: readonly Lanes[]): Lanes {
  const operation = native[name];
  if (!operation) throw new TypeError(`'${name}' has no code on bool`);
  const [a, b] = args.map(({ parts }) => parts[0] as V128) as [V128, V128];
  return keepLanes(e, 'bool', [operation(a, b)]);
}
