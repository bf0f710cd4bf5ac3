import {
  callValue,
  type FunctionBuilder,
  type FunctionReference,
  type ModuleBuilder,
  type Signature,
  type V128,
  type Value,
  type ValueType,
} from '../assembler/index.ts';
import type { Emitter } from './emitter.ts';

const written = new WeakMap<ModuleBuilder, Map<string, FunctionReference>>();

/** A function inside the module, written when first asked for. */
export function helper(
  module: ModuleBuilder,
  name: string,
  signature: Signature,
  write: (f: FunctionBuilder) => void,
): FunctionReference {
  let functions = written.get(module);
  if (!functions) {
    functions = new Map();
    written.set(module, functions);
  }
  let found = functions.get(name);
  if (!found) {
    const built = module.function(signature);
    functions.set(name, built);
    write(built);
    found = built;
  }
  return found;
}

/** How lanes of one kind of number are taken from a vector and put back. */
interface LaneAccess<T extends ValueType> {
  readonly extract_lane: (a: V128, index: number) => Value<T>;
  readonly replace_lane: (a: V128, index: number, value: Value<T>) => V128;
}

/** Calls a helper function that computes `count` lanes one by one. */
export function emitLaneByLane<T extends ValueType>(
  e: Emitter,
  name: string,
  access: LaneAccess<T>,
  count: number,
  args: readonly V128[],
  lane: (...values: readonly Value<T>[]) => Value<T>,
): V128 {
  const parameters = args.map(() => 'v128' as const);
  const target = helper(e.module, name, { parameters, results: ['v128'] }, (f) => {
    const given = args.map((_, i) => f.parameter(i, 'v128'));
    const result = f.local('v128');
    for (let i = 0; i < count; i++) {
      f.set(result, access.replace_lane(result, i, lane(...given.map((each) => access.extract_lane(each, i)))));
    }
    f.return(result);
  });
  return e.f.let(callValue('v128', target, ...args));
}
