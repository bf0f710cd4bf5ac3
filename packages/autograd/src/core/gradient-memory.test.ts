import { describe, expect, it } from 'vitest';
import { customFunction, grad, memoryStats, ones, randn, scope, type Tensor } from '../index.ts';

/** Buffers that are live beside those of the tensors given. */
function buffersAfter(work: () => void): number {
  const before = memoryStats().buffers;
  work();
  return memoryStats().buffers - before;
}

const chain = (x: Tensor): Tensor => x.mul(2).exp().tanh().sum();

describe('gradients on their way', () => {
  it('are given back, all but those of leaves', () => {
    const x = randn([64, 64], { requiresGrad: true });
    const y = chain(x);
    expect(buffersAfter(() => y.backward())).toBe(1);
    expect(x.grad?.shape).toEqual([64, 64]);
  });

  it('stay when a hook has seen them', async () => {
    const x = ones([3], { requiresGrad: true });
    const middle = x.mul(2);
    let seen: Tensor | undefined;
    middle.registerHook((gradient) => {
      seen = gradient;
    });
    middle.mul(3).sum().backward();
    expect(await seen?.tolist()).toEqual([3, 3, 3]);
    expect(await x.grad?.tolist()).toEqual([6, 6, 6]);
  });

  it('stay when a custom function has seen or made them', async () => {
    const kept: Tensor[] = [];
    const x = ones([2], { requiresGrad: true });
    const twice = customFunction({
      name: 'Twice',
      forward: (_, input: Tensor) => input.mul(2),
      backward: (_, gradient) => {
        const made = (gradient as Tensor).mul(2);
        kept.push(gradient as Tensor, made);
        return [made];
      },
    });
    const y = twice(x.mul(1));
    y.mul(5).sum().backward();
    expect(await Promise.all(kept.map((tensor) => tensor.tolist()))).toEqual([
      [5, 5],
      [10, 10],
    ]);
    expect(await x.grad?.tolist()).toEqual([10, 10]);
  });

  it('stay when they are asked for, also of tensors inside, and belong to the scope around', async () => {
    const x = ones([2], { requiresGrad: true });
    const middle = x.mul(3);
    const [outer, inner] = grad(middle.mul(middle).sum(), [x, middle]) as [Tensor, Tensor];
    expect(await outer.tolist()).toEqual([18, 18]);
    expect(await inner.tolist()).toEqual([6, 6]);
    let escaped: Tensor | undefined;
    scope(() => {
      const z = x.mul(3);
      [escaped] = grad(z.sum(), [z]);
    });
    await expect((async () => escaped?.tolist())()).rejects.toThrow(/disposed/);
  });

  it('that the caller made outside a scope outlive it, whoever has seen them', async () => {
    const given = ones([2]);
    const x = ones([2], { requiresGrad: true });
    scope(() => {
      const y = x.mul(3);
      y.registerHook(() => undefined);
      y.backward(given, { retainGraph: true });
      grad(y, [y], { gradOutputs: given });
    });
    expect(await given.tolist()).toEqual([1, 1]);
    expect(await x.grad?.tolist()).toEqual([3, 3]);
  });

  it('stay when they are retained', async () => {
    const x = ones([2], { requiresGrad: true });
    const middle = x.mul(3);
    middle.retainGrad();
    middle.mul(4).sum().backward();
    expect(await middle.grad?.tolist()).toEqual([4, 4]);
  });

  it('may be views of each other', async () => {
    const x = ones([2, 3], { requiresGrad: true });
    const y = x.mul(2);
    const z = y
      .t()
      .reshape([6])
      .add(y.flatten())
      .add(y.sum().expand([6]));
    z.sum().backward();
    expect(await x.grad?.tolist()).toEqual([
      [16, 16, 16],
      [16, 16, 16],
    ]);
  });
});
