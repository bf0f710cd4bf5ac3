import { type BackendMemory, defaultBackend } from '@flambeau/backend';
import type { Tensor } from '../tensor.ts';
import { requireTensor } from './arguments.ts';
import { deviceOf } from './device.ts';
import { isTensor } from './dispatch.ts';
import { FunctionNode } from './function-node.ts';
import { AccumulateNode, type GradNode, OpNode } from './graph.ts';
import { currentScope, disposalSite, enterScope, keepStorage, laterCallSite, type Scope } from './lifetime.ts';
import type { Storage } from './storage.ts';

/** Gives a tensor's memory back now. */
export function disposeTensor(tensor: Tensor): void {
  tensor.storage.dispose(disposalSite());
}

/** Lets a tensor outlive the scopes that are open now, and returns it. */
export function keep<T extends Tensor>(tensor: T): T {
  requireTensor('keep', tensor);
  keepStorage(tensor.storage);
  return tensor;
}

/** Whether a {@link scope} is open: whether what is made now must be kept to outlive it. */
export function isInScope(): boolean {
  return currentScope() !== null;
}

/** Storages that a value still needs: its tensors', and what their graphs saved for backward. */
function reachableStorages(value: unknown): Set<Storage> {
  const storages = new Set<Storage>();
  const seen = new Set<unknown>();
  const stack: unknown[] = [value];
  const nodes: GradNode[] = [];
  const keepTensor = (tensor: Tensor): void => {
    if (seen.has(tensor)) return;
    seen.add(tensor);
    storages.add(tensor.storage);
    const node = tensor.gradFn;
    if (node) nodes.push(node);
    const grad = tensor.peekGrad();
    if (grad) keepTensor(grad);
  };
  while (stack.length || nodes.length) {
    const node = nodes.pop();
    if (node) {
      if (seen.has(node)) continue;
      seen.add(node);
      for (const edge of node.edges) if (edge) nodes.push(edge.node);
      if (node instanceof AccumulateNode) keepTensor(node.leaf);
      else if (node instanceof OpNode) for (const kept of node.keptTensors()) keepTensor(kept);
      else if (node instanceof FunctionNode) for (const kept of node.keptTensors()) keepTensor(kept);
      continue;
    }
    const item = stack.pop();
    if (isTensor(item)) keepTensor(item);
    else if ((typeof item === 'object' || typeof item === 'function') && item !== null && !seen.has(item)) {
      seen.add(item);
      if (item instanceof Map) stack.push(...item.keys(), ...item.values());
      else if (item instanceof Set) stack.push(...item);
      else if (!ArrayBuffer.isView(item)) stack.push(...Object.values(item));
    }
  }
  return storages;
}

function closeScope(scope: Scope, result: unknown, site: () => string): void {
  const needed = reachableStorages(result);
  for (const storage of scope.storages) {
    if (scope.kept.has(storage)) continue;
    if (needed.has(storage)) scope.parent?.storages.add(storage);
    else storage.dispose(() => `at the end of a scope opened ${site()}`);
  }
}

/**
 * Runs a function and frees the tensors made inside that are not part of its result, kept with {@link keep}, or gradients
 * of leaves.
 *
 * An async function's scope stays open until its promise settles; tensors made elsewhere meanwhile belong to it too.
 */
export function scope<T>(fn: () => T): T {
  const opened: Scope = { storages: new Set(), kept: new Set(), parent: currentScope() };
  const site = laterCallSite();
  enterScope(opened);
  const finish = (result: unknown): void => {
    if (currentScope() === opened) enterScope(opened.parent);
    closeScope(opened, result, site);
  };
  let result: T;
  try {
    result = fn();
  } catch (error) {
    finish(null);
    throw error;
  }
  if (result instanceof Promise) {
    return result.then(
      (value) => {
        finish(value);
        return value;
      },
      (error: unknown) => {
        finish(null);
        throw error;
      },
    ) as T;
  }
  finish(result);
  return result;
}

/** Memory that a device holds now (buffers, bytes, peak, pool). @param device - The default device when absent. */
export function memoryStats(device: string = defaultBackend()): BackendMemory {
  return deviceOf(device).backend.memory();
}
