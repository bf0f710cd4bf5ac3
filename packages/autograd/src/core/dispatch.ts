import {
  contiguousView,
  DeviceError,
  type DType,
  GradError,
  isFloat,
  numel,
  type Shape,
  type View,
} from '@flambeau/backend';
import type { OpAttributes, OpName } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import type { Device } from './device.ts';
import { isGradEnabled } from './grad-mode.ts';
import { type Edge, factsOf, type Operand, OpNode, type Saved, SavedTensor, type TensorFacts } from './graph.ts';
import { Storage } from './storage.ts';
import { TensorBase } from './tensor-base.ts';

/** What an op keeps for its derivative: bits of {@link KEEP}. */
export type Keep = number;

/** Bits that name operands and outputs to keep. */
export const KEEP = { nothing: 0, x: 1, y: 2, z: 4, w: 8, out: 16, out1: 32 } as const;

/** Whether a value is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof TensorBase;
}

/** A new tensor of undefined content, on the device of another one. */
export function emptyLike(like: Tensor, shape: Shape, dtype: DType): Tensor {
  return emptyOn(like, like.runtime, shape, dtype);
}

/** A new tensor of undefined content on a device; `like` only lends its class. */
export function emptyOn(like: Tensor, device: Device, shape: Shape, dtype: DType): Tensor {
  device.requireDType('empty', dtype);
  return like.create(new Storage(device, dtype, numel(shape)), contiguousView(shape));
}

/** @throws {DeviceError} The tensors do not share a device. */
export function requireSameDevice(op: string, tensors: readonly Tensor[]): void {
  const first = tensors[0];
  for (const tensor of tensors) {
    if (first && tensor.runtime !== first.runtime) {
      throw new DeviceError(
        op,
        `expected all tensors to be on the same device; got '${first.device}' and '${tensor.device}'. Move one with to().`,
        { devices: tensors.map((t) => t.device) },
      );
    }
  }
}

/** Whether an op on these operands must be recorded. */
export function mustRecord(operands: readonly Operand[]): boolean {
  if (!isGradEnabled()) return false;
  for (const operand of operands) if (isTensor(operand) && operand.requiresGrad) return true;
  return false;
}

function makeNode<K extends OpName>(
  op: K,
  attributes: OpAttributes[K],
  operands: readonly Operand[],
  outputs: readonly Tensor[],
  keep: Keep,
  changed: Tensor | null = null,
): OpNode<K> {
  const edges: (Edge | null)[] = [];
  const facts: (TensorFacts | null)[] = [];
  const kept: Saved['operands'][number][] = [];
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i] as Operand;
    if (isTensor(operand)) {
      edges.push(operand.targetEdge());
      facts.push(factsOf(operand));
      // Lists of operands (cat) have no bits to spare: only the first four operands can be kept.
      kept.push(i < 4 && keep & (1 << i) ? new SavedTensor(operand) : null);
    } else {
      edges.push(null);
      facts.push(null);
      kept.push(operand);
    }
  }
  // An operand kept before its own change is out of date, an output is not.
  if (changed) changed.versionCounter.value++;
  const keptOutputs = outputs.map((tensor, i) => (keep & (KEEP.out << i) ? new SavedTensor(tensor) : null));
  return new OpNode(op, attributes, edges, facts, outputs.map(factsOf), { operands: kept, outputs: keptOutputs });
}

/**
 * Records an op for differentiation if it must be: gives its outputs their history.
 *
 * @param keep - What the derivative will need; anything else may be freed or changed in place.
 */
export function record<K extends OpName>(
  op: K,
  attributes: OpAttributes[K],
  operands: readonly Operand[],
  outputs: readonly Tensor[],
  keep: Keep,
): void {
  if (!mustRecord(operands)) return;
  const node = makeNode(op, attributes, operands, outputs, keep);
  outputs.forEach((tensor, output) => {
    if (isFloat(tensor.dtype)) tensor.edge = { node, output };
  });
}

/** A tensor over the same memory as `x`, recorded as the view op that made it. */
export function viewOf<K extends OpName>(op: K, attributes: OpAttributes[K], x: Tensor, layout: View): Tensor {
  const result = x.create(x.storage, layout, x.versionCounter);
  record(op, attributes, [x], [result], KEEP.nothing);
  const base = x.origin?.base ?? x;
  result.origin = { base, seen: base.rebased };
  result.customView = x.customView;
  return result;
}

/** Names the op that made `x` after the public function that was called, for `gradFn` and errors; returns `x`. */
export function named(x: Tensor, label: string): Tensor {
  const node = x.edge?.node;
  if (node instanceof OpNode) node.label = label;
  return x;
}

/** @throws {GradError} The tensor may not be changed in place now. */
export function requireWritable(op: string, target: Tensor): void {
  if (!isGradEnabled()) return;
  if (target.isLeaf && target.requiresGrad) {
    throw new GradError(op, 'a leaf Variable that requires grad is being used in an in-place operation. Use noGrad().');
  }
  if (target.customView !== null) {
    throw new GradError(
      op,
      `${target.customView} is a view and is being modified inplace. This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to handle view+inplace would override the custom backward associated with the custom Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function.`,
    );
  }
  const base = target.origin?.base;
  if (base?.isLeaf && base.requiresGrad) {
    throw new GradError(
      op,
      'a view of a leaf Variable that requires grad is being used in an in-place operation. Use noGrad().',
    );
  }
}

/** A tensor over the same memory with the history `target` has now; what an in-place op differentiates through. */
export function snapshot(target: Tensor): Tensor {
  const copy = target.create(target.storage, target.layout, target.versionCounter);
  copy.edge = target.targetEdge();
  return copy;
}

/**
 * Finishes an in-place change of `target`'s memory: bumps its version and, if the change must be recorded, replaces its
 * history (and, for a view, its base's) by that of the op.
 *
 * @param operands - With {@link snapshot} of the target where the op reads it.
 */
export function recordInPlace<K extends OpName>(
  op: K,
  attributes: OpAttributes[K],
  operands: readonly Operand[],
  target: Tensor,
  keep: Keep,
): void {
  if (isFloat(target.dtype) && (mustRecord(operands) || (isGradEnabled() && !target.isLeaf))) {
    adoptHistory(target, makeNode(op, attributes, operands, [target], keep, target));
  } else {
    target.versionCounter.value++;
  }
}

/** Gives a tensor changed in place the history `node`; its base becomes the old base with this piece replaced. */
function adoptHistory(target: Tensor, node: OpNode): void {
  const { origin } = target;
  const before = origin ? snapshot(origin.base) : null;
  target.edge = { node, output: 0 };
  target.rebased++;
  if (!origin || !before) return;
  const { base } = origin;
  const attributes = { layout: target.layout, base: base.layout };
  const piece = target.create(target.storage, target.layout, target.versionCounter);
  piece.edge = target.edge;
  const scatter = makeNode('asStridedScatter', attributes, [before, piece], [base], KEEP.nothing);
  base.edge = { node: scatter, output: 0 };
  base.rebased++;
  origin.seen = base.rebased;
}
