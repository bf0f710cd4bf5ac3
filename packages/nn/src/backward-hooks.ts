import { customFunction, isGradEnabled, Tensor, zerosLike } from '@flambeau/autograd';
import { ModuleError } from './errors.ts';
import { globalHooks } from './global-hooks.ts';
import type { Hook, HookTables } from './hook-tables.ts';
import type { BackwardHook, BackwardPreHook, Gradients } from './hook-types.ts';
import type { AnyModule } from './module-base.ts';
import { typeName } from './names.ts';
import { warnOnce } from './utils/warn.ts';

/**
 * Passes tensors through one identity that reports their gradients together; null if none takes part in
 * differentiation.
 */
function observe(tensors: readonly Tensor[], onBackward: (gradients: Gradients) => Gradients): Tensor[] | null {
  if (!isGradEnabled() || !tensors.some(({ requiresGrad }) => requiresGrad)) return null;
  const identity = customFunction({
    name: 'BackwardHookFunction',
    forward: (ctx, ...inputs: Tensor[]) => {
      const views = inputs.map((tensor) => tensor.view(tensor.shape));
      ctx.markNonDifferentiable(...views.filter((_, i) => !inputs[i]?.requiresGrad));
      return views;
    },
    backward: (_ctx, ...gradients) => onBackward([...gradients]),
  });
  return identity(...tensors);
}

/** What a hook returned, as a list; null if it left everything. */
function answer(returned: unknown): Gradients | null {
  if (returned === null || returned === undefined) return null;
  return Array.isArray(returned) ? returned : [returned as Tensor];
}

/** The tensors of a list, and where they stand in it. */
class Places {
  readonly tensors: readonly Tensor[];
  readonly #length: number;
  readonly #positions: readonly number[];

  constructor(values: readonly unknown[]) {
    this.#length = values.length;
    this.#positions = [...values.keys()].filter((i) => values[i] instanceof Tensor);
    this.tensors = this.#positions.map((i) => values[i] as Tensor);
  }

  /** One entry per value: what belongs to its tensor, or null. */
  spread(perTensor: Gradients): Gradients {
    const all: Gradients = Array.from({ length: this.#length }, () => null);
    this.#positions.forEach((position, i) => {
      all[position] = perTensor[i] ?? null;
    });
    return all;
  }

  /** The entries of the tensors. */
  pick(all: Gradients): Gradients {
    return this.#positions.map((position) => all[position] ?? null);
  }

  /** The values with other tensors in their places. */
  replace(values: readonly unknown[], tensors: readonly Tensor[]): unknown[] {
    const replaced = [...values];
    this.#positions.forEach((position, i) => {
      replaced[position] = tensors[i];
    });
    return replaced;
  }
}

/** The backward hooks of one call: one identity around the inputs, one around the outputs. */
export class CallBackwardHooks {
  readonly #module: AnyModule;
  readonly #preHooks: readonly Hook[];
  readonly #hooks: readonly Hook[];
  #inputs: Places = new Places([]);
  #observesInputs = false;
  #gradOutput: Gradients | null = null;

  constructor(module: AnyModule, preHooks: readonly Hook[], hooks: readonly Hook[]) {
    this.#module = module;
    this.#preHooks = preHooks;
    this.#hooks = hooks;
  }

