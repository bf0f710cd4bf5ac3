import { runCall } from './call.ts';
import { ModuleError } from './errors.ts';
import { globalHooks } from './global-hooks.ts';
import { inspectSymbol, internals, type ModuleInternals, makeInternals } from './internals.ts';
import type { AnyModule } from './module-base.ts';

interface Forwarding {
  forward(...inputs: unknown[]): unknown;
}

/**
 * A function that is an instance of `prototype`'s class, and that calls `forward`.
 *
 * `name` and `length` go, so that subclasses can have such fields.
 */
export function makeCallable(prototype: object): object {
  const state: ModuleInternals = makeInternals();
  const self = ((...inputs: unknown[]): unknown =>
    state.direct && !globalHooks.inCalls
      ? (self as unknown as Forwarding).forward(...inputs)
      : runCall(self, state, inputs)) as unknown as AnyModule;
  Reflect.deleteProperty(self, 'name');
  Reflect.deleteProperty(self, 'length');
  Object.setPrototypeOf(self, prototype);
  Object.defineProperty(self, internals, { value: state });
  Object.defineProperty(self, 'training', { value: true, writable: true });
  return self;
}

/** Base of all modules: its constructor gives a function in place of the object. */
export class Callable {
  constructor(...inputs: unknown[]) {
    if (inputs.length > 0) {
      throw new ModuleError(
        `${new.target.name}.__init__() takes 1 positional argument but ${inputs.length + 1} were given`,
      );
    }
    // biome-ignore lint/correctness/noConstructorReturn: an instance that can be called has to be made here.
    return makeCallable(new.target.prototype) as this;
  }

  static {
    // Declared here because a class member with an imported symbol for its name cannot be described on its own.
    const show = function (this: object): string {
      return String(this);
    };
    Object.defineProperty(Callable.prototype, inspectSymbol, { value: show });
  }
}
