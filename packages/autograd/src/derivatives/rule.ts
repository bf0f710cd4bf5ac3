import { isFloat, KernelError, type Shape, sameShape } from '@flambeau/backend';
import { isTensor } from '../core/dispatch.ts';
import { type Operand, type OpNode, type Saved, SavedTensor } from '../core/graph.ts';
import { to } from '../functions/conversion.ts';
import { reshape } from '../functions/movement.ts';
import { sum } from '../functions/reduction.ts';
import type { OpAttributes, OpName } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';

/** A gradient per operand; null or undefined where none flows. */
export type Gradients = readonly (Tensor | null | undefined)[];

/** What a derivative reads: the gradient that arrives, and what the op kept. */
export class RuleContext<K extends OpName = OpName> {
  readonly #node: OpNode<K>;
  readonly #saved: Saved;
  /** Gradients of the outputs; null where none arrived. */
  readonly grads: readonly (Tensor | null)[];
  readonly #needs: readonly boolean[];

  constructor(node: OpNode<K>, grads: readonly (Tensor | null)[], needs: readonly boolean[]) {
    this.#node = node;
    this.#saved = node.saved();
    this.grads = grads;
    this.#needs = needs;
  }

  /** The gradient of the first output. */
  get grad(): Tensor {
    return this.grads[0] as Tensor;
  }

  get attributes(): OpAttributes[K] {
    return this.#node.attributes;
  }

  /** Whether operand `i` wants a gradient. */
  needs(i: number): boolean {
    return this.#needs[i] === true;
  }

  /** Number of operands. */
  get count(): number {
    return this.#needs.length;
  }

  /** Shape of operand `i`; [] for a number. */
  shape(i: number): Shape {
    return this.#node.operandFacts[i]?.shape ?? [];
  }

  /** Device of operand `i`; the gradient's own for a number. */
  device(i: number): string {
    return this.#node.operandFacts[i]?.device ?? this.grad.device;
  }

  /** Operand `i` as it was. @throws {KernelError} The op does not keep it. */
  operand(i: number): Operand {
    return this.#unpack(this.#saved.operands[i] ?? null, `operand ${i}`);
  }

  /** Output `i` as it was. @throws {KernelError} The op does not keep it. */
  output(i: number): Tensor {
    return this.#unpack(this.#saved.outputs[i] ?? null, `output ${i}`) as Tensor;
  }

  #unpack(kept: Saved['operands'][number], what: string): Operand {
    if (kept === null)
      throw new KernelError(this.#node.op, `its derivative reads ${what}, which the op does not keep.`);
    return kept instanceof SavedTensor ? kept.unpack(this.#node.op) : kept;
  }

  get x(): Tensor {
    return this.operand(0) as Tensor;
  }

  get y(): Tensor {
    return this.operand(1) as Tensor;
  }

  get z(): Tensor {
    return this.operand(2) as Tensor;
  }

  get w(): Tensor {
    return this.operand(3) as Tensor;
  }

  get out(): Tensor {
    return this.output(0);
  }

  /** Brings a gradient to the shape and dtype of operand `i`, summing over what was broadcast. */
  fit(grad: Tensor, i: number): Tensor {
    const facts = this.#node.operandFacts[i];
    if (!facts) return grad;
    const cast = grad.dtype === facts.dtype || !isFloat(facts.dtype) ? grad : to(grad, facts.dtype);
    return sumTo(cast, facts.shape);
  }
}

/** Sums a tensor over the axes along which `shape` was broadcast to it. */
function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.ndim - shape.length;
  const dims = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && x.shape[axis] !== 1));
  const summed = dims.length ? sum(x, dims, { keepDim: true }) : x;
  return lead ? reshape(summed, shape) : summed;
}

/** The derivative of one op: gradients of its operands from those of its outputs, in differentiable operations. */
export type Derivative<K extends OpName> = (ctx: RuleContext<K>) => Gradients;

/** One formula per operand, evaluated only where a gradient is wanted and summed over broadcast axes. */
export function pointwise<K extends OpName>(
  ...formulas: readonly (((ctx: RuleContext<K>) => Operand) | null)[]
): Derivative<K> {
  return (ctx) =>
    formulas.map((formula, i) => {
      if (!formula || !ctx.needs(i)) return null;
      const grad = formula(ctx);
      return isTensor(grad) ? ctx.fit(grad, i) : null;
    });
}

/** For ops that are constant almost everywhere: the gradient is zero, and none is sent. */
export function flat(): Gradients {
  return [];
}
