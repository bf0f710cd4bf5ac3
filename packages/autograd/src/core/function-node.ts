import { GradError, isFloat } from '@flambeau/backend';
import type { Tensor } from '../tensor.ts';
import { isTensor } from './dispatch.ts';
import { isGradEnabled, noGrad } from './grad-mode.ts';
import { type Edge, factsOf, GradNode, releasedError, SavedTensor, type TensorFacts } from './graph.ts';

/** What a custom function's forward and backward share. */
export class FunctionContext {
  #saved: readonly SavedTensor[] | null = [];
  #nonDifferentiable: readonly Tensor[] = [];
  /** Whether each input wants a gradient; tensors only. */
  readonly needsInputGrad: readonly boolean[];
  /** Anything else that backward needs. */
  readonly values: Record<string, unknown> = {};

  constructor(needsInputGrad: readonly boolean[]) {
    this.needsInputGrad = needsInputGrad;
  }

  /** Keeps tensors for backward, where `savedTensors` gives them back. */
  saveForBackward(...tensors: readonly Tensor[]): void {
    this.#saved = tensors.map((tensor) => new SavedTensor(tensor));
  }

  /** @throws {GradError} They were freed by a backward, or changed in place. */
  get savedTensors(): readonly Tensor[] {
    if (!this.#saved) throw releasedError('AutogradFunction');
    return this.#saved.map((saved) => saved.unpack('AutogradFunction'));
  }

  /** Says that outputs take no gradient, e.g. indices. */
  markNonDifferentiable(...tensors: readonly Tensor[]): void {
    this.#nonDifferentiable = tensors;
  }

  /** @internal */
  isDifferentiable(tensor: Tensor): boolean {
    return isFloat(tensor.dtype) && !this.#nonDifferentiable.includes(tensor);
  }

  /** @internal */
  keptTensors(): Tensor[] {
    return (this.#saved ?? []).map((saved) => saved.tensor);
  }

  /** @internal Nothing kept means nothing to free: such a function may run backward again. */
  release(): void {
    if (this.#saved?.length) this.#saved = null;
  }
}

/** A custom operation: how it computes, and the gradients of its tensor inputs from those of its outputs. */
export interface CustomFunction<In extends readonly unknown[], Out extends Tensor | readonly Tensor[]> {
  /** Names the node in errors; PyTorch's is the class name. */
  readonly name: string;
  /** Computes without being recorded. */
  readonly forward: (ctx: FunctionContext, ...inputs: In) => Out;
  /** One gradient (or null) per input, non-tensors included. */
  readonly backward: (
    ctx: FunctionContext,
    ...grads: readonly (Tensor | null)[]
  ) => Tensor | null | readonly (Tensor | null | undefined)[];
}

/** The graph node of a custom function. */
export class FunctionNode extends GradNode {
  readonly name: string;
  readonly #context: FunctionContext;
  readonly #rule: CustomFunction<readonly never[], Tensor>['backward'];

  constructor(
    name: string,
    context: FunctionContext,
    rule: CustomFunction<readonly never[], Tensor>['backward'],
    edges: readonly (Edge | null)[],
    outputs: readonly TensorFacts[],
  ) {
    super(edges, outputs);
    this.name = `${name}Backward`;
    this.#context = context;
    this.#rule = rule;
  }

  /** Runs the custom rule. @throws {GradError} It gives another number of gradients than there are inputs. */
  backward(grads: readonly (Tensor | null)[], needs: readonly boolean[]): readonly (Tensor | null)[] {
    const given = this.#rule(this.#context, ...grads);
    const list: readonly (Tensor | null | undefined)[] = isTensor(given) || given === null ? [given] : given;
    const expected = this.edges.length;
    if (list.length < expected) {
      throw new GradError(
        this.name,
        `returned an incorrect number of gradients (expected ${expected}, got ${list.length}).`,
      );
    }
    return needs.map((need, i) => (need ? (list[i] ?? null) : null));
  }

  /** Tensors that are still kept. */
  keptTensors(): Tensor[] {
    return this.#context.keptTensors();
  }

  release(): void {
    this.#context.release();
  }
}

/**
 * Makes a differentiable operation out of a forward and a backward.
 *
 * @example
 * const cube = customFunction({
 *   name: 'Cube',
 *   forward: (ctx, x: Tensor) => { ctx.saveForBackward(x); return x.pow(3); },
 *   backward: (ctx, grad) => grad!.mul(ctx.savedTensors[0]!.square().mul(3)),
 * });
 */
export function customFunction<In extends readonly unknown[], Out extends Tensor | readonly Tensor[]>(
  definition: CustomFunction<In, Out>,
): (...inputs: In) => Out {
  return (...inputs) => {
    const edges = inputs.map((input) => (isTensor(input) ? input.targetEdge() : null));
    const recorded = isGradEnabled() && edges.some((edge) => edge !== null);
    const context = new FunctionContext(edges.map((edge) => edge !== null));
    const result = noGrad(() => definition.forward(context, ...inputs));
    if (!recorded) return result;
    const outputs: readonly Tensor[] = isTensor(result) ? [result] : result;
    // An input handed through gets a history of its own, without touching the input's.
    const own = outputs.map((tensor) =>
      inputs.includes(tensor) ? tensor.create(tensor.storage, tensor.layout, tensor.versionCounter) : tensor,
    );
    const node = new FunctionNode(definition.name, context, definition.backward, edges, own.map(factsOf));
    const storages = new Set(inputs.map((input) => (isTensor(input) ? input.storage : null)));
    own.forEach((tensor, output) => {
      if (!context.isDifferentiable(outputs[output] as Tensor)) return;
      tensor.edge = { node, output };
      if (storages.has(tensor.storage)) tensor.customView = `Output ${output} of ${node.name}`;
    });
    return (isTensor(result) ? own[0] : own) as Out;
  };
}
