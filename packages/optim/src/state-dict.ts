import { deviceOf, Tensor, toDevice } from '@flambeau/autograd';
import { cannotReadNow, isFloat, StateDictError } from '@flambeau/backend';
import type { GroupOptions, ParamGroup } from './param-groups.ts';
import { camelCase, snakeCase } from './python-text.ts';

/** What an optimizer keeps for one parameter. */
export type ParamState = Record<string, unknown>;

/** A group of a saved optimizer: its options in PyTorch's spelling, and the numbers of its parameters. */
export interface PackedGroup {
  params: number[];
  [option: string]: unknown;
}

/** A saved optimizer in PyTorch's layout: parameters are numbered over all groups, in order. */
export interface OptimizerStateDict {
  state: Record<string, Record<string, unknown>>;
  param_groups: PackedGroup[];
}

function renameKeys(entry: object, rename: (key: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => [rename(key), value]));
}

function copyList(value: unknown): unknown {
  return Array.isArray(value) ? value.map(copyList) : value;
}

/** Writes groups and state in PyTorch's layout. */
export function packState(groups: readonly ParamGroup[], state: ReadonlyMap<Tensor, ParamState>): OptimizerStateDict {
  const numbers = new Map<Tensor, number>();
  let next = 0;
  const packed = groups.map((group) => {
    for (const param of group.params) {
      if (!numbers.has(param)) numbers.set(param, next);
      next += 1;
    }
    const { params, ...options } = group;
    const entries = Object.entries(options).map(([key, value]) => [snakeCase(key), copyList(value)]);
    return { ...Object.fromEntries(entries), params: params.map((param) => numbers.get(param) as number) };
  });
  const entries = [...state].flatMap(([param, entry]) => {
    const number = numbers.get(param);
    return number === undefined ? [] : [[String(number), renameKeys(entry, snakeCase)] as const];
  });
  return { state: Object.fromEntries(entries), param_groups: packed };
}

/** Every tensor of a state. */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}

/** A saved state whose tensors can be taken over at once: those that would have to be waited for have been. */
export async function awaitState(
  dict: OptimizerStateDict,
  groups: readonly ParamGroup<GroupOptions>[],
): Promise<OptimizerStateDict> {
  if (!isObject(dict) || !isObject(dict.state) || !Array.isArray(dict.param_groups)) return dict;
  const params = new Map<string, Tensor>();
  dict.param_groups.forEach((group: unknown, index) => {
    // What is no group is refused by who loads it.
    const numbers: unknown = isObject(group) && group.params;
    if (!Array.isArray(numbers)) return;
    numbers.forEach((number, position) => {
      const param = groups[index]?.params[position];
      if (param) params.set(String(number), param);
    });
  });
  const entries = Object.entries(dict.state).map(async ([number, entry]) => {
    const param = params.get(number);
    return [number, param ? await awaitValue(entry, '', param) : entry] as const;
  });
  return { ...dict, state: Object.fromEntries(await Promise.all(entries)) as OptimizerStateDict['state'] };
}

async function awaitValue(value: unknown, key: string, param: Tensor): Promise<unknown> {
  if (value instanceof Tensor) {
    if (deviceOf(value.device).backend.readSync) return value;
    if (key === 'step') return value.item();
    return toDevice(value.detach(), param.device);
  }
  if (Array.isArray(value)) return Promise.all(value.map((item) => awaitValue(item, '', param)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    async ([name, item]) => [name, await awaitValue(item, name, param)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** @throws {DeviceError} The value would have to be waited for. */
function requireReadable(value: Tensor): void {
  if (deviceOf(value.device).backend.readSync) return;
  throw cannotReadNow('loadStateDict', value.device, 'Use await loadStateDictAsync().');
}

/** A value of the state as this parameter needs it: a tensor becomes a copy with its dtype and device. */
function adapt(value: unknown, key: string, param: Tensor): unknown {
  if (value instanceof Tensor) {
    // PyTorch keeps `step` as a tensor; here it is a number, so that a step never waits for the device.
    if (key === 'step' || value.device !== param.device) requireReadable(value);
    if (key === 'step') return Number(value.itemSync());
    const held = value.detach();
    return (isFloat(param.dtype) ? held.to(param) : held.to(param.device)).clone();
  }
  if (Array.isArray(value)) return value.map((item) => adapt(item, '', param));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, adapt(item, name, param)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkLayout(op: string, dict: unknown): asserts dict is OptimizerStateDict {
  const groups = isObject(dict) ? dict.param_groups : undefined;
  const wellFormed =
    Array.isArray(groups) &&
    groups.every((group) => isObject(group) && Array.isArray(group.params)) &&
    isObject((dict as Record<string, unknown>).state);
  if (wellFormed) return;
  throw new StateDictError(
    op,
    "an optimizer's state dict needs 'state' and a list 'param_groups' whose entries have 'params'.",
  );
}

/** What a saved state means for the parameters of an optimizer. */
export interface UnpackedState<Options extends GroupOptions, State extends ParamState> {
  groups: ParamGroup<Options>[];
  state: Map<Tensor, State>;
}

/**
 * Reads PyTorch's layout for the parameters of `groups`, in order. Options that an older file lacks come from `defaults`.
 *
 * @throws {StateDictError} The groups differ in number or size, or it is no state dict.
 */
export function unpackState<Options extends GroupOptions, State extends ParamState>(
  op: string,
  dict: OptimizerStateDict,
  groups: readonly ParamGroup<Options>[],
  defaults: Options,
): UnpackedState<Options, State> {
  checkLayout(op, dict);
  if (dict.param_groups.length !== groups.length) {
    throw new StateDictError('', 'loaded state dict has a different number of parameter groups');
  }
  const params = new Map<string, Tensor>();
  const loaded = groups.map((group, index) => {
    const { params: numbers, ...saved } = dict.param_groups[index]!;
    if (numbers.length !== group.params.length) {
      throw new StateDictError(
        '',
        "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
      );
    }
    numbers.forEach((number, position) => {
      params.set(String(number), group.params[position]!);
    });
    const names = group.paramNames ? { paramNames: group.paramNames } : {};
    const options = renameKeys(saved, camelCase);
    for (const key of Object.keys(options)) options[key] = copyList(options[key]);
    return { ...defaults, ...names, ...options, params: group.params } as ParamGroup<Options>;
  });
  const state = new Map<Tensor, State>();
  for (const [number, entry] of Object.entries(dict.state)) {
    const param = params.get(number);
    if (!param) continue;
    if (!isObject(entry)) throw new StateDictError(op, `the state of parameter ${number} must be an object.`);
    state.set(param, renameKeys(adapt(entry, '', param) as object, camelCase) as State);
  }
  return { groups: loaded, state };
}
