import { deviceOf, Tensor, toDevice } from '@flambeau/autograd';
import type { StateDictLike } from './load-state-dict.ts';
import type { AnyModule } from './module-base.ts';
import { snakePath } from './names.ts';
import { StateDict } from './state-dict.ts';
import { isUninitialized } from './uninitialized.ts';

/**
 * A state dict whose tensors can be copied into a module at once: those on other devices that cannot be read at once are moved
 * to where the module's are.
 */
export async function awaitStateDict(module: AnyModule, source: StateDictLike): Promise<StateDictLike> {
  // What is no dictionary is refused by who loads it.
  if (typeof source !== 'object' || source === null || Array.isArray(source) || source instanceof Tensor) return source;
  const own = new Map(
    [...module.namedParameters(), ...module.namedBuffers()].map(([name, { device }]) => [snakePath(name), device]),
  );
  const home: string | undefined = own.values().next().value;
  const entries: [string, unknown][] = source instanceof Map ? [...source] : Object.entries(source);
  const moved = entries.map(async ([key, value]): Promise<[string, unknown]> => {
    const target = own.get(snakePath(key)) ?? home;
    if (!(value instanceof Tensor) || isUninitialized(value) || target === undefined) return [key, value];
    if (value.device === target || deviceOf(value.device).backend.readSync) return [key, value];
    return [key, await toDevice(value.detach(), target)];
  });
  const result = new StateDict((await Promise.all(moved)) as [string, Tensor][]);
  if (source instanceof StateDict) result.metadata = source.metadata;
  return result;
}
