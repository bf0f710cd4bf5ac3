import { type DType, hostArray } from '@flambeau/backend';
import { expect, test } from 'vitest';
import { narrow, type Storage, widen } from './elements.ts';

const cases: [DType, Storage, number[], number[]][] = [
  ['float32', 'f32', [1.5, -2], [1.5, -2]],
  ['int32', 'i32', [-7, 2 ** 31 - 1], [-7, 2 ** 31 - 1]],
  ['int8', 'i32', [-128, 127], [-128, 127]],
  ['uint8', 'i32', [0, 255], [0, 255]],
  ['bool', 'i32', [0, 1], [0, 1]],
  ['bfloat16', 'f32', [0x3fc0, 0xc000, 0x7f80], [1.5, -2, Number.POSITIVE_INFINITY]],
  ['float16', 'f32', [0x3e00, 0xc000, 0x7c00, 0x0001], [1.5, -2, Number.POSITIVE_INFINITY, 2 ** -24]],
  ['float16', 'f16', [0x3e00, 0xc000], [0x3e00, 0xc000]],
];

test.each(cases)('%s in memory of %s', (dtype, storage, host, device) => {
  const data = hostArray(dtype, host.length);
  data.set(host as never);
  const wide = widen(data, dtype, storage);
  expect([...wide]).toEqual(device);
  const memory = new Uint8Array(8 + wide.byteLength);
  memory.set(new Uint8Array(wide.buffer, wide.byteOffset, wide.byteLength), 8);
  const back = narrow(memory.buffer, 8, host.length, dtype, storage);
  expect(back.constructor).toBe(data.constructor);
  expect([...back]).toEqual(host);
  memory.fill(0);
  expect([...back]).toEqual(host);
});

test('NaN survives in both formats of 16 bits', () => {
  for (const [dtype, bits] of [
    ['bfloat16', 0x7fc0],
    ['float16', 0x7e00],
  ] as const) {
    const wide = widen(Uint16Array.of(bits), dtype, 'f32');
    expect(wide[0]).toBeNaN();
    expect([...narrow(wide.buffer as ArrayBuffer, 0, 1, dtype, 'f32')]).toEqual([bits]);
  }
});
