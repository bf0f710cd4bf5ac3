import { DisposedError } from '@flambeau/backend';
import { afterEach, describe, expect, test } from 'vitest';
import {
  defaultDevice,
  keep,
  leakReport,
  memoryStats,
  scope,
  type Tensor,
  tensor,
  trackMemory,
  zeros,
} from '../index.ts';

afterEach(() => trackMemory(false));

describe('dispose', () => {
  test('makes later use an error that names shape and place', () => {
    const x = zeros([2, 3]);
    x.dispose();
    x.dispose();
    expect(() => x.add(1)).toThrow(DisposedError);
    expect(() => x.add(1)).toThrow(/shape \[2, 3\] was used after it was disposed.*memory\.test/);
    expect(() => x.toArraySync()).toThrow(DisposedError);
    expect(String(x)).toContain('disposed');
  });

  test('reaches views', () => {
    const x = zeros([4]);
    const view = x.view([2, 2]);
    x.dispose();
    expect(() => view.add(1)).toThrow(/shape \[2, 2\]/);
  });

  test('happens at the end of a using block', () => {
    let outside: Tensor;
    {
      using x = zeros([2]);
      outside = x;
    }
    expect(() => outside.add(1)).toThrow(DisposedError);
  });
});

describe('scope', () => {
  test('frees what is not returned', () => {
    let inner: Tensor | null = null;
    const result = scope(() => {
      inner = zeros([3]);
      return inner.add(1);
    });
    expect(result.tolistSync()).toEqual([1, 1, 1]);
    expect(() => inner?.add(1)).toThrow(/disposed at the end of a scope opened .*memory\.test/);
  });

  test('finds tensors in objects, arrays, maps and views', () => {
    const made = scope(() => ({
      list: [zeros([1]), { deep: zeros([2]) }] as const,
      map: new Map([['a', zeros([3])]]),
      view: zeros([4]).narrow(0, 1, 2),
    }));
    for (const x of [made.list[0], made.list[1].deep, made.map.get('a'), made.view]) {
      expect(x?.sum().itemSync()).toBe(0);
    }
  });

  test('hands results on to the scope around it', () => {
    let result: Tensor | null = null;
    scope(() => {
      result = scope(() => zeros([1]));
      expect(result.itemSync()).toBe(0);
    });
    expect(() => result?.add(1)).toThrow(DisposedError);
  });

  test('keep lets a tensor outlive all scopes', () => {
    let kept: Tensor | undefined;
    scope(() => {
      scope(() => {
        kept = keep(zeros([1]));
      });
    });
    expect(kept!.itemSync()).toBe(0);
    expect(() => keep(1 as never)).toThrow(/must be a Tensor/);
  });

  test('leaves gradients of outer leaves', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    for (let step = 0; step < 2; step++) scope(() => x.square().sum().backward());
    expect(x.grad?.tolistSync()).toEqual([4, 8]);
  });

  test('a returned tensor can run backward outside', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const loss = scope(() => x.exp().log().mul(x.mul(1)).sum());
    loss.backward();
    expect(x.grad?.tolistSync()).toEqual([expect.closeTo(2, 5), expect.closeTo(4, 5)]);
  });

  test('stays open while an async function runs', async () => {
    let inner: Tensor | null = null;
    const result = await scope(async () => {
      inner = zeros([2]);
      await Promise.resolve();
      expect(inner.sum().itemSync()).toBe(0);
      return inner.add(2);
    });
    expect(await result.tolist()).toEqual([2, 2]);
    expect(() => inner?.add(1)).toThrow(DisposedError);
  });

  test('ends with an error too', async () => {
    let inner: Tensor | null = null;
    const fail = (): never => {
      inner = zeros([1]);
      throw new Error('stop');
    };
    expect(() => scope(fail)).toThrow('stop');
    expect(() => inner?.add(1)).toThrow(DisposedError);
    await expect(scope(async () => fail())).rejects.toThrow('stop');
    expect(() => inner?.add(1)).toThrow(DisposedError);
    expect(zeros([1]).itemSync()).toBe(0);
  });
});

describe('counting', () => {
  test('memoryStats sees what is made and freed', () => {
    const before = memoryStats();
    const x = zeros([1000]);
    const during = memoryStats(defaultDevice());
    expect(during.bytes - before.bytes).toBe(4000);
    expect(during.buffers - before.buffers).toBe(1);
    expect(during.peakBytes).toBeGreaterThanOrEqual(during.bytes);
    x.dispose();
    expect(memoryStats().bytes).toBe(before.bytes);
    expect(() => memoryStats('nowhere')).toThrow(/nowhere/);
  });

  test('leakReport names where live tensors were made', () => {
    expect(leakReport()).toEqual([]);
    trackMemory();
    const live = [zeros([10]), zeros([10])].map((x) => x.add(1));
    zeros([5]).dispose();
    const report = leakReport();
    expect(report.reduce((sum, { tensors }) => sum + tensors, 0)).toBe(4);
    expect(report.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(160);
    expect(report.every(({ site }) => site.includes('memory.test'))).toBe(true);
    expect(live).toHaveLength(2);
  });
});

// The last of this file, because it uses up what is remembered.
test('the place of a disposal is remembered for the first thousands, and while memory is tracked', () => {
  for (let i = 0; i < 5000; i++) zeros([1]).dispose();
  const late = zeros([2]);
  late.dispose();
  expect(() => late.add(1)).toThrow(/shape \[2\].*by dispose\(\); call trackMemory\(\)/);
  trackMemory();
  const tracked = zeros([3]);
  tracked.dispose();
  expect(() => tracked.add(1)).toThrow(/shape \[3\].*memory\.test/);
});
