import type { RemovableHandle, Tensor } from '@flambeau/autograd';
import { requireNoLegacyBackwardHooks, requireOnlyLegacyBackwardHooks } from './backward-hooks.ts';
import { globalHooks, registrationHooks } from './global-hooks.ts';
import type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardHookOptions,
  ForwardHookWithKwargs,
  ForwardPreHook,
  RegistrationHook,
} from './hook-types.ts';
import type { AnyModule } from './module-base.ts';
import type { Parameter } from './parameter.ts';

/** Runs a hook before the `forward` of every module, ahead of the module's own. */
export function registerModuleForwardPreHook(hook: ForwardPreHook<AnyModule>): RemovableHandle {
  return globalHooks.table('forwardPre').add(hook);
}

/** Runs a hook after the `forward` of every module, ahead of the module's own. */
export function registerModuleForwardHook(
  hook: ForwardHookWithKwargs<AnyModule>,
  options: Omit<ForwardHookOptions, 'prepend'> & { readonly withKwargs: true },
): RemovableHandle;
export function registerModuleForwardHook(
  hook: ForwardHook<AnyModule>,
  options?: Omit<ForwardHookOptions, 'prepend'>,
): RemovableHandle;
export function registerModuleForwardHook(
  hook: (...inputs: never[]) => unknown,
  options?: Omit<ForwardHookOptions, 'prepend'>,
): RemovableHandle {
  return globalHooks.table('forward').add(hook, options);
}

/** Runs a hook before every module's part of backward. */
export function registerModuleFullBackwardPreHook(hook: BackwardPreHook<AnyModule>): RemovableHandle {
  return globalHooks.table('backwardPre').add(hook);
}

/**
 * Runs a hook once the gradients of any module's inputs are known.
 *
 * @throws {ModuleError} There are global hooks of the old kind.
 */
export function registerModuleFullBackwardHook(hook: BackwardHook<AnyModule>): RemovableHandle {
  requireNoLegacyBackwardHooks(globalHooks, 'as a global Module hook');
  return globalHooks.table('backward').add(hook);
}

/**
 * The old kind of backward hook, for every module.
 *
 * @deprecated Use {@link registerModuleFullBackwardHook}.
 * @throws {ModuleError} There are global full backward hooks.
 */
export function registerModuleBackwardHook(hook: BackwardHook<AnyModule>): RemovableHandle {
  requireOnlyLegacyBackwardHooks(globalHooks, 'as a global Module hook');
  return globalHooks.table('legacyBackward').add(hook);
}

/** Shows every parameter to a hook when it becomes a module's; what it returns is registered instead. */
export function registerModuleParameterRegistrationHook(hook: RegistrationHook<AnyModule, Parameter>): RemovableHandle {
  return registrationHooks.parameter.add(hook);
}

/** Shows every buffer to a hook when it becomes a module's; what it returns is registered instead. */
export function registerModuleBufferRegistrationHook(
  hook: RegistrationHook<AnyModule, Tensor | null>,
): RemovableHandle {
  return registrationHooks.buffer.add(hook);
}

/** Shows every child to a hook when it becomes a module's; what it returns is registered instead. */
export function registerModuleModuleRegistrationHook(
  hook: RegistrationHook<AnyModule, AnyModule | null>,
): RemovableHandle {
  return registrationHooks.module.add(hook);
}