  /** The arguments that `forward` gets instead. */
  wrapInputs(args: unknown[]): unknown[] {
    const inputs = new Places(args);
    this.#inputs = inputs;
    const views = observe(inputs.tensors, (gradients) => this.#onInputGradients(gradients));
    this.#observesInputs = views !== null;
    return views ? inputs.replace(args, views) : args;
  }

  /** The output that the caller gets instead. */
  wrapOutput(output: unknown): unknown {
    if (!(output instanceof Tensor) && !Array.isArray(output)) {
      warnOnce(
        `For backward hooks to be called, module output should be a Tensor or an array of Tensors but received ${typeName(output)}`,
      );
      return output;
    }
    const values: unknown[] = Array.isArray(output) ? output : [output];
    const outputs = new Places(values);
    const views = observe(outputs.tensors, (gradients) => this.#onOutputGradients(outputs, gradients));
    if (!views) return output;
    return Array.isArray(output) ? outputs.replace(values, views) : views[0];
  }

  #onOutputGradients(outputs: Places, gradients: Gradients): Gradients {
    let gradOutput = outputs.spread(gradients);
    for (const { run } of this.#preHooks) {
      const returned = answer((run as BackwardPreHook<AnyModule>)(this.#module, gradOutput));
      if (!returned) continue;
      requireCount('Backward pre hook', 'grad_output', returned, gradOutput);
      gradOutput = returned;
    }
    if (this.#observesInputs) this.#gradOutput = gradOutput;
    else this.#reportWithoutInputs(gradOutput);
    return outputs.pick(gradOutput);
  }

  #reportWithoutInputs(gradOutput: Gradients): void {
    for (const { run } of this.#hooks) {
      const returned = answer((run as BackwardHook<AnyModule>)(this.#module, this.#inputs.spread([]), gradOutput));
      if (returned?.some((gradient) => gradient !== null)) {
        throw new ModuleError(
          'Backward hook for Modules where no input requires gradient should always return None or None for all gradients.',
        );
      }
    }
  }

  #onInputGradients(gradients: Gradients): Gradients {
    const gradOutput = this.#gradOutput;
    if (!gradOutput) return gradients;
    this.#gradOutput = null;
    const { tensors } = this.#inputs;
    // An input that did not take part still gets a gradient: zeros.
    const full = tensors.map((tensor, i) => (tensor.requiresGrad ? (gradients[i] ?? zerosLike(tensor)) : null));
    let gradInput = this.#inputs.spread(full);
    for (const { run } of this.#hooks) {
      const returned = answer((run as BackwardHook<AnyModule>)(this.#module, gradInput, gradOutput));
      if (!returned) continue;
      requireCount('Backward hook', 'grad_input', returned, gradInput);
      gradInput = returned;
    }
    return this.#inputs.pick(gradInput);
  }
}

/** @throws {ModuleError} A hook returned another number of gradients than it got. */
function requireCount(hook: string, name: string, returned: Gradients, given: Gradients): void {
  if (returned.length === given.length) return;
  throw new ModuleError(
    `${hook} returned an invalid number of ${name}, got ${returned.length}, but expected ${given.length}`,
  );
}

/** The backward hooks that concern a call, if there are any. */
export function backwardHooksOf(module: AnyModule, own: HookTables): CallBackwardHooks | null {
  const preHooks = [...globalHooks.list('backwardPre'), ...own.list('backwardPre')];
  const hooks = [...globalHooks.list('backward'), ...own.list('backward')];
  return preHooks.length + hooks.length > 0 ? new CallBackwardHooks(module, preHooks, hooks) : null;
}

/** Hangs the old kind of hooks on the output's last operation. */
export function legacyBackwardHooks(module: AnyModule, own: HookTables, output: unknown): void {
  const hooks = [...globalHooks.list('legacyBackward'), ...own.list('legacyBackward')];
  if (hooks.length === 0) return;
  const node = firstTensor(output)?.gradFn;
  for (const { run } of hooks) {
    node?.registerHook((gradInput, gradOutput) =>
      answer((run as BackwardHook<AnyModule>)(module, [...gradInput], [...gradOutput])),
    );
  }
}

/** The tensor on whose operation old hooks hang: the first one found in nested lists and objects. */
function firstTensor(output: unknown): Tensor | null {
  let current = output;
  while (!(current instanceof Tensor)) {
    if (typeof current !== 'object' || current === null) return null;
    const values: unknown[] = Object.values(current);
    current = Array.isArray(current) ? current[0] : values.find((value) => value instanceof Tensor);
  }
  return current;
}

/** @throws {ModuleError} There are hooks of the old kind. */
export function requireNoLegacyBackwardHooks(hooks: HookTables, where = 'on a single Module'): void {
  if (hooks.has('legacyBackward')) throw mixed(where);
}

/** @throws {ModuleError} There are full hooks. */
export function requireOnlyLegacyBackwardHooks(hooks: HookTables, where = 'on a single Module'): void {
  if (hooks.has('backward')) throw mixed(where);
}

function mixed(where: string): ModuleError {
  return new ModuleError(
    `Cannot use both regular backward hooks and full backward hooks ${where}. Please use only one of them.`,
  );
}
