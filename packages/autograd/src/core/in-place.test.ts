import { describe, expect, test } from 'vitest';
import { grad, noGrad, type Tensor, tensor, zeros } from '../index.ts';

const leaf = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });
const list = (x: Tensor | null | undefined): unknown => x?.tolistSync() ?? null;

describe('a change in place', () => {
  test('becomes part of the history', () => {
    const x = leaf(1, 2);
    const y = x.mul(3);
    expect(y.mul_(y)).toBe(y);
    y.sum().backward();
    expect([list(y), list(x.grad)]).toEqual([
      [9, 36],
      [18, 36],
    ]);
  });

  test('of a plain tensor by one that requires gradients makes it part of the graph', () => {
    const x = leaf(1, 2);
    const sum = zeros([2]);
    sum.add_(x).add_(x.square());
    expect(sum.isLeaf).toBe(false);
    sum.sum().backward();
    expect(list(x.grad)).toEqual([3, 5]);
  });

  test('of what backward needs is an error that names the versions', () => {
    const x = leaf(1, 2);
    const y = x.exp();
    y.add_(1);
    expect(() => y.sum().backward()).toThrow(/modified by an inplace operation.*version 1; expected version 0/);
    const w = tensor([1, 2]);
    const z = x.mul(w);
    w.zero_();
    expect(() => z.sum().backward()).toThrow(/modified by an inplace operation/);
  });

  test('of what backward does not need is fine', () => {
    const x = leaf(1, 2);
    const y = x.add(1);
    y.add_(1);
    y.sum().backward();
    expect(list(x.grad)).toEqual([1, 1]);
  });

  test('of a leaf that requires gradients, or of a view of it, needs noGrad', () => {
    const x = leaf(1, 2);
    expect(() => x.add_(1)).toThrow(/leaf Variable that requires grad/);
    expect(() => x.narrow(0, 0, 1).add_(1)).toThrow(/view of a leaf Variable/);
    expect(() => noGrad(() => x.narrow(0, 0, 1)).copy_(leaf(1))).toThrow(/view of a leaf Variable/);
    noGrad(() => x.narrow(0, 0, 1).add_(1));
    expect([list(x), x.isLeaf, x.requiresGrad]).toEqual([[2, 2], true, true]);
  });

  test('must keep shape and kind', () => {
    expect(() => zeros([2]).add_(zeros([3, 2]))).toThrow(/doesn't match the broadcast shape \[3, 2\]/);
    expect(() => zeros([2], { dtype: 'int32' }).add_(1.5)).toThrow(/can't be cast to the desired output type int32/);
    expect(() => zeros([2]).copy_(zeros([3]))).toThrow();
  });

  test('reads overlapping memory before it overwrites it', () => {
    const x = tensor([1, 2, 3, 4]);
    x.narrow(0, 1, 3).copy_(x.narrow(0, 0, 3));
    expect(list(x)).toEqual([1, 1, 2, 3]);
    const y = tensor([1, 2, 3, 4]);
    y.narrow(0, 1, 3).add_(y.narrow(0, 0, 3));
    expect(list(y)).toEqual([1, 3, 5, 7]);
  });

  test('fill_ and zero_ cut the gradient', () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    y.zero_();
    y.add(x).sum().backward();
    expect(list(x.grad)).toEqual([1, 1]);
  });
});

describe('views', () => {
  test('a change through a view is part of the history of its base', () => {
    const x = leaf(1, 2, 3);
    const base = x.mul(2);
    base.narrow(0, 1, 2).mul_(10);
    expect(list(base)).toEqual([2, 40, 60]);
    expect(grad(base.sum(), x).map(list)).toEqual([[2, 20, 20]]);
  });

  test('a change of the base is part of the history of its views', () => {
    const x = leaf(1, 2, 3);
    const base = x.mul(2);
    const view = base.narrow(0, 1, 2);
    base.mul_(10);
    expect(list(view)).toEqual([40, 60]);
    expect(grad(view.sum(), x).map(list)).toEqual([[0, 20, 20]]);
  });

  test('a change through one view reaches the others', () => {
    const x = leaf(1, 2, 3);
    const base = x.mul(2);
    const [first, second] = [base.narrow(0, 0, 2), base.narrow(0, 1, 2)];
    first.square_();
    expect(list(second)).toEqual([16, 6]);
    expect(grad(second.sum(), x).map(list)).toEqual([[0, 16, 2]]);
  });

  test('views of views and transposed views take part', () => {
    const x = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { requiresGrad: true },
    );
    const base = x.mul(1);
    base.t().select(0, 1).mul_(5);
    expect(list(base)).toEqual([
      [1, 10],
      [3, 20],
    ]);
    expect(grad(base.sum(), x).map(list)).toEqual([
      [
        [1, 5],
        [1, 5],
      ],
    ]);
  });

  test('a plain base gets a history through a view', () => {
    const x = leaf(3);
    const base = zeros([2]);
    base.narrow(0, 1, 1).copy_(x);
    expect(base.requiresGrad).toBe(true);
    expect(grad(base.mul(tensor([5, 7])).sum(), x).map(list)).toEqual([[7]]);
  });

  test('a change through a view is noticed by what saved the base', () => {
    const x = leaf(1, 2);
    const y = x.exp();
    y.narrow(0, 0, 1).mul_(2);
    expect(() => y.sum().backward()).toThrow(/modified by an inplace operation/);
  });

  test('detach shares the version, data does not', () => {
    const x = leaf(1, 2);
    const y = x.exp();
    y.detach().zero_();
    expect(() => y.sum().backward()).toThrow(/modified by an inplace operation/);
    const z = x.exp();
    z.data.zero_();
    z.sum().backward();
    expect([list(z), list(x.grad)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('detach_ cuts the history, but not of a view', () => {
    const y = leaf(1, 2).mul(2);
    expect(() => y.narrow(0, 0, 1).detach_()).toThrow(/can't detach views/);
    expect([y.detach_().requiresGrad, y.isLeaf]).toEqual([false, true]);
  });

  test('data can be replaced', () => {
    const x = leaf(1, 2);
    x.data = tensor([5, 6, 7]);
    expect([list(x), x.requiresGrad, x.isLeaf]).toEqual([[5, 6, 7], true, true]);
  });
});
