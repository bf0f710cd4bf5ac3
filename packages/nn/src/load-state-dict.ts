import { deviceOf, keep, noGrad, Tensor } from '@flambeau/autograd';
import { cannotReadNow, DTypeError, dtypes, isInteger, StateDictError } from '@flambeau/backend';
import { ModuleError } from './errors.ts';
import type { LoadStateDictPostHook, LoadStateDictPreHook } from './hook-types.ts';
import { IncompatibleKeys } from './incompatible-keys.ts';
import { internals, type Slot } from './internals.ts';
import { members } from './members.ts';
import type { AnyModule } from './module-base.ts';
import { snakeCase, snakePath, typeName } from './names.ts';
import { Parameter } from './parameter.ts';
import { checkpointNames, EXTRA_STATE, type ModuleMetadata, StateDict } from './state-dict.ts';
import { isUninitialized, type UninitializedTensor, uninitialize } from './uninitialized.ts';
import { torchSize } from './utils/python.ts';

/** How a state dict is loaded. */
export interface LoadStateDictOptions {
  /** Whether missing and unexpected keys are errors; true unless said otherwise. */
  readonly strict?: boolean;
  /** Whether the given tensors become the module's own instead of being copied into those that are there. */
  readonly assign?: boolean;
}

/** What `loadStateDict` accepts: tensors by PyTorch's names or by ours. */
export type StateDictLike = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

/** A change that loading will make, once everything is known to fit. */
export interface LoadAction {
  /** Makes the change and gives back what undoes it; copies are kept for that only if `undoable`. */
  apply(undoable: boolean): () => void;
}

/** One module's part of a load, as `loadFromStateDict` gets it. */
export interface LoadStep {
  /** The keys below this module's prefix; may be edited. */
  readonly stateDict: StateDict;
  /** Path of the module with a dot at its end, or empty. */
  readonly prefix: string;
  /** The version under which the module was saved, where that is known. */
  readonly localMetadata: ModuleMetadata;
  readonly strict: boolean;
  readonly assign: boolean;
  readonly missingKeys: string[];
  readonly unexpectedKeys: string[];
  readonly errorMessages: string[];
  /** Changes to make at the end. */
  readonly actions: LoadAction[];
}

type Shared = Pick<LoadStep, 'strict' | 'assign' | 'missingKeys' | 'unexpectedKeys' | 'errorMessages' | 'actions'>;

/**
 * `module.loadStateDict`: finds out all that would be wrong before it changes anything.
 *
 * Only load post-hooks may look at loaded values and still turn the load into a failure; what was changed by then is
 * put back.
 */
export function loadState(
  module: AnyModule,
  source: StateDictLike,
  { strict = true, assign = false }: LoadStateDictOptions,
): IncompatibleKeys {
  const { stateDict, spelling } = readSource(source);
  const shared: Shared = { strict, assign, missingKeys: [], unexpectedKeys: [], errorMessages: [], actions: [] };
  const finish: (() => void)[] = [];
  const { missingKeys, unexpectedKeys } = shared;
  const keys = new IncompatibleKeys(missingKeys, unexpectedKeys);
  plan(module, stateDict, '', shared, keys, finish);
  unexpectedKeys.forEach((key, i) => {
    unexpectedKeys[i] = spelling.get(key) ?? key;
  });
  if (shared.errorMessages.length > 0 || (finish.length === 0 && strict)) check(module, shared);
  const undo: (() => void)[] = [];
  try {
    noGrad(() => {
      for (const action of shared.actions) undo.push(action.apply(finish.length > 0));
    });
    for (const hook of finish) hook();
    if (strict) check(module, shared);
  } catch (error) {
    noGrad(() => {
      for (const back of undo.reverse()) back();
    });
    throw error;
  }
  return keys;
}

/** @throws {StateDictError} Something is missing, unexpected or does not fit. */
function check(module: AnyModule, { strict, missingKeys, unexpectedKeys, errorMessages }: Shared): void {
  const lines: string[] = [];
  if (strict && missingKeys.length > 0) lines.push(`Missing key(s) in state_dict: ${quote(missingKeys)}. `);
  if (strict && unexpectedKeys.length > 0) lines.push(`Unexpected key(s) in state_dict: ${quote(unexpectedKeys)}. `);
  lines.push(...errorMessages);
  if (lines.length === 0) return;
  throw new StateDictError('', `Error(s) in loading state_dict for ${typeName(module)}:\n\t${lines.join('\n\t')}`, {
    missingKeys: [...missingKeys],
    unexpectedKeys: [...unexpectedKeys],
  });
}

