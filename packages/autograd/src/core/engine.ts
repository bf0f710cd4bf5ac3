import { GradError, sameShape } from '@flambeau/backend';
import { derivatives } from '../derivatives/index.ts';
import { type Derivative, RuleContext } from '../derivatives/rule.ts';
import { clone } from '../functions/clone.ts';
import { add } from '../functions/pointwise.ts';
import { contiguousCopy } from '../kernels/copy.ts';
import { fillStorage } from '../kernels/elementwise.ts';
import { elementwiseInPlace } from '../ops/elementwise.ts';
import type { OpName } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import { checkAnomaly } from './anomaly.ts';
import { emptyLike, isTensor } from './dispatch.ts';
import { FunctionNode } from './function-node.ts';
import { withGradMode } from './grad-mode.ts';
import { GradientMemory } from './gradient-memory.ts';
import { AccumulateNode, type Edge, type GradHook, type GradNode, isAnomalyEnabled, OpNode } from './graph.ts';
import { keepStorage } from './lifetime.ts';
import type { Storage } from './storage.ts';

/** Options of {@link backward}. */
export interface BackwardOptions {
  /** Keep what the graph saved, for another backward. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the gradients' own computation, for higher derivatives. */
  readonly createGraph?: boolean;
  /** Accumulate only into these leaves. */
  readonly inputs?: Tensor | readonly Tensor[];
}

/** Options of {@link grad}. */
export interface GradOptions extends Omit<BackwardOptions, 'inputs'> {
  /** Gradients of the outputs; ones for scalars by default. */
  readonly gradOutputs?: Tensor | null | readonly (Tensor | null)[];
  /** Give null for inputs that the outputs do not depend on, instead of an error. */
  readonly allowUnused?: boolean;
}

/** Where gradients are collected for `grad`: per node, per output, the positions in the result. */
type Captures = Map<GradNode, Map<number, number[]>>;

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

/** The gradient to start from: given, or 1 for a single element. */
function startGradient(op: string, output: Tensor, given: Tensor | null | undefined): Tensor {
  if (given === null || given === undefined) {
    if (output.numel() !== 1)
      throw new GradError(op, 'grad can be implicitly created only for scalar outputs.', { shape: output.shape });
    const one = emptyLike(output, output.shape, output.dtype);
    fillStorage(one, 1);
    return one;
  }
  if (!isTensor(given)) throw new GradError(op, 'gradients can be either Tensors, Scalars, or null.');
  if (!sameShape(given.shape, output.shape)) {
    throw new GradError(
      op,
      `Mismatch in shape: grad_output has a shape of [${given.shape.join(', ')}] and output has a shape of [${output.shape.join(', ')}].`,
    );
  }
  return given;
}

/** All nodes that gradients can reach from the roots, later ones first. */
function reachable(roots: readonly Edge[]): GradNode[] {
  const seen = new Set<GradNode>();
  const stack = roots.map((edge) => edge.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const edge of node.edges) if (edge && !seen.has(edge.node)) stack.push(edge.node);
  }
  // Accumulators may be made after the nodes that use them; they are ends, so they come last.
  const rank = (node: GradNode): number => (node instanceof AccumulateNode ? -1 : node.id);
  return [...seen].sort((a, b) => rank(b) - rank(a));
}

/** The nodes that lead to one of the targets; gradients flow only through them. */
function leadingTo(order: readonly GradNode[], isTarget: (node: GradNode) => boolean): Set<GradNode> {
  const needed = new Set<GradNode>();
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] as GradNode;
    if (isTarget(node) || node.edges.some((edge) => edge && needed.has(edge.node))) needed.add(node);
  }
  return needed;
}

function accumulateInto(
  table: Map<GradNode, (Tensor | null)[]>,
  { node, output }: Edge,
  grad: Tensor,
  memory: GradientMemory | null,
): void {
  let row = table.get(node);
  if (!row) {
    row = new Array<Tensor | null>(node.outputs.length).fill(null);
    table.set(node, row);
  }
  const known = row[output];
  const sum = known ? add(known, grad) : grad;
  row[output] = sum;
  memory?.hold(sum);
  if (known) memory?.drop(known);
}

function runHooks(hooks: ReadonlyMap<number, GradHook>, grad: Tensor): Tensor {
  let current = grad;
  for (const hook of [...hooks.values()]) {
    const replaced = hook(current);
    if (replaced === null || replaced === undefined) continue;
    if (!isTensor(replaced) || !sameShape(replaced.shape, current.shape)) {
      throw new GradError(
        'registerHook',
        `a hook must return a Tensor of shape [${current.shape.join(', ')}], or nothing.`,
      );
    }
    current = replaced;
  }
  return current;
}

