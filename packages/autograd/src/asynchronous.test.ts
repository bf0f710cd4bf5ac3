import { type Backend, DeviceError, FlambeauError, ShapeError } from '@flambeau/backend';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as autograd from './index.ts';

const { arange, checkAnomalies, deviceOf, fromArray, ones, rand, setDetectAnomaly, tensor, toDevice, zeros } = autograd;
type Tensor = autograd.Tensor;

const device = 'asynchronous';
/** Another device, which can be read at once. */
const cpu = 'cpu';
const there = (data: unknown, dtype?: autograd.DType): Tensor => tensor(data, { device, ...(dtype ? { dtype } : {}) });
const floats = (...values: number[]): Tensor => there(values);
const mask = (...values: boolean[]): Tensor => there(values);

describe('what must be read at once names what to await instead', () => {
  const x = floats(3, 0, 2);
  const m = mask(true, false, true);
  const counts = there([2, 0, 1], 'int32');

  test.each<[name: string, now: () => unknown, later: () => Promise<Tensor>, expected: unknown]>([
    ['nonzero', () => x.nonzero(), () => x.nonzeroAsync(), [[0], [2]]],
    ['maskedSelect', () => x.maskedSelect(m), () => x.maskedSelectAsync(m), [3, 2]],
    ['index', () => x.index(m), () => x.indexAsync(m), [3, 2]],
    ['index', () => x.index([true, false, true]), () => x.indexAsync([true, false, true]), [3, 2]],
    [
      'indexPut',
      () => autograd.indexPut(x, [m], floats(7, 8)),
      () => autograd.indexPutAsync(x, [m], floats(7, 8)),
      [7, 0, 8],
    ],
    [
      'indexPut_',
      () => x.clone().indexPut_([m], floats(7, 8)),
      () => x.clone().indexPutAsync_([m], floats(7, 8)),
      [7, 0, 8],
    ],
    ['repeatInterleave', () => x.repeatInterleave(counts), () => x.repeatInterleaveAsync(counts), [3, 3, 2]],
    [
      'oneHot',
      () => autograd.oneHot(counts),
      () => autograd.oneHotAsync(counts),
      [
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
      ],
    ],
  ])('%s', async (name, now, later, expected) => {
    expect(now).toThrow(DeviceError);
    const asynchronous = name.endsWith('_') ? `${name.slice(0, -1)}Async_` : `${name}Async`;
    expect(now).toThrow(new RegExp(`\\[${name}\\] .*cannot be read at once.*use await ${asynchronous}\\(\\)`, 'i'));
    expect(await (await later()).tolist()).toEqual(expected);
  });

  test.each<[name: string, now: () => unknown, later: () => Promise<unknown>, expected: unknown]>([
    ['toArray', () => x.toArraySync(), () => x.toArray(), Float32Array.of(3, 0, 2)],
    ['item', () => x.select(0, 0).itemSync(), () => x.select(0, 0).item(), 3],
    ['tolist', () => x.tolistSync(), () => x.tolist(), [3, 0, 2]],
    ['equal', () => x.equalSync(x), () => x.equal(x), true],
    ['allclose', () => x.allcloseSync(x), () => x.allclose(x), true],
  ])('%sSync', async (name, now, later, expected) => {
    expect(now).toThrow(`[${name}Sync] device '${device}' cannot be read at once. Use await ${name}() instead.`);
    expect(await later()).toEqual(expected);
  });

  test('nonzeroAsync gives one vector per axis too', async () => {
    const [rows, columns] = await there([
      [0, 1],
      [2, 0],
    ]).nonzeroAsync({ asTuple: true });
    expect([await rows?.tolist(), await columns?.tolist()]).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(await Promise.all((await there(5).nonzeroAsync({ asTuple: true })).map((v) => v.tolist()))).toEqual([[0]]);
  });

  test('asynchronous forms pass gradients', async () => {
    const leaf = floats(1, 2, 3).requiresGrad_();
    const picked = await leaf.mul(leaf).maskedSelectAsync(m);
    const indexed = await leaf.indexAsync(m);
    const repeated = await leaf.repeatInterleaveAsync(counts);
    picked.sum().add(indexed.sum()).add(repeated.sum()).backward();
    expect(await leaf.grad?.tolist()).toEqual([2 + 1 + 2, 0, 6 + 1 + 1]);
  });

  test('what does not fit is said in the same words', async () => {
    await expect(x.indexAsync(mask(true, false))).rejects.toThrow('The shape of the mask [2]');
    await expect(x.maskedSelectAsync(mask(true, false))).rejects.toThrow(ShapeError);
    await expect(x.repeatInterleaveAsync(there([1, 2], 'int32'))).rejects.toThrow('same size as input');
  });
});

