import { ArgumentError, DeviceError, dtypeNames, hostArray } from '@flambeau/backend';
import { expect, test } from 'vitest';
import { callValue, f64, i32, ModuleBuilder } from '../assembler/index.ts';
import { WasmRuntime } from './wasm-runtime.ts';

test('buffers of every dtype hold what is written, and reads are copies', () => {
  const runtime = new WasmRuntime({ threads: 1 });
  for (const dtype of dtypeNames) {
    const buffer = runtime.allocate(dtype, 9);
    const data = hostArray(dtype, 9);
    for (let i = 0; i < 9; i++) data[i] = dtype === 'int64' ? BigInt(i) : i;
    runtime.write(buffer, data);
    runtime.write(buffer, data.subarray(1, 3), 4);
    const copy = runtime.read(buffer, 3, 4);
    expect([...copy].map(Number)).toEqual([3, 1, 2, 6]);
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
    runtime.bytes.fill(0, buffer.address, buffer.address + 9);
    expect([...copy].map(Number)).toEqual([3, 1, 2, 6]);
  }
});

test('programs see their parameters and scratch memory, and call host functions', () => {
  const runtime = new WasmRuntime({
    threads: 1,
    hostFunction: (name) => (name === 'double' ? (x: number) => 2 * x : Math.abs),
  });
  const module = new ModuleBuilder(runtime.memory);
  const double = module.import('double', { parameters: ['f64'], results: ['f64'] });
  const f = module.function({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, 'run');
  const [parameters, scratch, , end] = [0, 1, 2, 3].map((index) => f.parameter(index, 'i32'));
  if (!parameters || !scratch || !end) throw new Error('no parameters');
  f.store(scratch, callValue('f64', double, f64.load(parameters)));
  f.store(parameters, f64.load(scratch));
  f.store(parameters, end, 8);
  const program = runtime.load(module.encode(), module.imports);
  expect(program.hosted).toBe(true);
  runtime.doubles[runtime.parameters / 8] = 21;
  runtime.dispatch(program, 7, 1);
  expect(runtime.doubles[runtime.parameters / 8]).toBe(42);
  expect(runtime.words[runtime.parameters / 4 + 2]).toBe(7);
});

test('programs go on working when memory grows', () => {
  const runtime = new WasmRuntime({ threads: 1 });
  const module = new ModuleBuilder(runtime.memory);
  const f = module.function({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, 'run');
  f.store(i32.load(f.parameter(0, 'i32')), i32.const(7));
  const program = runtime.load(module.encode(), module.imports);
  const small = runtime.allocate('int32', 4);
  runtime.write(small, Int32Array.of(1, 2, 3, 4));
  const large = runtime.allocate('int32', 30_000_000);
  expect([...runtime.read(small, 0, 4)]).toEqual([1, 2, 3, 4]);
  const last = large.address + 4 * 29_999_999;
  runtime.words[runtime.parameters / 4] = last;
  runtime.dispatch(program, 1, 1);
  expect(runtime.read(large, 29_999_999, 1)[0]).toBe(7);
});

test('borrowed memory is nobody else’s until it is released', () => {
  const runtime = new WasmRuntime({ threads: 1, maximumPages: 512 });
  const address = runtime.borrow(20_000_000);
  expect(() => runtime.borrow(20_000_000)).toThrow(DeviceError);
  expect(() => runtime.allocate('uint8', 20_000_000)).toThrow(DeviceError);
  expect(runtime.memoryStats().bytes).toBe(0);
  runtime.release(address);
  expect(() => runtime.release(address)).toThrow(ArgumentError);
  expect(runtime.borrow(20_000_000)).toBe(address);
});
