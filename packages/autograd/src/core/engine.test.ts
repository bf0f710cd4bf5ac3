import { afterEach, describe, expect, test } from 'vitest';
import {
  backward,
  enableGrad,
  fromArray,
  grad,
  inferenceMode,
  isGradEnabled,
  noGrad,
  setDetectAnomaly,
  type Tensor,
  tensor,
  zeros,
} from '../index.ts';

afterEach(() => setDetectAnomaly(false));

const leaf = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });
const list = (x: Tensor | null | undefined): unknown => x?.tolistSync() ?? null;

describe('backward', () => {
  test('adds to the gradients that are there, in the same tensor', () => {
    const x = leaf(1, 2);
    x.square().sum().backward();
    const first = x.grad;
    expect(list(first)).toEqual([2, 4]);
    x.mul(3).sum().backward();
    expect(list(x.grad)).toEqual([5, 7]);
    expect(x.grad).toBe(first);
  });

  test('sums the gradients of all ways to a leaf', () => {
    const x = leaf(2);
    const y = x.mul(3);
    y.mul(y).add(x).sum().backward();
    expect(list(x.grad)).toEqual([2 * 9 * 2 + 1]);
  });

  test('gives every leaf a gradient of its own', () => {
    const [a, b] = [leaf(1, 2), leaf(3, 4)];
    a.add(b)
      .mul(tensor([5, 6]))
      .sum()
      .backward();
    a.grad?.zero_();
    expect(list(b.grad)).toEqual([5, 6]);
  });

  test('does not hand out the gradient that was passed', () => {
    const x = leaf(1, 2);
    const given = tensor([1, 1]);
    x.add(1).backward(given);
    x.grad?.mul_(9);
    expect(list(given)).toEqual([1, 1]);
  });

  test('does not hand out what a hook has seen', () => {
    const x = leaf(1, 2);
    const seen: Tensor[] = [];
    x.registerHook((g) => void seen.push(g));
    x.mul(2).sum().backward();
    x.grad?.zero_();
    expect(list(seen[0])).toEqual([2, 2]);
  });

  test('frees the graph, unless asked to retain it', () => {
    const x = leaf(3);
    const y = x.mul(x).sum();
    y.backward(null, { retainGraph: true });
    y.backward();
    expect(list(x.grad)).toEqual([12]);
    expect(() => y.backward()).toThrow(/Trying to backward through the graph a second time/);
  });

  test('goes through nodes that keep nothing as often as wanted', () => {
    const x = leaf(3);
    const y = x.add(1).sum();
    y.backward();
    y.backward();
    expect(list(x.grad)).toEqual([2]);
  });

  test('needs a gradient for more than one element, of the same shape', () => {
    const y = leaf(1, 2).mul(2);
    expect(() => y.backward()).toThrow(/only for scalar outputs/);
    expect(() => y.backward(tensor([1]))).toThrow(/Mismatch in shape/);
    expect(() => y.backward([1, 1] as never)).toThrow(/gradients can be/);
  });

  test('needs something that requires gradients', () => {
    expect(() => tensor([1]).sum().backward()).toThrow(/does not require grad/);
    expect(() => backward([leaf(1).sum(), tensor(1)])).toThrow(/does not require grad/);
  });

  test('takes several outputs', () => {
    const x = leaf(1, 2);
    backward([x.sum(), x.mul(2)], [null, tensor([1, 10])]);
    expect(list(x.grad)).toEqual([3, 21]);
  });

  test('accumulates only into the inputs it is given', () => {
    const [a, b] = [leaf(2), leaf(3)];
    a.mul(b).sum().backward(null, { inputs: a });
    expect([list(a.grad), list(b.grad)]).toEqual([[3], null]);
    expect(() => a.mul(b).sum().backward(null, { inputs: [] })).toThrow(/cannot be empty/);
  });

  test('records the gradients with createGraph', () => {
    const x = leaf(2);
    x.pow(3).sum().backward(null, { createGraph: true });
    const first = x.grad as Tensor;
    expect([list(first), first.requiresGrad]).toEqual([[12], true]);
    expect(list(grad(first.sum(), x)[0])).toEqual([12]);
  });

  test('goes through ten thousand nodes', () => {
    const x = leaf(1);
    let y = x.mul(1);
    for (let i = 0; i < 10_000; i++) y = y.add(0);
    y.sum().backward();
    expect(list(x.grad)).toEqual([1]);
  });

  test('sums over broadcast axes and converts back', () => {
    const x = fromArray(Float32Array.of(1, 2), [2, 1], { requiresGrad: true });
    x.double()
      .mul(zeros([3, 2, 4], { dtype: 'float64' }).add(1))
      .sum()
      .backward();
    expect([list(x.grad), x.grad?.dtype]).toEqual([[[12], [12]], 'float32']);
  });
});