describe('what happens while something is awaited', () => {
  test('positions and moved values are those of the call', async () => {
    const x = floats(1, 0, 2);
    const positions = x.nonzeroAsync();
    const moving = toDevice(x, cpu);
    x.fill_(1);
    expect(await (await positions).tolist()).toEqual([[0], [2]]);
    expect(await (await moving).tolist()).toEqual([1, 0, 2]);
  });

  test('whether history is recorded is decided by the call', async () => {
    const x = floats(1, 2, 3).requiresGrad_();
    const m = mask(true, false, true);
    const silent = autograd.noGrad(() => [
      x.maskedSelectAsync(m),
      x.indexAsync(m),
      x.repeatInterleaveAsync(there([1, 0, 2], 'int32')),
    ]);
    for (const each of await Promise.all(silent)) expect(each.requiresGrad).toBe(false);
    const recorded = x.maskedSelectAsync(m);
    await autograd.noGrad(async () => expect((await recorded).requiresGrad).toBe(true));
  });

  test('oneHotAsync refuses what oneHot refuses', async () => {
    await expect(autograd.oneHotAsync(there([-2, 1], 'int32'))).rejects.toThrow('must be non-negative; got -2');
  });
});

describe('masks that need no count', () => {
  const pairs = (): Tensor => there([1, 2, 3, 4, 5, 6]).view([3, 2]);
  const rows = (): Tensor => mask(true, false, true);
  const column = (): Tensor => mask(false, true);

  test.each<[string, (x: Tensor) => Tensor, number[]]>([
    ['a value for rows', (x) => x.indexPut_([rows()], 0), [0, 0, 3, 4, 0, 0]],
    ['a row for rows', (x) => x.indexPut_([rows()], floats(8, 9)), [8, 9, 3, 4, 8, 9]],
    ['a value added to rows', (x) => x.indexPut_([rows()], 1, { accumulate: true }), [2, 3, 3, 4, 6, 7]],
    ['a value for elements', (x) => x.indexPut_([x.gt(4)], floats(0)), [1, 2, 3, 4, 0, 0]],
    ['a value for a column', (x) => x.indexPut_([':', column()], -1), [1, -1, 3, -1, 5, -1]],
    ['a value along the last axis', (x) => x.indexPut_(['...', column()], -1), [1, -1, 3, -1, 5, -1]],
    ['a value within a row', (x) => x.indexPut_([1, column()], -1), [1, 2, 3, -1, 5, 6]],
  ])('put %s', async (_, put, expected) => {
    expect(await put(pairs()).flatten().tolist()).toEqual(expected);
  });

  test('have the shape of what they choose from', () => {
    expect(() => pairs().indexPut_([mask(true)], 0)).toThrow('The shape of the mask [1]');
  });

  test('gradients flow to the target and the values', async () => {
    const x = floats(1, 2, 3).requiresGrad_();
    const value = there(5).requiresGrad_();
    const y = x.mul(2);
    y.indexPut_([mask(true, false, true)], value);
    y.mul(floats(1, 10, 100))
      .sum()
      .backward();
    expect([await x.grad?.tolist(), await value.grad?.tolist()]).toEqual([[0, 20, 0], 101]);
  });

  test('maskedScatter, out of place and in place, with gradients', async () => {
    const x = floats(1, 2, 3, 4).requiresGrad_();
    const source = floats(10, 20, 30).requiresGrad_();
    const m = mask(false, true, false, true);
    const y = x.maskedScatter(m, source);
    expect(await y.tolist()).toEqual([1, 10, 3, 20]);
    y.mul(floats(1, 2, 3, 4))
      .sum()
      .backward();
    expect(await x.grad?.tolist()).toEqual([1, 0, 3, 0]);
    expect(await source.grad?.tolist()).toEqual([2, 4, 0]);
    expect(await x.detach().clone().maskedScatter_(m, source.detach()).tolist()).toEqual([1, 10, 3, 20]);
  });
});

test('bernoulli draws the same for the same seed and probabilities as elsewhere', async () => {
  const p = rand([40], { device: cpu });
  autograd.manualSeed(3);
  const expected = await autograd.bernoulli(p).tolist();
  autograd.manualSeed(3);
  expect(await autograd.bernoulli(await toDevice(p, device)).tolist()).toEqual(expected);
  expect(new Set(expected as number[])).toEqual(new Set([0, 1]));
});