/**
 * Adds a gradient to a leaf's `.grad`: in place, unless that is recorded.
 *
 * @param shared - Memory that someone else holds; the first leaf to take a gradient as it is enters it here.
 */
function deposit(
  leaf: Tensor,
  grad: Tensor,
  recorded: boolean,
  shared: Set<Storage>,
  memory: GradientMemory | null,
): void {
  const before = leaf.peekGrad();
  if (before && !recorded) elementwiseInPlace('add', before, grad);
  else if (before) leaf.grad = add(before, grad);
  else {
    const whole = grad.isContiguous() && grad.numel() === grad.storage.length;
    const own = whole && !shared.has(grad.storage);
    if (own) shared.add(grad.storage);
    // A recorded gradient is held by its graph.
    if (recorded) leaf.grad = own ? grad : clone(grad);
    else leaf.depositGrad(own ? detachFrom(grad) : contiguousCopy(grad));
  }
  const sum = leaf.peekGrad() as Tensor;
  if (memory) memory.keep(sum);
  else keepStorage(sum.storage);
}

function detachFrom(grad: Tensor): Tensor {
  return grad.edge ? grad.create(grad.storage, grad.layout, grad.versionCounter) : grad;
}

function gradientsOf(
  node: GradNode,
  grads: readonly (Tensor | null)[],
  needs: readonly boolean[],
  memory: GradientMemory | null,
): readonly (Tensor | null | undefined)[] {
  if (node instanceof OpNode) {
    const rule = derivatives[node.op as OpName] as Derivative<OpName>;
    return rule(new RuleContext(node as OpNode, grads, needs));
  }
  if (!(node instanceof FunctionNode)) return [];
  const compute = (): readonly (Tensor | null | undefined)[] => node.backward(grads, needs);
  return memory ? memory.shown(grads, compute) : compute();
}

/** Lets the hooks of a node see, and replace, the gradients of its inputs. */
function runNodeHooks(
  node: GradNode,
  computed: readonly (Tensor | null | undefined)[],
  grads: readonly (Tensor | null)[],
): readonly (Tensor | null)[] {
  let current: readonly (Tensor | null)[] = node.edges.map((_, i) => computed[i] ?? null);
  for (const hook of [...(node.nodeHooks?.values() ?? [])]) {
    const replaced = hook(current, grads);
    if (replaced === null || replaced === undefined) continue;
    if (replaced.length !== current.length) {
      throw new GradError(
        node.name,
        `a hook returned an invalid number of grad_input, got ${replaced.length}, but expected ${current.length}`,
      );
    }
    current = replaced;
  }
  return current;
}

interface Flow {
  /** The public function, for errors. */
  readonly op: 'backward' | 'grad';
  readonly outputs: readonly Tensor[];
  readonly roots: readonly Edge[];
  /** Gradients of the outputs, where they are given. */
  readonly given: readonly (Tensor | null)[];
  readonly retainGraph: boolean;
  readonly createGraph: boolean;
  /** Null: accumulate into every leaf. */
  readonly leaves: ReadonlySet<GradNode> | null;
  readonly captures: Captures | null;
  readonly result: (Tensor | null)[];
}

/** Walks the graph once, later operations first. */
function flow({ op, outputs, roots, given, retainGraph, createGraph, leaves, captures, result }: Flow): void {
  const order = reachable(roots);
  const isTarget = (node: GradNode): boolean =>
    captures ? captures.has(node) : leaves ? leaves.has(node) : node instanceof AccumulateNode;
  const needed = leadingTo(order, isTarget);
  const table = new Map<GradNode, (Tensor | null)[]>();
  // A recorded gradient is part of a graph, which keeps what it needs.
  const memory = createGraph ? null : new GradientMemory();
  // What the caller, hooks and custom functions hold must not become a `.grad`, which is changed in place.
  const shared = new Set<Storage>();
  const start = (): void => {
    roots.forEach((edge, i) => {
      const grad = startGradient(op, outputs[i] as Tensor, given[i]);
      if (given[i]) shared.add(grad.storage);
      accumulateInto(table, edge, grad, memory);
    });
  };
  if (memory) memory.step(start);
  else start();

  const visit = (node: GradNode, row: (Tensor | null)[]): void => {
    node.hooks?.forEach((hooks, output) => {
      const grad = row[output];
      if (!grad) return;
      shared.add(grad.storage);
      const replaced = memory ? memory.shown([grad], () => runHooks(hooks, grad)) : runHooks(hooks, grad);
      shared.add(replaced.storage);
      row[output] = replaced;
    });
    node.retained?.forEach((tensor, output) => {
      const grad = row[output];
      if (grad) deposit(tensor, grad, createGraph, shared, memory);
    });
    captures?.get(node)?.forEach((positions, output) => {
      const grad = row[output] ?? null;
      if (grad) memory?.leave(grad);
      for (const position of positions) result[position] = grad;
    });
    if (node instanceof AccumulateNode) {
      if (!captures && row[0]) deposit(node.leaf, row[0], createGraph, shared, memory);
      return;
    }
    const needs = node.edges.map((edge) => edge !== null && needed.has(edge.node));
    if (!needs.includes(true)) return;
    const computed = gradientsOf(node, row, needs, memory);
    const hooked = (): readonly (Tensor | null)[] => runNodeHooks(node, computed, row);
    const gradients = !node.nodeHooks ? computed : memory ? memory.shown([...computed, ...row], hooked) : hooked();
    if (node instanceof FunctionNode || node.nodeHooks) {
      for (const grad of gradients) if (grad) shared.add(grad.storage);
    }
    if (isAnomalyEnabled()) checkAnomaly(node, gradients);
    if (!retainGraph) node.release();
    node.edges.forEach((edge, i) => {
      const grad = gradients[i];
      if (edge && needs[i] && grad) accumulateInto(table, edge, grad, memory);
    });
  };

  for (const node of order) {
    const row = table.get(node);
    if (!row || !(needed.has(node) || node.hooks || node.retained)) continue;
    table.delete(node);
    if (!memory) visit(node, row);
    else {
      const arrived = [...row];
      memory.step(() => visit(node, row));
      for (const grad of arrived) if (grad) memory.drop(grad);
    }
  }
}

