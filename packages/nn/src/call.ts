import { backwardHooksOf, type CallBackwardHooks, legacyBackwardHooks } from './backward-hooks.ts';
import { ModuleError } from './errors.ts';
import { globalHooks } from './global-hooks.ts';
import type { Hook } from './hook-tables.ts';
import type { Kwargs } from './hook-types.ts';
import { type ModuleInternals, markReady } from './internals.ts';
import { members } from './members.ts';
import type { AnyModule } from './module-base.ts';
import { typeName } from './names.ts';

interface Forwarding {
  forward(...inputs: unknown[]): unknown;
}

/** A call that cannot go straight to `forward`: the first one, or one with hooks. */
export function runCall(module: AnyModule, state: ModuleInternals, inputs: unknown[]): unknown {
  if (!state.ready) prepare(module, state);
  if (state.hooks.inCalls || globalHooks.inCalls) return new HookedCall(module, state, inputs).run();
  return (module as unknown as Forwarding).forward(...inputs);
}

function prepare(module: AnyModule, state: ModuleInternals): void {
  if (typeof (module as unknown as Forwarding).forward !== 'function') {
    throw new ModuleError(`Module [${typeName(module)}] is missing the required "forward" function`);
  }
  members(module);
  markReady(state);
}

/** Whether a value is an object literal, which is what an options object is. */
function isPlainObject(value: unknown): value is Kwargs {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

class HookedCall {
  readonly #module: AnyModule;
  readonly #state: ModuleInternals;
  readonly #called = new Set<Hook>();
  #args: unknown[];
  #kwargs: Kwargs | null = null;
  #result: unknown = null;

  constructor(module: AnyModule, state: ModuleInternals, inputs: unknown[]) {
    this.#module = module;
    this.#state = state;
    this.#args = inputs;
    const last = inputs.at(-1);
    if (inputs.length > 1 && isPlainObject(last)) {
      this.#args = inputs.slice(0, -1);
      this.#kwargs = last;
    }
  }

  run(): unknown {
    try {
      return this.#run();
    } catch (error) {
      this.#callAlways();
      throw error;
    }
  }

  #run(): unknown {
    for (const hook of this.#hooks('forwardPre')) this.#runPreHook(hook);
    const backward = backwardHooksOf(this.#module, this.#state.hooks);
    if (backward) this.#args = backward.wrapInputs(this.#args);
    this.#result = this.#forward();
    for (const hook of this.#hooks('forward')) {
      if (hook.alwaysCall) this.#called.add(hook);
      this.#runForwardHook(hook);
    }
    return this.#wrapOutput(backward);
  }

  #wrapOutput(backward: CallBackwardHooks | null): unknown {
    if (backward) this.#result = backward.wrapOutput(this.#result);
    legacyBackwardHooks(this.#module, this.#state.hooks, this.#result);
    return this.#result;
  }

  #hooks(kind: 'forwardPre' | 'forward'): Hook[] {
    return [...globalHooks.list(kind), ...this.#state.hooks.list(kind)];
  }

  #forward(): unknown {
    const inputs = this.#kwargs ? [...this.#args, this.#kwargs] : this.#args;
    return (this.#module as unknown as Forwarding).forward(...inputs);
  }

  #runPreHook({ run, withKwargs }: Hook): void {
    const hook = run as (...inputs: unknown[]) => unknown;
    if (!withKwargs) {
      const result = hook(this.#module, this.#args);
      if (result !== null && result !== undefined) this.#args = Array.isArray(result) ? result : [result];
      return;
    }
    const result = hook(this.#module, this.#args, this.#kwargs ?? {});
    if (result === null || result === undefined) return;
    const [args, kwargs] = Array.isArray(result) && result.length === 2 ? result : [];
    if (!Array.isArray(args) || !isPlainObject(kwargs)) {
      throw new ModuleError(
        `forward pre-hook must return null or a pair of [newArgs, newKwargs], but got ${typeName(result)}.`,
      );
    }
    this.#args = args;
    this.#kwargs = this.#kwargs || Object.keys(kwargs).length > 0 ? kwargs : null;
  }

  #runForwardHook({ run, withKwargs }: Hook): void {
    const hook = run as (...inputs: unknown[]) => unknown;
    const result = withKwargs
      ? hook(this.#module, this.#args, this.#kwargs ?? {}, this.#result)
      : hook(this.#module, this.#args, this.#result);
    if (result !== null && result !== undefined) this.#result = result;
  }

  /** After an error: the hooks that asked to run always, once each; they can neither hide nor replace the error. */
  #callAlways(): void {
    for (const hook of this.#hooks('forward')) {
      if (!hook.alwaysCall || this.#called.has(hook)) continue;
      try {
        this.#runForwardHook(hook);
      } catch (error) {
        console.warn(
          `module forward hook with alwaysCall: true raised an exception that was silenced as another error was raised in forward: ${error}`,
        );
      }
    }
  }
}
