import {
  type DeviceBuffer,
  type DType,
  GradError,
  isContiguous,
  isFloat,
  numel,
  type Shape,
  type View,
} from '@flambeau/backend';
import type { Tensor } from '../tensor.ts';
import type { Device } from './device.ts';
import { isInferenceMode } from './grad-mode.ts';
import {
  AccumulateNode,
  addHook,
  type Edge,
  factsOf,
  type GradHook,
  type GradNode,
  OpNode,
  type RemovableHandle,
} from './graph.ts';
import type { Storage } from './storage.ts';

/** Counts in-place changes; shared by a tensor, its views and what was detached from it. */
export interface VersionCounter {
  value: number;
}

/** How a view follows the history of the tensor it views, when that is changed in place through another view. */
export interface ViewOrigin {
  readonly base: Tensor;
  /** The base's {@link TensorBase.rebased} when this view's history was last made. */
  seen: number;
}

/** The state of a tensor and what needs no other operation: facts, flags, hooks. Its subclass has the operations. */
export abstract class TensorBase {
  /** @internal */
  storage: Storage;
  /** @internal */
  layout: View;
  /** @internal */
  versionCounter: VersionCounter;
  /** @internal */
  origin: ViewOrigin | null = null;
  /** @internal How often this tensor's history was replaced by an in-place change. */
  rebased = 0;
  /** @internal */
  edge: Edge | null = null;
  /** @internal Which output of a custom function made this view; null for all other tensors. */
  customView: string | null = null;

  #requiresGrad = false;
  #grad: Tensor | null = null;
  /** Whether somebody outside may hold `.grad`, because it was read or set there. */
  #gradSeen = false;
  #accumulate: AccumulateNode | null = null;
  readonly #inference: boolean = isInferenceMode();

  constructor(storage: Storage, layout: View, versionCounter: VersionCounter = { value: 0 }) {
    this.storage = storage;
    this.layout = layout;
    this.versionCounter = versionCounter;
  }

  /** @internal A tensor of the plain class, whatever the class of this one. */
  abstract create(storage: Storage, layout: View, versionCounter?: VersionCounter): Tensor;

  /** Sizes of the axes (elements). */
  get shape(): Shape {
    return this.layout.shape;
  }

  get dtype(): DType {
    return this.storage.dtype;
  }

  /** Name of the device that holds the elements. */
  get device(): string {
    return this.storage.device.name;
  }

  /** @internal */
  get runtime(): Device {
    return this.storage.device;
  }

  /** @internal The device's memory. @throws {DisposedError} After dispose. */
  get buffer(): DeviceBuffer {
    return this.storage.buffer(this.layout.shape);
  }

  /** Number of axes. */
  get ndim(): number {
    return this.layout.shape.length;
  }

  /** Number of axes. */
  dim(): number {
    return this.layout.shape.length;
  }

  /** Number of elements. */
  numel(): number {
    return numel(this.layout.shape);
  }

  /** Steps between neighbours along each axis (elements). */
  stride(): readonly number[] {
    return this.layout.strides;
  }

  /** Position of the first element in its storage (elements). */
  storageOffset(): number {
    return this.layout.offset;
  }

  /** Whether the elements lie in memory in row-major order without gaps. */
  isContiguous(): boolean {
    return isContiguous(this.layout);
  }

  /** Whether the elements are floating-point numbers. */
  isFloatingPoint(): boolean {
    return isFloat(this.dtype);
  }

  /** @internal How often the memory was changed in place. */
  get version(): number {
    return this.versionCounter.value;
  }

  /** Whether gradients flow to or through this tensor. */
  get requiresGrad(): boolean {
    return this.#requiresGrad || this.gradEdge() !== null;
  }

  set requiresGrad(on: boolean) {
    if (this.gradEdge() !== null) {
      if (on) return;
      throw new GradError(
        'requiresGrad',
        'you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that does not require differentiation use detach().',
      );
    }
    if (on && !isFloat(this.dtype)) {
      throw new GradError(
        'requiresGrad',
        `only Tensors of floating point dtype can require gradients; got ${this.dtype}.`,
      );
    }
    if (on && this.#inference && !isInferenceMode()) {
      throw new GradError(
        'requiresGrad',
        'Setting requires_grad=True on inference tensor outside InferenceMode is not allowed. Clone it first.',
      );
    }
    this.#requiresGrad = on;
  }

  /** Whether no recorded operation made this tensor. */
  get isLeaf(): boolean {
    return this.gradEdge() === null;
  }

