import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, expect, test, vi } from 'vitest';
import { type FunctionBuilder, type I32, i32, type Local, ModuleBuilder } from '../assembler/index.ts';
import type { Program, WasmBuffer } from './runtime.ts';
import { WasmRuntime } from './wasm-runtime.ts';

const runtimes: WasmRuntime[] = [];

afterEach(() => {
  for (const runtime of runtimes.splice(0)) runtime.dispose();
});

function open(threads: number): WasmRuntime {
  const runtime = new WasmRuntime({ threads });
  runtimes.push(runtime);
  return runtime;
}

/** A program whose body runs for each unit, with the target address that parameter 0 holds. */
function each(
  runtime: WasmRuntime,
  body: (f: FunctionBuilder, unit: I32, target: I32, scratch: Local<'i32'>) => void,
): Program {
  const module = new ModuleBuilder(runtime.memory);
  const f = module.function({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, 'run');
  const unit = f.parameter(2, 'i32');
  f.while(i32.lt_u(unit, f.parameter(3, 'i32')), () => {
    body(f, unit, i32.add(i32.load(f.parameter(0, 'i32')), i32.shl(unit, i32.const(2))), f.parameter(1, 'i32'));
    f.advance(unit, 1);
  });
  return runtime.load(module.encode(), module.imports);
}

/** Adds to each element, so that a unit that runs twice or never shows. */
function adder(runtime: WasmRuntime, by: number): Program {
  return each(runtime, (f, unit, target, scratch) => {
    // By way of private memory, which no other thread may overwrite.
    f.store(scratch, i32.add(i32.load(target), i32.mul(unit, i32.const(by))));
    f.store(target, i32.load(scratch));
  });
}

function zeros(runtime: WasmRuntime, length: number): WasmBuffer {
  const buffer = runtime.allocate('int32', length);
  runtime.write(buffer, new Int32Array(length));
  return buffer;
}

function dispatch(runtime: WasmRuntime, program: Program, buffer: WasmBuffer, units: number, grain: number): void {
  runtime.words[runtime.parameters / 4] = buffer.address;
  runtime.dispatch(program, units, grain);
}

/** Starts the threads, and waits until all share work: each leaves its scratch address on what it did. */
async function comeUp(runtime: WasmRuntime): Promise<void> {
  const mark = each(runtime, (f, _unit, target, scratch) => {
    const left = f.local('i32', i32.const(20_000));
    f.while(left, () => f.set(left, i32.sub(left, i32.const(1))));
    f.store(target, scratch);
  });
  const buffer = zeros(runtime, 256);
  const seen = new Set<number>();
  for (let attempt = 0; attempt < 1000 && seen.size < runtime.threads; attempt++) {
    dispatch(runtime, mark, buffer, 256, 1);
    for (const address of runtime.read(buffer, 0, 256)) seen.add(Number(address));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(seen.size).toBe(runtime.threads);
}

test.each([1, 2, 3])('%i threads run every unit once', async (threads) => {
  const runtime = open(threads);
  expect(runtime.threads).toBe(threads);
  await comeUp(runtime);
  const program = adder(runtime, 3);
  for (const [units, grain] of [
    [1, 1],
    [2, 1],
    [7, 2],
    [20_003, 64],
    [20_003, 19_000],
  ] as const) {
    const buffer = zeros(runtime, units + 1);
    dispatch(runtime, program, buffer, units, grain);
    const expected = Int32Array.from({ length: units + 1 }, (_, i) => (i < units ? 3 * i : 0));
    expect(runtime.read(buffer, 0, units + 1)).toEqual(expected);
  }
});

test('thousands of tiny jobs of several programs follow each other', async () => {
  const runtime = open(3);
  await comeUp(runtime);
  const programs = [1, 2, 3].map((by) => adder(runtime, by));
  const buffer = zeros(runtime, 64);
  for (let i = 0; i < 30_000; i++) {
    // Alternating lengths: a late thread must not claim from a job with the numbers of another.
    dispatch(runtime, programs[i % 3] as Program, buffer, i % 2 === 0 ? 64 : 10, 1);
    if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const expected = Int32Array.from({ length: 64 }, (_, i) => (i < 10 ? 60_000 * i : 30_000 * i));
  expect(runtime.read(buffer, 0, 64)).toEqual(expected);
});

test('threads see memory that has grown, and programs that lie there', async () => {
  const runtime = open(2);
  await comeUp(runtime);
  const large = runtime.allocate('int32', 50_000_000);
  const tail: WasmBuffer = { dtype: 'int32', length: 10_000, address: large.address + 4 * (large.length - 10_000) };
  runtime.write(tail, new Int32Array(10_000));
  for (let i = 1; i <= 20; i++) dispatch(runtime, adder(runtime, i), tail, 10_000, 16);
  expect(runtime.read(tail, 0, 10_000)).toEqual(Int32Array.from({ length: 10_000 }, (_, i) => 210 * i));
});

test('a trap on any thread is an error here, and later jobs run', async () => {
  const runtime = open(3);
  await comeUp(runtime);
  const buffer = zeros(runtime, 1000);
  const after = adder(runtime, 1);
  const beyond = i32.const(-4);
  for (let at = 0; at < 1000; at += 37) {
    const trap = each(runtime, (f, unit, target) => {
      f.if(i32.eq(unit, i32.const(at)), () => f.store(beyond, unit));
      const left = f.local('i32', i32.const(500));
      f.while(left, () => f.set(left, i32.sub(left, i32.const(1))));
      f.store(target, i32.const(0));
    });
    expect(() => dispatch(runtime, trap, buffer, 1000, 1)).toThrow(WebAssembly.RuntimeError);
    runtime.write(buffer, new Int32Array(1000));
    dispatch(runtime, after, buffer, 1000, 1);
    expect(runtime.read(buffer, 0, 1000)).toEqual(Int32Array.from({ length: 1000 }, (_, i) => i));
  }
});

test('a runtime whose threads have ended goes on alone', async () => {
  const runtime = open(2);
  await comeUp(runtime);
  runtime.dispose();
  const buffer = zeros(runtime, 1000);
  dispatch(runtime, adder(runtime, 5), buffer, 1000, 1);
  expect(runtime.read(buffer, 0, 1000)[999]).toBe(4995);
});

test('says once what threads need where they cannot share memory', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('crossOriginIsolated', false);
  expect(open(4).threads).toBe(1);
  expect(open(4).threads).toBe(1);
  expect(open(1).threads).toBe(1);
  expect(warn.mock.calls).toEqual([
    [
      '[wasm] work is not shared among threads: the page is not cross-origin isolated; serve it with the headers ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    ],
  ]);
  vi.unstubAllGlobals();
  warn.mockRestore();
});

test('a process that used threads ends by itself', async () => {
  const path = (file: string): string => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
  const script = `
    import { ModuleBuilder } from ${path('../assembler/index.ts')};
    import { WasmRuntime } from ${path('./wasm-runtime.ts')};
    const runtime = new WasmRuntime({ threads: 3 });
    const module = new ModuleBuilder(runtime.memory);
    module.function({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, 'run');
    const program = runtime.load(module.encode(), []);
    for (let i = 0; i < 20; i++) {
      runtime.dispatch(program, 1000, 1);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log('done');
  `;
  const built = await build({
    stdin: { contents: script, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    conditions: ['flambeau-source'],
  });
  const input = built.outputFiles[0]?.text ?? '';
  const child = spawnSync(process.execPath, ['--input-type=module'], { input, encoding: 'utf8', timeout: 30_000 });
  expect([child.stderr, child.stdout, child.status]).toEqual(['', 'done\n', 0]);
});