function quote(keys: readonly string[]): string {
  return keys.map((key) => `"${key}"`).join(', ');
}

/** Our own copy of a state dict, in checkpoint spelling, and how its keys were spelled. */
function readSource(source: StateDictLike): { stateDict: StateDict; spelling: Map<string, string> } {
  if (typeof source !== 'object' || source === null || Array.isArray(source) || source instanceof Tensor) {
    throw new StateDictError('', `Expected state_dict to be dict-like, got ${typeName(source)}.`);
  }
  const entries = source instanceof Map ? [...source] : Object.entries(source);
  const stateDict = new StateDict();
  if (source instanceof StateDict) stateDict.metadata = source.metadata;
  const spelling = new Map<string, string>();
  for (const [key, value] of entries) {
    const path = snakePath(String(key));
    const other = spelling.get(path);
    if (other !== undefined) {
      throw new StateDictError(
        '',
        `keys "${other}" and "${key}" of the state dict both mean "${path}". Remove one of them.`,
      );
    }
    spelling.set(path, String(key));
    stateDict.set(path, value as Tensor);
  }
  return { stateDict, spelling };
}

function plan(
  module: AnyModule,
  stateDict: StateDict,
  prefix: string,
  shared: Shared,
  keys: IncompatibleKeys,
  finish: (() => void)[],
): void {
  const { hooks } = module[internals];
  const localMetadata = { ...stateDict.metadata[prefix.replace(/\.$/, '')] };
  const { strict, missingKeys, unexpectedKeys, errorMessages } = shared;
  for (const { run } of hooks.list('loadPre')) {
    const hook = run as LoadStateDictPreHook<AnyModule>;
    hook(module, stateDict, prefix, localMetadata, strict, missingKeys, unexpectedKeys, errorMessages);
  }
  checkpointNames(module);
  module.loadFromStateDict({ ...shared, stateDict, prefix, localMetadata });
  for (const [name, slot] of members(module)) {
    if (slot.kind !== 'module' || !slot.value) continue;
    const childPrefix = `${prefix}${snakeCase(name)}.`;
    const part = new StateDict([...stateDict].filter(([key]) => key.startsWith(childPrefix)));
    part.metadata = stateDict.metadata;
    plan(slot.value as AnyModule, part, childPrefix, shared, keys, finish);
  }
  for (const { run } of hooks.list('loadPost')) {
    finish.push(() => {
      const result: unknown = (run as LoadStateDictPostHook<AnyModule>)(module, keys);
      if (result === null || result === undefined) return;
      throw new ModuleError(
        'Hooks registered with registerLoadStateDictPostHook are not expected to return new values, if incompatibleKeys need to be modified, it should be done inplace.',
      );
    });
  }
}

/** Plans the loading of what a module holds itself. */
export function loadOwnState(module: AnyModule, step: LoadStep): void {
  const { stateDict, prefix, missingKeys, unexpectedKeys } = step;
  const tensors = new Set<string>();
  const children = new Set<string>();
  for (const kind of ['parameter', 'buffer'] as const) {
    for (const [name, slot] of members(module)) {
      if (slot.kind !== kind || !slot.value || (kind === 'buffer' && !slot.persistent)) continue;
      const key = prefix + snakeCase(name);
      tensors.add(snakeCase(name));
      if (stateDict.has(key)) planTensor(slot, key, stateDict.get(key), step);
      else missingKeys.push(key);
    }
  }
  for (const [name, slot] of members(module)) if (slot.kind === 'module') children.add(snakeCase(name));
  const extraKey = prefix + EXTRA_STATE;
  if (module.setExtraState) {
    if (stateDict.has(extraKey)) step.actions.unshift(extraStateAction(module, stateDict.get(extraKey)));
    else missingKeys.push(extraKey);
  } else if (stateDict.has(extraKey)) {
    unexpectedKeys.push(extraKey);
  }
  for (const key of stateDict.keys()) {
    if (!key.startsWith(prefix) || key === extraKey) continue;
    const [first = '', rest] = key.slice(prefix.length).split(/\.(.*)/s);
    const known = rest === undefined ? tensors : children;
    if (!known.has(first)) unexpectedKeys.push(key);
  }
}