  /** The recorded operation that made this tensor, or null for a leaf. */
  get gradFn(): GradNode | null {
    return this.gradEdge()?.node ?? null;
  }

  /** @internal The edge to the operation that made this tensor; a view's is renewed when its base has changed. */
  gradEdge(): Edge | null {
    const { origin } = this;
    if (origin && origin.seen !== origin.base.rebased) {
      origin.seen = origin.base.rebased;
      this.edge = viewEdge(this as unknown as Tensor, origin.base);
    }
    return this.edge;
  }

  /** @internal Where this tensor's gradient must go: its operation, or its own accumulator. */
  targetEdge(): Edge | null {
    const edge = this.gradEdge();
    if (edge) return edge;
    if (!this.#requiresGrad) return null;
    return { node: this.accumulator(), output: 0 };
  }

  /** @internal */
  accumulator(): AccumulateNode {
    this.#accumulate ??= new AccumulateNode(this as unknown as Tensor);
    return this.#accumulate;
  }

  /** The accumulated gradient of a leaf (or of a tensor that called `retainGrad`); null until there is one. */
  get grad(): Tensor | null {
    this.#gradSeen = true;
    return this.#grad;
  }

  set grad(grad: Tensor | null) {
    if (grad !== null) this.#checkGrad(grad);
    this.#grad = grad;
    this.#gradSeen = true;
  }

  /** @internal `.grad`, for those who do not hold it. */
  peekGrad(): Tensor | null {
    return this.#grad;
  }

  /** @internal Sets the first gradient that backward found, which nobody else holds. */
  depositGrad(grad: Tensor): void {
    this.#grad = grad;
    this.#gradSeen = false;
  }

  /** @internal Forgets `.grad`; its memory is given back at once where nobody can hold it. */
  releaseGrad(): void {
    const grad = this.#grad;
    this.#grad = null;
    if (grad && !this.#gradSeen) grad.storage.dispose(released);
  }

  #checkGrad(grad: Tensor): void {
    if (!(grad instanceof TensorBase)) throw new GradError('grad', 'assigned grad must be a Tensor or null.');
    if (grad.shape.length !== this.shape.length || grad.shape.some((size, i) => size !== this.shape[i])) {
      throw new GradError(
        'grad',
        `assigned grad has data of a different size: [${grad.shape.join(', ')}], expected [${this.shape.join(', ')}].`,
      );
    }
    if (grad.dtype !== this.dtype)
      throw new GradError('grad', `assigned grad has data of a different type: ${grad.dtype}.`);
    if (grad.device !== this.device) {
      throw new GradError(
        'grad',
        `assigned grad lives on device '${grad.device}', the tensor on '${this.device}'. Move one with to().`,
      );
    }
  }

  /** Keeps the gradient of a non-leaf tensor in `.grad` during backward. */
  retainGrad(): void {
    const edge = this.gradEdge();
    if (!this.requiresGrad)
      throw new GradError('retainGrad', "can't retain_grad on Tensor that has requires_grad=False.");
    if (!edge) return;
    edge.node.retained ??= new Map();
    edge.node.retained.set(edge.output, this as unknown as Tensor);
  }

  /**
   * Calls `hook` with the gradient of this tensor whenever it is computed; a returned tensor replaces it.
   *
   * @throws {GradError} The tensor does not require gradients.
   */
  registerHook(hook: GradHook): RemovableHandle {
    const edge = this.targetEdge();
    if (!edge) throw new GradError('registerHook', "cannot register a hook on a tensor that doesn't require gradient.");
    edge.node.hooks ??= new Map();
    const tables = edge.node.hooks;
    let table = tables.get(edge.output);
    if (!table) {
      table = new Map();
      tables.set(edge.output, table);
    }
    return addHook(table, hook);
  }

  /** Sets whether gradients are wanted for this leaf, and returns it. */
  requiresGrad_(on = true): this {
    this.requiresGrad = on;
    return this;
  }
}

/** A history for a view of a changed base: whatever made it first, it now is a strided piece of the base. */
function viewEdge(view: Tensor, base: Tensor): Edge | null {
  const target = base.targetEdge();
  if (!target) return null;
  const attributes = { layout: view.layout, base: base.layout };
  const saved = { operands: [null], outputs: [null] };
  return { node: new OpNode('asStrided', attributes, [target], [factsOf(base)], [factsOf(view)], saved), output: 0 };
}

const released = (): string => 'by zeroGrad()';
