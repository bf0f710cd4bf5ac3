import { ArgumentError, DeviceError, registerBackend, unregisterBackend } from '@flambeau/backend';
import { cpu } from '@flambeau/backend-cpu';
import { afterAll, describe, expect, test } from 'vitest';
import { cat, defaultDevice, grad, ones, type Tensor, tensor, toDevice, zeros } from '../index.ts';

const other = Object.defineProperty(cpu(), 'name', { value: 'other' });
const home = defaultDevice();
registerBackend('other', () => other);
afterAll(() => unregisterBackend('other'));

const leaf = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });

describe('dtypes', () => {
  test('convert as C does, and to bool by being zero or not', () => {
    const x = tensor([-1.7, 0, 2.5]);
    expect(x.int().tolistSync()).toEqual([-1, 0, 2]);
    expect(x.long().tolistSync()).toEqual([-1n, 0n, 2n]);
    expect(x.bool().tolistSync()).toEqual([true, false, true]);
    expect(tensor([1e-9, Number.NaN]).bool().tolistSync()).toEqual([true, true]);
    expect(tensor([300]).to('uint8').tolistSync()).toEqual([44]);
    expect(tensor([0.1]).half().double().itemSync()).toBe(0.0999755859375);
  });

  test('that are there already give the tensor itself', () => {
    const x = zeros([2]);
    expect([x.float() === x, x.to(home) === x, x.to(zeros([1])) === x, x.contiguous() === x]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  test('pass gradients back in their own dtype', () => {
    const x = leaf(1, 2);
    const [g] = grad(x.double().mul(3).sum(), x);
    expect([g?.dtype, g?.tolistSync()]).toEqual(['float32', [3, 3]]);
    expect(x.int().requiresGrad).toBe(false);
  });

  test('need a known target', () => {
    expect(() => zeros([1]).to(3 as never)).toThrow(ArgumentError);
    expect(() => zeros([1]).to('nowhere')).toThrow(DeviceError);
  });
});

describe('copies', () => {
  test('clone has fresh memory and passes gradients', () => {
    const x = leaf(1, 2);
    const y = x.clone();
    expect([y.storage === x.storage, y.requiresGrad]).toEqual([false, true]);
    expect(zeros([2, 3]).t().clone().isContiguous()).toBe(true);
  });

  test('copy_ broadcasts, converts, and passes gradients to its source', () => {
    const target = zeros([2, 2], { dtype: 'float64' });
    const x = leaf(1, 2);
    target.copy_(x);
    expect([target.dtype, target.tolistSync()]).toEqual([
      'float64',
      [
        [1, 2],
        [1, 2],
      ],
    ]);
    expect(grad(target.sum(), x)[0]?.tolistSync()).toEqual([2, 2]);
    expect(
      zeros([2], { dtype: 'int32' })
        .copy_(tensor([1.5, -1.5]))
        .tolistSync(),
    ).toEqual([1, -1]);
    expect(zeros([2]).copy_(tensor(7)).tolistSync()).toEqual([7, 7]);
  });
});

describe('devices', () => {
  test('do not mix', () => {
    const [here, there] = [ones([2]), ones([2], { device: 'other' })];
    expect(() => here.add(there)).toThrow(DeviceError);
    expect(() => here.add(there)).toThrow(`'${home}' and 'other'. Move one with to()`);
    expect(() => here.dot(there)).toThrow(DeviceError);
    expect(() => cat([here, there])).toThrow(DeviceError);
    expect(() => here.add_(there)).toThrow(DeviceError);
    expect(() => here.index(there.int())).toThrow(DeviceError);
    expect(() => here.gather(0, zeros([1], { device: 'other', dtype: 'int32' }))).toThrow(DeviceError);
    expect(() => {
      here.grad = there;
    }).toThrow(/lives on device 'other'/);
  });

  test('are reached by to, toDevice and copy_, with gradients', async () => {
    const x = leaf(1, 2);
    const moved = x.mul(2).to('other');
    expect([moved.device, moved.tolistSync()]).toEqual(['other', [2, 4]]);
    expect((await toDevice(moved, home)).device).toBe(home);
    const [g] = grad(moved.mul(5).sum(), x);
    expect([g?.device, g?.tolistSync()]).toEqual([home, [10, 10]]);
    expect(zeros([2]).copy_(moved.detach()).tolistSync()).toEqual([2, 4]);
    expect(ones([2, 3]).t().to('other').tolistSync()).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  test('show in the printed text', () => {
    expect(String(ones([1], { device: 'other' }))).toBe("tensor([1.], device='other')");
  });
});