test('a printed tensor shows its elements when it is awaited', async () => {
  const x = floats(1, 2.5);
  expect(await x.toStringAsync()).toBe("tensor([1.0000, 2.5000], device='asynchronous')");
  expect(String(x)).toBe("tensor(..., device='asynchronous', size=(2,))");
  expect(await ones([1], { device: cpu }).toStringAsync()).toBe('tensor([1.])');
});

describe('anomaly mode', () => {
  afterEach(() => {
    setDetectAnomaly(false);
    vi.restoreAllMocks();
  });
  const broken = (): Tensor => {
    setDetectAnomaly(true);
    const x = floats(0).requiresGrad_();
    return x.sqrt().mul(0).sum();
  };

  test('waits for its findings', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    broken().backward();
    await expect(checkAnomalies()).rejects.toThrow("Function 'SqrtBackward0' returned nan values in its 0th output");
    await checkAnomalies();
    expect(printed).not.toHaveBeenCalled();
  });

  test('prints them where nobody waits', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    broken().backward();
    await vi.waitFor(() => expect(printed).toHaveBeenCalledWith(expect.stringContaining('Await checkAnomalies()')));
    await expect(checkAnomalies()).rejects.toThrow('nan values');
  });
});

describe('moving', () => {
  test('awaits in both directions, with dtypes that only one of the devices has', async () => {
    const x = tensor([1.5, 2], { device: cpu, dtype: 'float64' });
    const moved = await toDevice(x, device, 'float32');
    expect([moved.device, moved.dtype, await moved.tolist()]).toEqual([device, 'float32', [1.5, 2]]);
    const back = await moved.toDevice(cpu, 'float64');
    expect([back.device, back.dtype, await back.tolist()]).toEqual([cpu, 'float64', [1.5, 2]]);
    expect(() => moved.to(cpu)).toThrow("cannot be read at once. Use await toDevice('cpu').");
    expect((await toDevice(zeros([0, 2], { device }), cpu)).shape).toEqual([0, 2]);
    expect(tensor([1, 2], { device: cpu }).to(device).device).toBe(device);
  });

  test('copy_ converts on the way where it must', async () => {
    const target = zeros([2], { device });
    target.copy_(tensor([1.5, 2], { device: cpu, dtype: 'float64' }));
    expect(await target.tolist()).toEqual([1.5, 2]);
    expect(() => zeros([2], { device: cpu }).copy_(target)).toThrow(
      "[copy_] device 'asynchronous' cannot be read at once. Use await toDevice('cpu').",
    );
  });

  test('gradients flow through a move, but back only from a device that can be read at once', async () => {
    const x = tensor([1, 2], { device: cpu, requiresGrad: true });
    const moved = await toDevice(x, device);
    expect(moved.requiresGrad).toBe(true);
    expect(() => moved.sum().backward()).toThrow("A gradient must go back to device 'cpu'");
    const far = floats(3).requiresGrad_();
    (await toDevice(far.mul(2), cpu)).sum().backward();
    expect(await far.grad?.tolist()).toEqual([2]);
    expect((await autograd.noGrad(() => toDevice(far, cpu))).requiresGrad).toBe(false);
  });
});

describe('dtypes that the device cannot hold', () => {
  const refusal = (dtype: string, instead: string): string =>
    `device 'asynchronous' cannot hold ${dtype}. Use ${instead} there, or another device, such as 'cpu'.`;

  test('are refused where tensors are made and converted', () => {
    expect(() => zeros([1], { device, dtype: 'float64' })).toThrow(refusal('float64', 'float32'));
    expect(() => tensor([1n], { device })).toThrow(refusal('int64', 'int32'));
    expect(() => floats(1).double()).toThrow(`[to] ${refusal('float64', 'float32')}`);
    expect(() => floats(1).long()).toThrow(DeviceError);
    expect(() => tensor([1], { device: cpu, dtype: 'float64' }).to(device)).toThrow(refusal('float64', 'float32'));
    expect(() => floats(1).sum({ dtype: 'float64' } as never)).toThrow();
  });

  test('come in from host memory as what is asked for', async () => {
    expect(await fromArray(Float64Array.of(0.1), [1], { device, dtype: 'float32' }).item()).toBe(Math.fround(0.1));
    expect(await fromArray(BigInt64Array.of(5n), [1], { device, dtype: 'int32' }).item()).toBe(5);
    expect(() => fromArray(BigInt64Array.of(2n ** 40n), [1], { device, dtype: 'int32' })).toThrow(
      '1099511627776 does not fit into int32',
    );
  });
});

