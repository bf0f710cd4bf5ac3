import type { Tensor } from '@flambeau/autograd';
import { StateDictError } from '@flambeau/backend';
import { ModuleError } from './errors.ts';
import type { StateDictPostHook, StateDictPreHook } from './hook-types.ts';
import { internals } from './internals.ts';
import { members } from './members.ts';
import type { AnyModule } from './module-base.ts';
import { snakeCase, typeName } from './names.ts';
import { isUninitialized } from './uninitialized.ts';

/** Last segment of the key under which `getExtraState` is saved. */
export const EXTRA_STATE = '_extra_state';

/** What is known about one module of a state dict. */
export type ModuleMetadata = Record<string, unknown>;

/**
 * The state of a module by name, in order: parameters and persistent buffers, spelled as PyTorch spells them.
 *
 * Under a key that ends in `_extra_state` lies whatever that module's `getExtraState` returned.
 */
export class StateDict extends Map<string, Tensor> {
  /** Per module path, the version of its layout. */
  metadata: Record<string, ModuleMetadata> = {};
}

/** How a state dict is made. */
export interface StateDictOptions {
  /** Put before every key as it is. */
  readonly prefix?: string;
  /** Whether values are the parameters themselves rather than detached tensors over the same memory. */
  readonly keepVars?: boolean;
  /** A state dict to fill. */
  readonly destination?: StateDict;
}

/** The checkpoint names of a module's members. @throws {StateDictError} Two members have the same one. */
export function checkpointNames(module: AnyModule): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [name] of members(module)) {
    const spelled = snakeCase(name);
    const other = owners.get(spelled);
    if (other !== undefined) {
      throw new StateDictError(
        '',
        `members '${other}' and '${name}' of ${typeName(module)} are both called '${spelled}' in a state dict. Rename one of them.`,
      );
    }
    owners.set(spelled, name);
  }
  return owners;
}

/** `module.stateDict`. */
export function saveState(
  module: AnyModule,
  { prefix = '', keepVars = false, destination }: StateDictOptions,
): StateDict {
  const dict = destination ?? new StateDict();
  const metadata: ModuleMetadata = { version: module.stateVersion };
  dict.metadata[prefix.replace(/\.$/, '')] = metadata;
  const { hooks } = module[internals];
  for (const { run } of hooks.list('stateDictPre')) (run as StateDictPreHook<AnyModule>)(module, prefix, keepVars);
  checkpointNames(module);
  module.saveToStateDict(dict, prefix, keepVars);
  for (const [name, slot] of members(module)) {
    if (slot.kind !== 'module' || !slot.value) continue;
    (slot.value as AnyModule).stateDict({ destination: dict, prefix: `${prefix}${snakeCase(name)}.`, keepVars });
  }
  for (const { run } of hooks.list('stateDictPost')) {
    const result: unknown = (run as StateDictPostHook<AnyModule>)(module, dict, prefix, metadata);
    if (result !== null && result !== undefined) throw new ModuleError('state_dict post-hook must return None');
  }
  return dict;
}

/** Saves what a module holds itself. */
export function saveOwnState(module: AnyModule, dict: StateDict, prefix: string, keepVars: boolean): void {
  for (const kind of ['parameter', 'buffer'] as const) {
    for (const [name, { kind: slotKind, value, persistent }] of members(module)) {
      if (slotKind !== kind || !value || (kind === 'buffer' && !persistent)) continue;
      const tensor = value as Tensor;
      dict.set(prefix + snakeCase(name), keepVars || isUninitialized(tensor) ? tensor : tensor.detach());
    }
  }
  if (module.getExtraState) dict.set(prefix + EXTRA_STATE, module.getExtraState() as Tensor);
}
