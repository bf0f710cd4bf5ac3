import { describe, expect } from 'vitest';
import type { DeviceBuffer } from '../../backend.ts';
import { type DType, dtypeNames, hostArray } from '../../dtype.ts';
import { DeviceError, FlambeauError } from '../../errors.ts';
import { constant, type Expr, load, op } from '../../expr.ts';
import type { Launch } from '../../kernel.ts';
import type { View } from '../../view.ts';
import { CaseBuilder, type KernelCase } from '../kernel-case.ts';
import { garbage } from '../layouts.ts';
import type { Session } from '../session.ts';

const vector = (length: number, offset = 0): View => ({ shape: [length], strides: [1], offset });

/** `y = f(x)` on whole vectors. */
function map(length: number, expr: (x: Expr) => Expr, view: View = vector(length)): KernelCase {
  const builder = new CaseBuilder();
  const x = load(builder.read(builder.input('float32', new Float32Array(length)), view));
  builder.store(
    builder.write(builder.output('float32', new Float32Array(length)), vector(view.shape[0] as number)),
    [],
    expr(x),
  );
  return builder.loop(view.shape);
}

/** What a backend does beside computing. */
export function describeBehaviours(session: Session): void {
  const add = (x: Expr): Expr => op('add', x, constant(1, 'float32'));
  const run = (sample: KernelCase, buffers: readonly DeviceBuffer[], launch: Launch = sample.launch): void =>
    session.backend.run(session.backend.prepare(sample.kernel), buffers, launch);

  describe('memory of a device', () => {
    for (const dtype of dtypeNames) {
      session.test(`writes and reads ${dtype} back, in parts`, [dtype], async () => {
        const { backend } = session;
        const draw = session.draw(70);
        const data = garbage(dtype, 37, draw);
        const buffer = backend.allocate(dtype, 37);
        expect([buffer.dtype, buffer.length]).toEqual([dtype, 37]);
        backend.write(buffer, data);
        expect(await backend.read(buffer, 0, 37)).toEqual(data);
        expect(await backend.read(buffer, 5, 9)).toEqual(data.slice(5, 14));
        expect(await backend.read(buffer, 37, 0)).toEqual(data.slice(37));
        const part = garbage(dtype, 6, draw);
        backend.write(buffer, part, 3);
        data.set(part as never, 3);
        expect(await backend.read(buffer, 0, 37)).toEqual(data);
        expect((await backend.read(buffer, 0, 1)).constructor).toBe(hostArray(dtype, 0).constructor);
        backend.free(buffer);
      });
    }

    session.test('keeps what was written when the host changes its copy', ['float32'], async () => {
      const { backend } = session;
      const buffer = backend.allocate('float32', 4);
      const data = Float32Array.of(1, 2, 3, 4);
      backend.write(buffer, data);
      data.fill(9);
      const read = (await backend.read(buffer, 0, 4)) as Float32Array;
      expect([...read]).toEqual([1, 2, 3, 4]);
      read.fill(7);
      expect([...((await backend.read(buffer, 0, 4)) as Float32Array)]).toEqual([1, 2, 3, 4]);
      backend.free(buffer);
    });

    session.test('reads at once where it can', ['float32'], async () => {
      const { backend } = session;
      const buffer = backend.allocate('float32', 3);
      backend.write(buffer, Float32Array.of(1, 2, 3));
      if (backend.readSync) expect([...(backend.readSync(buffer, 1, 2) as Float32Array)]).toEqual([2, 3]);
      backend.free(buffer);
    });

    session.test('holds buffers of no elements', ['float32'], async () => {
      const { backend } = session;
      const buffer = backend.allocate('float32', 0);
      backend.write(buffer, new Float32Array(0));
      expect(await backend.read(buffer, 0, 0)).toEqual(new Float32Array(0));
      backend.free(buffer);
    });

    session.test('counts what is live', ['float32', 'uint8'], async () => {
      const { backend } = session;
      const before = backend.memory();
      const large = backend.allocate('float32', 1000);
      const small = backend.allocate('uint8', 10);
      const during = backend.memory();
      expect(during.buffers).toBe(before.buffers + 2);
      expect(during.bytes).toBeGreaterThanOrEqual(before.bytes + 4010);
      expect(during.peakBytes).toBeGreaterThanOrEqual(during.bytes);
      backend.free(large);
      backend.free(small);
      const after = backend.memory();
      expect([after.buffers, after.bytes]).toEqual([before.buffers, before.bytes]);
      expect(after.peakBytes).toBeGreaterThanOrEqual(during.bytes);
      expect(after.pooledBytes).toBeGreaterThanOrEqual(0);
    });

    session.test('does not grow when buffers come and go', ['float32'], async () => {
      const { backend } = session;
      const before = backend.memory();
      const sample = map(100, add);
      for (let round = 0; round < 50; round++) {
        const [x, y] = [backend.allocate('float32', 100), backend.allocate('float32', 100)];
        backend.write(x, new Float32Array(100).fill(round));
        run(sample, [x, y]);
        backend.free(x);
        // The work enqueued still sees x.
        expect(((await backend.read(y, 99, 1)) as Float32Array)[0]).toBe(round + 1);
        backend.free(y);
      }
      expect(backend.memory().bytes).toBe(before.bytes);
      expect(backend.memory().buffers).toBe(before.buffers);
    });
  });

  describe('order of operations', () => {
    session.test('follows the calls: write, run, write, run, read', ['float32'], async () => {
      const { backend } = session;
      const [x, y, z] = [0, 1, 2].map(() => backend.allocate('float32', 8)) as [
        DeviceBuffer,
        DeviceBuffer,
        DeviceBuffer,
      ];
      const step = map(8, add);
      backend.write(x, new Float32Array(8).fill(1));
      run(step, [x, y]);
      backend.write(x, new Float32Array(8).fill(10));
      run(step, [x, z]);
      run(step, [y, x]);
      const first = backend.read(x, 0, 8);
      run(step, [z, x]);
      const second = backend.read(x, 0, 8);
      expect([...((await first) as Float32Array)]).toEqual(new Array(8).fill(3));
      expect([...((await second) as Float32Array)]).toEqual(new Array(8).fill(12));
      await backend.synchronize();
      for (const buffer of [x, y, z]) backend.free(buffer);
    });

    session.test('holds through a long chain over two buffers', ['float32'], async () => {
      const { backend } = session;
      const pair = [backend.allocate('float32', 5), backend.allocate('float32', 5)];
      backend.write(pair[0] as DeviceBuffer, new Float32Array(5));
      const step = map(5, add);
      for (let i = 0; i < 301; i++) run(step, [pair[i % 2] as DeviceBuffer, pair[(i + 1) % 2] as DeviceBuffer]);
      expect([...((await backend.read(pair[1] as DeviceBuffer, 0, 5)) as Float32Array)]).toEqual(
        new Array(5).fill(301),
      );
      for (const buffer of pair) backend.free(buffer);
    });

    session.test('is the same in a program', ['float32'], async () => {
      const { backend } = session;
      if (!backend.replay) return;
      const pair = [backend.allocate('float32', 5), backend.allocate('float32', 5)] as [DeviceBuffer, DeviceBuffer];
      backend.write(pair[0], new Float32Array(5));
      const sample = map(5, add);
      const executable = backend.prepare(sample.kernel);
      const program = [pair, [pair[1], pair[0]], pair].map((buffers) => ({
        executable,
        buffers,
        launch: sample.launch,
      }));
      backend.replay(program);
      backend.replay(program.slice(1));
      expect([...((await backend.read(pair[1], 0, 5)) as Float32Array)]).toEqual(new Array(5).fill(4));
      for (const buffer of pair) backend.free(buffer);
    });
  });

  describe('executables', () => {
    session.test('serve any size, stride, offset and scalar of one structure', ['float32'], async () => {
      const scaled = (length: number, factor: number, view: View): KernelCase => {
        const builder = new CaseBuilder();
        const x = garbage('float32', 4 * length + 20, session.draw(71));
        const out = garbage('float32', length, session.draw(72));
        const value = op(
          'mul',
          load(builder.read(builder.input('float32', x), view)),
          builder.scalar('float32', factor),
        );
        builder.store(builder.write(builder.output('float32', out), vector(length)), [], value);
        return builder.loop([length]);
      };
      for (const length of [0, 5, 64, 2, 1000]) {
        for (const stride of [2, 3, -2]) {
          const offset = stride < 0 ? 2 * length + 9 : 9;
          await session.check(
            scaled(length, length + 0.5, { shape: [length], strides: [stride], offset }),
            `${length} by ${stride}`,
          );
        }
      }
    });

    session.test('tell apart accesses that differ only in their number', ['float32'], async () => {
      for (const swapped of [false, true]) {
        const builder = new CaseBuilder();
        const x = builder.input(
          'float32',
          Float32Array.from({ length: 20 }, (_, i) => i * i),
        );
        const [a, b] = [load(builder.read(x, vector(5, 2))), load(builder.read(x, vector(5, 11)))];
        builder.store(
          builder.write(builder.output('float32', new Float32Array(5)), vector(5)),
          [],
          swapped ? op('sub', b, a) : op('sub', a, b),
        );
        await session.check(builder.loop([5]), swapped ? 'swapped' : 'in order');
      }
    });

    session.test('accept many buffers', ['float32'], async () => {
      const builder = new CaseBuilder();
      const draw = session.draw(73);
      let sum: Expr | undefined;
      for (let i = 0; i < 7; i++) {
        const x = load(builder.read(builder.input('float32', garbage('float32', 21, draw)), vector(21)));
        sum = sum ? op(i % 2 ? 'sub' : 'max', sum, x) : x;
      }
      builder.store(
        builder.write(builder.output('float32', garbage('float32', 21, draw)), vector(21)),
        [],
        sum as Expr,
      );
      await session.check(builder.loop([21]));
    });
  });

  describe('refusals', () => {
    for (const dtype of dtypeNames) {
      session.test(`no buffers of ${dtype} where the device does not list it`, [], () => {
        if (!session.has(dtype)) expect(() => session.backend.allocate(dtype, 4)).toThrow(DeviceError);
      });
    }

    session.test('no malformed kernel', ['float32'], () => {
      const { kernel } = map(4, (x) => op('add', x, constant(1, 'int32')));
      expect(() => session.backend.prepare(kernel)).toThrow(FlambeauError);
    });

    session.test('nothing beyond the end of a buffer', ['float32'], async () => {
      const { backend } = session;
      const buffer = backend.allocate('float32', 4);
      expect(() => backend.write(buffer, new Float32Array(3), 2)).toThrow(FlambeauError);
      await expect((async () => backend.read(buffer, 3, 2))()).rejects.toThrow(FlambeauError);
      if (backend.readSync) expect(() => backend.readSync?.(buffer, -1, 2)).toThrow(FlambeauError);
      backend.free(buffer);
    });

    session.test('no buffer larger than it says', ['bool'], () => {
      const { backend } = session;
      expect(() => backend.allocate('bool', backend.capabilities.maxBufferBytes + 1)).toThrow(FlambeauError);
    });
  });

  session.test('describes itself', [], () => {
    const { name, capabilities } = session.backend;
    expect(name).not.toBe('');
    expect(capabilities.threads).toBeGreaterThanOrEqual(1);
    expect(capabilities.maxBufferBytes).toBeGreaterThanOrEqual(2 ** 24);
    for (const dtype of ['float32', 'int32', 'bool'] as DType[]) expect(session.has(dtype)).toBe(true);
  });
}