describe('tensors on two devices in one op name both', () => {
  const [near, far] = [ones([2, 2], { device: cpu }), ones([2, 2], { device })];
  const position = arange(2, { dtype: 'int32', device });
  const truth = far.gt(0);
  const image = ones([1, 1, 4, 4], { device: cpu });
  const kernel = ones([1, 1, 2, 2], { device });
  const calls: Record<string, () => unknown> = {
    add: () => near.add(far),
    'add_ ': () => near.add_(far),
    matmul: () => near.matmul(far),
    mm: () => autograd.mm(near, far),
    bmm: () => autograd.bmm(near.unsqueeze(0), far.unsqueeze(0)),
    addmm: () => autograd.addmm(far, near, near),
    dot: () => near.flatten().dot(far.flatten()),
    outer: () => autograd.outer(near.flatten(), far.flatten()),
    cat: () => autograd.cat([near, far]),
    stack: () => autograd.stack([near, far]),
    where: () => autograd.where(truth, near, near),
    maskedFill: () => near.maskedFill(truth, 0),
    maskedSelect: () => near.maskedSelect(truth),
    maskedScatter: () => near.maskedScatter(truth, near),
    index: () => near.index(position),
    'index by a mask': () => near.index(truth),
    indexPut_: () => near.indexPut_([0], far),
    'indexPut_ by a mask': () => near.indexPut_([truth], 1),
    indexSelect: () => near.indexSelect(0, position),
    gather: () => near.gather(0, position.unsqueeze(0)),
    take: () => near.take(position),
    takeAlongDim: () => near.takeAlongDim(position.unsqueeze(0), 0),
    scatter: () => near.scatter(0, position.unsqueeze(0), 1),
    scatterAdd: () => near.scatterAdd(0, position.unsqueeze(0), near),
    indexAdd: () => near.indexAdd(0, position, near),
    indexCopy: () => near.indexCopy(0, position, near),
    indexFill: () => near.indexFill(0, position, 1),
    embedding: () => autograd.embedding(near, position),
    conv2d: () => autograd.conv2d(image, kernel),
    convTranspose2d: () => autograd.convTranspose2d(image, kernel),
    clamp: () => near.clamp(far, null),
    lerp: () => near.lerp(far, 0.5),
    addcmul: () => near.addcmul(far, near),
    isclose: () => near.isclose(far),
    dist: () => autograd.dist(near, far),
    huber: () => autograd.huber(near, far),
    smoothL1: () => autograd.smoothL1(near, far),
    grad: () => {
      near.grad = far;
    },
  };

  test.each(Object.entries(calls))('%s', (_, call) => {
    expect(call).toThrow(FlambeauError);
    expect(call).toThrow(/'cpu'.*'asynchronous'|'asynchronous'.*'cpu'/);
    expect(call).toThrow(/to\(|toDevice\(/);
  });
});

test('kernels bind no more than eight buffers, however many tensors an op takes', async () => {
  const backend = deviceOf(device).backend as Backend & { readonly crowded: ReadonlyMap<string, number> };
  const parts = Array.from({ length: 20 }, () => rand([2, 2], { device, requiresGrad: true }));
  autograd.cat(parts).sum().add(autograd.stack(parts).sum()).backward();
  expect(await parts[19]?.grad?.tolist()).toEqual([
    [2, 2],
    [2, 2],
  ]);
  const x = arange(2 ** 14, { dtype: 'float32', device }).reshape(new Array<number>(14).fill(2));
  const digits = Array.from({ length: 14 }, (_, k) => there([k % 2, k % 3 === 0 ? 1 : -2], 'int32'));
  const binary = (row: number): number =>
    Number.parseInt(digits.map((_, k) => (row === 0 ? k % 2 : k % 3 === 0 ? 1 : 0)).join(''), 2);
  expect(await x.index(...digits).tolist()).toEqual([binary(0), binary(1)]);
  x.indexPut_(digits, -1);
  expect(await x.index(...digits).tolist()).toEqual([-1, -1]);
  expect(await x.eq(-1).sum().item()).toBe(2);
  expect([...backend.crowded.keys()]).toEqual([]);
});