/**
 * Computes the gradients of tensors by the leaves they depend on, and adds them to the leaves' `.grad`.
 *
 * @param gradTensors - Gradients of the tensors; 1 for single elements by default.
 * @throws {GradError} Nothing requires gradients, the graph was freed, or a saved tensor was changed in place.
 */
export function backward(
  tensors: Tensor | readonly Tensor[],
  gradTensors?: Tensor | null | readonly (Tensor | null)[],
  options: BackwardOptions = {},
): void {
  const outputs = listOf(tensors);
  const given = gradTensors === undefined || gradTensors === null ? [] : listOf(gradTensors);
  const createGraph = options.createGraph ?? false;
  const roots = outputs.map((output) => rootOf('backward', output));
  const leaves = options.inputs === undefined ? null : new Set(listOf(options.inputs).map((leaf) => leafNode(leaf)));
  if (leaves?.size === 0) throw new GradError('backward', 'inputs argument to backward cannot be empty.');
  withGradMode(createGraph, () => {
    flow({
      op: 'backward',
      outputs,
      roots,
      given,
      retainGraph: options.retainGraph ?? createGraph,
      createGraph,
      leaves,
      captures: null,
      result: [],
    });
  });
}

function rootOf(op: string, output: Tensor): Edge {
  const edge = isTensor(output) ? output.targetEdge() : null;
  if (edge) return edge;
  throw new GradError(op, 'element 0 of tensors does not require grad and does not have a grad_fn.');
}

function leafNode(leaf: Tensor): GradNode {
  const edge = isTensor(leaf) ? leaf.targetEdge() : null;
  if (!edge) throw new GradError('backward', 'One of the differentiated Tensors does not require grad.');
  return edge.node;
}

/**
 * The gradients of outputs by inputs, without touching any `.grad`.
 *
 * @throws {GradError} An input is not used (unless `allowUnused`), or see {@link backward}.
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions & { readonly allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): Tensor[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  const from = listOf(outputs);
  const by = listOf(inputs);
  const createGraph = options.createGraph ?? false;
  const { gradOutputs } = options;
  const given = gradOutputs === undefined || gradOutputs === null ? [] : listOf(gradOutputs);
  const roots = from.map((output) => rootOf('grad', output));
  const captures: Captures = new Map();
  by.forEach((input, position) => {
    const edge = isTensor(input) ? input.targetEdge() : null;
    if (!edge) throw new GradError('grad', 'One of the differentiated Tensors does not require grad.');
    const outputsOf = captures.get(edge.node) ?? new Map<number, number[]>();
    outputsOf.set(edge.output, [...(outputsOf.get(edge.output) ?? []), position]);
    captures.set(edge.node, outputsOf);
  });
  const result = new Array<Tensor | null>(by.length).fill(null);
  withGradMode(createGraph, () => {
    flow({
      op: 'grad',
      outputs: from,
      roots,
      given,
      retainGraph: options.retainGraph ?? createGraph,
      createGraph,
      leaves: null,
      captures,
      result,
    });
  });
  if (!options.allowUnused && result.includes(null)) {
    throw new GradError(
      'grad',
      'One of the differentiated Tensors appears to not have been used in the graph. Set allowUnused: true if this is the desired behavior.',
    );
  }
  return result;
}
