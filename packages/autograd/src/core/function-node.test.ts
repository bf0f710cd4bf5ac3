import { describe, expect, test } from 'vitest';
import {
  AutogradFunction,
  customFunction,
  type FunctionContext,
  grad,
  gradcheck,
  gradgradcheck,
  noGrad,
  type Tensor,
  tensor,
} from '../index.ts';

class Cube extends AutogradFunction {
  static override forward(ctx: FunctionContext, x: Tensor): Tensor {
    ctx.saveForBackward(x);
    return x.pow(3);
  }
  static override backward(ctx: FunctionContext, gradient: Tensor): Tensor {
    return gradient.mul((ctx.savedTensors[0] as Tensor).square().mul(3));
  }
}

/** x·factor and its sign; the factor is no tensor, the sign has no gradient. */
class Scaled extends AutogradFunction {
  static override forward(ctx: FunctionContext, x: Tensor, factor: number): [Tensor, Tensor] {
    const sign = x.sign();
    ctx.markNonDifferentiable(sign);
    ctx.values.factor = factor;
    return [x.mul(factor), sign];
  }
  static override backward(ctx: FunctionContext, gradient: Tensor): [Tensor, null] {
    return [gradient.mul(ctx.values.factor as number), null];
  }
}

const leaf = (...values: number[]): Tensor => tensor(values, { dtype: 'float64', requiresGrad: true });

describe('AutogradFunction', () => {
  test('is differentiable, twice if its backward is', () => {
    const run = (x?: Tensor): Tensor => Cube.apply(x as Tensor);
    expect(gradcheck(run, [leaf(1, -2, 0.5)])).toBe(true);
    expect(gradgradcheck(run, [leaf(1, -2, 0.5)])).toBe(true);
  });

  test('names its node after the class', () => {
    expect(Cube.apply(leaf(1)).gradFn?.name).toBe('CubeBackward');
  });

  test('takes other values, and gives outputs without gradient', () => {
    const x = leaf(2, -3);
    const [scaled, sign] = Scaled.apply(x, 4);
    expect([scaled.requiresGrad, sign.requiresGrad]).toEqual([true, false]);
    scaled.sum().backward();
    expect(x.grad?.tolistSync()).toEqual([4, 4]);
  });

  test('runs forward unrecorded, and records nothing without need', () => {
    expect(Cube.apply(leaf(1)).gradFn?.edges[0]?.node.name).toBe('AccumulateGrad');
    expect(Cube.apply(tensor([1])).requiresGrad).toBe(false);
    expect(noGrad(() => Cube.apply(leaf(1))).requiresGrad).toBe(false);
  });

  test('frees what it saved', () => {
    const y = Cube.apply(leaf(1)).sum();
    y.backward();
    expect(() => y.backward()).toThrow(/second time/);
  });

  test('notices changes of what it saved', () => {
    const x = leaf(1).mul(1);
    const y = Cube.apply(x);
    x.add_(1);
    expect(() => y.sum().backward()).toThrow(/modified by an inplace operation/);
  });

  test('must be overridden', () => {
    class Empty extends AutogradFunction {}
    expect(() => Empty.apply()).toThrow(/must implement the static forward/);
  });
});

describe('customFunction', () => {
  test('says when gradients are missing', () => {
    const product = customFunction({
      name: 'Product',
      forward: (_ctx, x: Tensor, y: Tensor) => x.mul(y),
      backward: (_ctx, gradient) => gradient,
    });
    expect(() => product(leaf(1), leaf(2)).sum().backward()).toThrow(/expected 2, got 1/);
  });

  test('knows which inputs need gradients', () => {
    const seen: (readonly boolean[])[] = [];
    const first = customFunction({
      name: 'First',
      forward: (ctx, x: Tensor, _y: Tensor) => {
        seen.push(ctx.needsInputGrad);
        return x.mul(1);
      },
      backward: (_ctx, gradient) => [gradient, null],
    });
    first(leaf(1), tensor([1]));
    expect(seen).toEqual([[true, false]]);
  });

  test('leaves the history of an input that is handed through alone', () => {
    const through = customFunction({
      name: 'Through',
      forward: (_ctx, x: Tensor) => x,
      backward: (_ctx, gradient) => (gradient as Tensor).mul(5),
    });
    const x = leaf(1);
    const y = through(x);
    expect([y === x, x.isLeaf]).toEqual([false, true]);
    expect(grad(y.sum(), x)[0]?.tolistSync()).toEqual([5]);
  });

  test('may return what it saved: the leaf gets a copy', () => {
    const saved = customFunction({
      name: 'Saved',
      forward: (ctx, x: Tensor, w: Tensor) => {
        ctx.saveForBackward(w);
        return x.mul(w);
      },
      backward: (ctx) => [ctx.savedTensors[0], null],
    });
    const [x, w] = [leaf(1, 2), tensor([3, 4], { dtype: 'float64' })];
    saved(x, w).sum().backward();
    x.grad?.zero_();
    expect(w.tolistSync()).toEqual([3, 4]);
  });
});
