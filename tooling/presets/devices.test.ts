import { expect, test } from 'vitest';
import { parseDevice } from './devices.ts';

test('a test device is read with its options', () => {
  expect(parseDevice('cpu')).toEqual({ name: 'cpu', options: {} });
  expect(parseDevice('wasm:threads=3,relaxed=0')).toEqual({ name: 'wasm', options: { threads: 3, relaxed: false } });
  expect(parseDevice('wasm:relaxed=1')).toEqual({ name: 'wasm', options: { relaxed: true } });
});

test.each(['gpu', 'wasm:threads=0', 'wasm:relaxed=yes', 'wasm:speed=1', 'wasm:threads'])("'%s' is refused", (text) => {
  expect(() => parseDevice(text)).toThrow(/unknown/);
});