/** Extra states are set before any tensor: only they run code of the user's that may throw. */
function extraStateAction(module: AnyModule, state: unknown): LoadAction {
  return {
    apply() {
      const before = module.getExtraState?.();
      module.setExtraState?.(state);
      return () => {
        if (module.getExtraState) module.setExtraState?.(before);
      };
    },
  };
}

function planTensor(slot: Slot, key: string, input: unknown, step: LoadStep): void {
  const target = slot.value as Tensor;
  if (!(input instanceof Tensor)) {
    step.errorMessages.push(
      `While copying the parameter named "${key}", expected torch.Tensor or Tensor-like object from checkpoint but received ${typeName(input)}`,
    );
    return;
  }
  if (isUninitialized(target)) {
    if (!isUninitialized(input))
      step.actions.push(step.assign ? assignAction(slot, input) : materializeAction(target, input));
    return;
  }
  const fitting = target.ndim === 0 && input.ndim === 1 && input.shape[0] === 1 ? input.detach().reshape([]) : input;
  if (fitting.shape.length !== target.shape.length || fitting.shape.some((size, i) => size !== target.shape[i])) {
    step.errorMessages.push(
      `size mismatch for ${key}: copying a param with shape ${torchSize(fitting.shape)} from checkpoint, the shape in current model is ${torchSize(target.shape)}.`,
    );
    return;
  }
  try {
    step.actions.push(step.assign ? assignAction(slot, fitting) : copyAction(target, fitting));
  } catch (error) {
    step.errorMessages.push(
      `While copying the parameter named "${key}", whose dimensions in the model are ${torchSize(target.shape)} and whose dimensions in the checkpoint are ${torchSize(fitting.shape)}, an exception occurred : (${(error as Error).message}).`,
    );
  }
}

/**
 * What a checkpoint has for a tensor, with that tensor's dtype and on its device.
 *
 * @throws {DeviceError} The values are on a device that cannot be read at once.
 * @throws {DTypeError} An int64 does not fit into a narrower integer.
 */
function arrived(target: Tensor, input: Tensor): Tensor {
  const { backend } = deviceOf(input.device);
  if (input.device !== target.device && !backend.readSync) {
    throw cannotReadNow('loadStateDict', input.device, 'Use await loadStateDictAsync().');
  }
  const { min, max } = dtypes[target.dtype];
  if (input.dtype === 'int64' && isInteger(target.dtype) && backend.readSync) {
    const outside = (input.toArraySync() as BigInt64Array).find((value) => value < min || value > max);
    if (outside !== undefined) {
      throw new DTypeError('loadStateDict', `${outside} of an int64 tensor does not fit into ${target.dtype}.`, {
        dtype: target.dtype,
      });
    }
  }
  return input.detach().to(target);
}

/** @throws The values cannot be had on the target's device, do not fit into its dtype, or were disposed. */
function copyAction(target: Tensor, input: Tensor): LoadAction {
  const local = arrived(target, input);
  void local.buffer;
  return {
    apply(undoable) {
      const before = undoable ? target.detach().clone() : null;
      target.copy_(local);
      return () => {
        if (before) target.copy_(before);
      };
    },
  };
}

function materializeAction(target: UninitializedTensor, input: Tensor): LoadAction {
  const local = arrived(target, input);
  void local.buffer;
  return {
    apply() {
      const facts = { dtype: target.dtype, device: target.device };
      target.materialize(input.shape);
      target.copy_(local);
      return () => uninitialize(target, facts);
    },
  };
}

function assignAction(slot: Slot, input: Tensor): LoadAction {
  return {
    apply() {
      const before = slot.value as Tensor;
      if (slot.kind === 'buffer') {
        slot.value = keep(input);
      } else {
        const { requiresGrad } = before;
        slot.value =
          input instanceof Parameter ? input.requiresGrad_(requiresGrad) : new Parameter(input, { requiresGrad });
      }
      return () => {
        slot.value = before;
      };
    },
  };
}
