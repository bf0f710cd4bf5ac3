import type { DType, Shape } from '@flambeau/backend';
import { GradError } from '@flambeau/backend';
import type { OpAttributes, OpName } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';

/** A number, or a tensor, as an operation takes them. */
export type Scalar = number | bigint | boolean;
/** One operand of an operation. */
export type Operand = Tensor | Scalar;

/** Where a gradient goes: output `output` of the operation `node`. */
export interface Edge {
  readonly node: GradNode;
  readonly output: number;
}

/** What is known about a tensor of the graph without keeping its memory. */
export interface TensorFacts {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly device: string;
}

/** Called with a gradient on its way; a returned tensor replaces it. */
export type GradHook = (grad: Tensor) => Tensor | null | undefined | void;

/** Called with the gradients of a node's inputs and outputs; a list that is returned replaces those of the inputs. */
export type NodeHook = (
  gradInputs: readonly (Tensor | null)[],
  gradOutputs: readonly (Tensor | null)[],
  // `void`: a hook without a return statement changes nothing.
) => readonly (Tensor | null)[] | null | undefined | void;

let nextId = 0;
let anomaly = false;

/**
 * Makes new graph nodes remember where they were made, and gradients be checked for NaN: by `backward` itself, or, on a device
 * that cannot be read at once, by `await checkAnomalies()` after it.
 *
 * @source PyTorch `torch.autograd.set_detect_anomaly`
 */
export function setDetectAnomaly(on: boolean): void {
  anomaly = on;
}

/** Whether anomaly detection is on. */
export function isAnomalyEnabled(): boolean {
  return anomaly;
}

/** One recorded operation. A node is always made after the nodes its edges lead to. */
export abstract class GradNode {
  /** Grows with time: descending ids are an order in which gradients can flow. */
  readonly id: number = nextId++;
  /** PyTorch's way of naming it, e.g. `MulBackward0`. */
  abstract readonly name: string;
  /** One per input; null where no gradient is needed. */
  readonly edges: readonly (Edge | null)[];
  /** Facts about each output. */
  readonly outputs: readonly TensorFacts[];
  /** Per output, hooks on its gradient, in order. */
  hooks: Map<number, Map<number, GradHook>> | null = null;
  /** Per output, the non-leaf tensor that asked to retain its gradient. */
  retained: Map<number, Tensor> | null = null;
  /** Hooks that run after the node's own derivative. */
  nodeHooks: Map<number, NodeHook> | null = null;
  /** The forward call's stack, in anomaly mode. */
  readonly site: string | null = anomaly ? (new Error().stack ?? null) : null;

  constructor(edges: readonly (Edge | null)[], outputs: readonly TensorFacts[]) {
    this.edges = edges;
    this.outputs = outputs;
  }

  /** Calls `hook` after this node's derivative; a list that it returns replaces the gradients of the inputs. */
  registerHook(hook: NodeHook): RemovableHandle {
    this.nodeHooks ??= new Map();
    return addHook(this.nodeHooks, hook);
  }

  /** Drops what was saved for backward. */
  abstract release(): void;
}

/** A tensor kept for backward, with the version it had. */
export class SavedTensor {
  readonly tensor: Tensor;
  readonly version: number;

  constructor(tensor: Tensor) {
    this.tensor = tensor;
    this.version = tensor.version;
  }

  /** @throws {GradError} The tensor was changed in place since. */
  unpack(op: string): Tensor {
    if (this.tensor.version !== this.version) {
      throw new GradError(
        op,
        `one of the variables needed for gradient computation has been modified by an inplace operation: a tensor of shape [${this.tensor.shape.join(', ')}] is at version ${this.tensor.version}; expected version ${this.version} instead. Use the out-of-place form, or clone() first.`,
        { shape: this.tensor.shape },
      );
    }
    return this.tensor;
  }
}

/** What an op keeps of its operands and outputs for its derivative. */
export interface Saved {
  readonly operands: readonly (SavedTensor | Scalar | null)[];
  readonly outputs: readonly (SavedTensor | null)[];
}

/** Primitive ops that users know by another name. */
const PUBLIC_NAMES: Readonly<Partial<Record<OpName, string>>> = { copy: 'clone', cast: 'toCopy', square: 'pow' };

/** A recorded primitive op; its derivative is the row of that name in the table. */
export class OpNode<K extends OpName = OpName> extends GradNode {
  readonly op: K;
  readonly attributes: OpAttributes[K];
  readonly operandFacts: readonly (TensorFacts | null)[];
  /** The public function that was called, where it is not the primitive op itself. */
  label: string | null = null;
  #saved: Saved | null;

  constructor(
    op: K,
    attributes: OpAttributes[K],
    edges: readonly (Edge | null)[],
    operandFacts: readonly (TensorFacts | null)[],
    outputs: readonly TensorFacts[],
    saved: Saved,
  ) {
    super(edges, outputs);
    this.op = op;
    this.attributes = attributes;
    this.operandFacts = operandFacts;
    this.#saved = saved;
  }

  get name(): string {
    const name = this.label ?? PUBLIC_NAMES[this.op] ?? this.op;
    return `${name.charAt(0).toUpperCase()}${name.slice(1)}Backward0`;
  }

  /** @throws {GradError} Backward already went through here and freed it. */
  saved(): Saved {
    if (this.#saved) return this.#saved;
    throw releasedError(this.op);
  }

  /** Tensors that are still kept; none after a release. */
  keptTensors(): Tensor[] {
    const all = this.#saved ? [...this.#saved.operands, ...this.#saved.outputs] : [];
    return all.filter((kept) => kept instanceof SavedTensor).map((kept) => kept.tensor);
  }

  /** Nothing kept means nothing to free: such a node may run backward again, as in PyTorch. */
  release(): void {
    const kept = (value: unknown): boolean => value instanceof SavedTensor;
    if (this.#saved?.operands.some(kept) || this.#saved?.outputs.some(kept)) this.#saved = null;
  }
}

/** PyTorch's complaint about a second backward. */
export function releasedError(op: string): GradError {
  return new GradError(
    op,
    'Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Specify retainGraph: true if you need to backward through the graph a second time.',
  );
}

/** The end of the graph: adds what arrives to a leaf's `.grad`. */
export class AccumulateNode extends GradNode {
  readonly name = 'AccumulateGrad';
  readonly leaf: Tensor;

  constructor(leaf: Tensor) {
    super([], [factsOf(leaf)]);
    this.leaf = leaf;
  }

  release(): void {}
}

/** Facts of a tensor. */
export function factsOf(tensor: Tensor): TensorFacts {
  return { shape: tensor.shape, dtype: tensor.dtype, device: tensor.device };
}

let nextHook = 0;

/** Something registered that can be taken back; `using` does so at the end of a block. */
export interface RemovableHandle {
  readonly id: number;
  /** Takes it back; more than once is harmless. */
  remove(): void;
  [Symbol.dispose](): void;
}

/** Puts an entry into a table of hooks and gives the handle that removes it. */
export function addHook<H>(table: Map<number, H>, hook: H): RemovableHandle {
  const id = nextHook++;
  table.set(id, hook);
  const remove = (): void => void table.delete(id);
  return { id, remove, [Symbol.dispose]: remove };
}