describe('grad', () => {
  test('touches no .grad', () => {
    const x = leaf(3);
    expect(grad(x.square().sum(), x).map(list)).toEqual([[6]]);
    expect(x.grad).toBeNull();
  });

  test('takes inputs inside the graph', () => {
    const x = leaf(3);
    const y = x.square();
    expect(grad(y.mul(2).sum(), [y, x]).map(list)).toEqual([[2], [12]]);
  });

  test('complains about unused inputs, unless they are allowed', () => {
    const [x, unused] = [leaf(3), leaf(1)];
    expect(() => grad(x.sum(), [x, unused])).toThrow(/appears to not have been used/);
    expect(grad(x.sum(), [x, unused], { allowUnused: true }).map(list)).toEqual([[1], null]);
    expect(() => grad(x.sum(), tensor([1]))).toThrow(/does not require grad/);
  });

  test('gives higher derivatives with createGraph only', () => {
    const x = leaf(2);
    let y = x.pow(4).sum();
    for (const expected of [32, 48, 48, 24]) {
      y = (grad(y, x, { createGraph: true })[0] as Tensor).sum();
      expect(y.itemSync()).toBe(expected);
    }
    expect((grad(x.pow(4).sum(), x)[0] as Tensor).requiresGrad).toBe(false);
  });
});

describe('hooks', () => {
  test('run in order, and replace the gradient', () => {
    const x = leaf(1);
    const y = x.mul(2);
    const seen: unknown[] = [];
    y.registerHook((g) => {
      seen.push(list(g));
      return g.mul(10);
    });
    const second = y.registerHook((g) => void seen.push(list(g)));
    y.sum().backward(null, { retainGraph: true });
    expect([seen, list(x.grad)]).toEqual([[[1], [10]], [20]]);
    second.remove();
    second.remove();
    y.sum().backward();
    expect(seen).toHaveLength(3);
  });

  test('see the sum of all gradients, once', () => {
    const x = leaf(1);
    const seen: unknown[] = [];
    x.registerHook((g) => void seen.push(list(g)));
    x.add(x.mul(4)).sum().backward();
    expect(seen).toEqual([[5]]);
  });

  test('may not change the shape', () => {
    const x = leaf(1);
    x.registerHook(() => zeros([2]));
    expect(() => x.sum().backward()).toThrow(/must return a Tensor of shape \[1\]/);
    expect(() => tensor([1]).registerHook(() => null)).toThrow(/doesn't require gradient/);
  });

  test('retainGrad keeps the gradient of a non-leaf', () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    y.retainGrad();
    y.square().sum().backward();
    expect([list(y.grad), list(x.grad)]).toEqual([
      [4, 8],
      [8, 16],
    ]);
    expect(() => tensor([1]).retainGrad()).toThrow(/requires_grad=False/);
  });
});

describe('modes', () => {
  test('noGrad records nothing, enableGrad does inside it', () => {
    const x = leaf(1);
    const [plain, recorded] = noGrad(() => [x.mul(2), enableGrad(() => x.mul(2))]);
    expect([plain?.requiresGrad, recorded?.requiresGrad, isGradEnabled()]).toEqual([false, true, true]);
  });

  test('end with an error, or when a promise settles', async () => {
    expect(() => noGrad(() => leaf(1, 2).view([3]))).toThrow();
    expect(isGradEnabled()).toBe(true);
    const pending = noGrad(async () => {
      await Promise.resolve();
      return isGradEnabled();
    });
    expect(isGradEnabled()).toBe(false);
    expect(await pending).toBe(false);
    expect(isGradEnabled()).toBe(true);
    await expect(noGrad(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(isGradEnabled()).toBe(true);
  });

  test('inference tensors never require gradients', async () => {
    const x = inferenceMode(() => leaf(1).mul(2).detach());
    expect(() => x.requiresGrad_()).toThrow(/inference tensor/);
    const later = await inferenceMode(async () => zeros([1]));
    expect(() => later.requiresGrad_()).toThrow(/inference tensor/);
    expect(x.clone().requiresGrad_().requiresGrad).toBe(true);
  });

  test('anomaly detection names the op whose gradient is NaN, and where it was called', () => {
    setDetectAnomaly(true);
    const run = (): void => tensor([0], { requiresGrad: true }).mul(0).sqrt().mul(0).sum().backward();
    expect(run).toThrow(/SqrtBackward0' returned nan values in its 0th output[\s\S]*engine\.test/);
    setDetectAnomaly(false);
    expect(run).not.toThrow();
  });
});

describe('flags', () => {
  test('only floating-point leaves may require gradients', () => {
    expect(() => tensor([1], { dtype: 'int32', requiresGrad: true })).toThrow(/floating point/);
    expect(() => {
      leaf(1).mul(2).requiresGrad = false;
    }).toThrow(/leaf variables/);
  });

  test('an assigned gradient must fit', () => {
    const x = leaf(1, 2);
    for (const wrong of [zeros([3]), zeros([2], { dtype: 'float64' }), [1, 2] as never]) {
      expect(() => {
        x.grad = wrong;
      }).toThrow(/assigned grad/);
    }
  });
});
