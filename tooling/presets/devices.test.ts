import { expect, test } from 'vitest';
import { parseDevice } from './devices.ts';

test('a test device is read with its options', () => {
  expect(parseDevice('cpu')).toEqual({ name: 'cpu', options: {} });
  expect(parseDevice('wasm:threads=3,relaxed=0')).toEqual({ name: 'wasm', options: { threads: 3, relaxed: false } });
  expect(parseDevice('asynchronous')).toEqual({ name: 'asynchronous', options: {} });
  expect(parseDevice('wasm:relaxed=1')).toEqual({ name: 'wasm', options: { relaxed: true } });
  expect(parseDevice('webgpu')).toEqual({ name: 'webgpu', options: {} });
  expect(parseDevice('webgpu:software=0')).toEqual({ name: 'webgpu', options: { software: false } });
});

test.each([
  'gpu',
  'cpu:threads=2',
  'asynchronous:relaxed=1',
  'wasm:threads=0',
  'wasm:relaxed=yes',
  'wasm:speed=1',
  'wasm:threads',
  'wasm:software=0',
  'webgpu:threads=2',
])("'%s' is refused", (text) => {
  expect(() => parseDevice(text)).toThrow(/unknown/);
});
