import { ModuleError } from '../errors.ts';
import { internals } from '../internals.ts';
import { members } from '../members.ts';
import type { AnyModule } from '../module-base.ts';
import { typeName } from '../names.ts';
import { isUninitialized } from '../uninitialized.ts';

/** What a lazy module has beside a module's methods. */
export interface Lazy {
  /** Gives the parameters their shapes and values, from the arguments of the first call. */
  initializeParameters?(...inputs: never[]): void;
}

/** A class that a lazy module turns into. */
export interface PlainClass {
  readonly prototype: AnyModule;
}

const plainClasses = new WeakMap<object, PlainClass>();

/** Whether any parameter or buffer of the module itself has no shape yet. */
export function hasUninitializedParameters(module: AnyModule): boolean {
  return members(module).some(([, { value }]) => isUninitialized(value));
}

/**
 * Makes a module lazy: its first call initialises it from the arguments, and then it is of the plain class.
 *
 * Call it at the end of the constructor of a class that has `initializeParameters` and uninitialized parameters.
 *
 * @param becomes - The class after the first call; the same class if not given.
 * @source PyTorch `LazyModuleMixin` and its `cls_to_become`.
 * @example
 * class LazyScale extends Scale {
 *   constructor() {
 *     super(0);
 *     this.factor = new UninitializedParameter();
 *     makeLazy(this, Scale);
 *   }
 *   initializeParameters(x: Tensor): void {
 *     if (hasUninitializedParameters(this)) (this.factor as UninitializedParameter).materialize([x.size(-1)]);
 *   }
 * }
 */
export function makeLazy(module: AnyModule & Lazy, becomes?: PlainClass): void {
  const prototype = Object.getPrototypeOf(module) as object;
  if (becomes) plainClasses.set(prototype, becomes);
  module[internals].hooks.table('forwardPre').add(initialize, { withKwargs: true });
}

/** The hook that runs before the first call, and then removes itself. */
function initialize(module: AnyModule & Lazy, args: never[], kwargs: Record<string, unknown>): void {
  if (typeof module.initializeParameters !== 'function') {
    throw new ModuleError(`initializeParameters is not implemented for ${typeName(module)}`);
  }
  const options = Object.keys(kwargs).length > 0 ? [kwargs as never] : [];
  module.initializeParameters(...args, ...options);
  if (hasUninitializedParameters(module)) {
    throw new ModuleError(`module ${typeName(module)} has not been fully initialized`);
  }
  module[internals].hooks.table('forwardPre').removeFunction(initialize);
  const plain = plainClasses.get(Object.getPrototypeOf(module) as object);
  if (plain) Object.setPrototypeOf(module, plain.prototype);
}
