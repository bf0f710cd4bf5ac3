import {
  cast,
  constant,
  type DType,
  type Expr,
  gather,
  index,
  type LoopKernel,
  load,
  op,
  type ReduceOp,
  type Shape,
  Specializer,
  scalar,
  sliceView,
  stage,
  type View,
  contiguousView as view,
  type WindowAxis,
  windowView,
} from '@flambeau/backend';
import { CaseBuilder, type KernelCase, Session } from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';
import { describe, expect, it } from 'vitest';
import { openWebGpu } from '../backend.ts';
import { sharing } from '../shader.ts';
import { leastLimits } from '../testing/limits.ts';
import { layOut } from './layout.ts';
import { loopShader } from './loop-shader.ts';
import { Slides } from './slides.ts';
import { splitStores } from './split.ts';

/** Numbers without fractions, so that sums are exact in every order. */
function numbers(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((i * 7919) % 31) - 15);
}

function columns([rows, length]: readonly [number, number]): View {
  return { shape: [length, rows], strides: [1, length], offset: 0 };
}

function fold(
  reduce: ReduceOp,
  x: View,
  outer: Shape,
  array = numbers(x.shape.reduce((a, b) => a * b, 1)),
): KernelCase {
  const builder = new CaseBuilder();
  const result: DType = reduce.startsWith('arg') ? 'int32' : 'float32';
  const found = builder.reduce(
    reduce,
    x.shape.slice(outer.length),
    load(builder.read(builder.input('float32', array), x)),
  );
  const length = Math.max(
    1,
    outer.reduce((a, b) => a * b, 1),
  );
  const out = result === 'int32' ? new Int32Array(length) : new Float32Array(length);
  builder.store(builder.write(builder.output(result, out), view(outer)), [], stage(found));
  return builder.loop(outer);
}

function softmax(n: number, d: number, inPlace = false): KernelCase {
  const builder = new CaseBuilder();
  const array = numbers(n * d);
  const input = builder.input('float32', array);
  const read = (): Expr => load(builder.read(input, view([n, d])));
  const largest = builder.reduce('max', [d], read());
  const total = builder.reduce('sum', [d], op('exp', op('sub', read(), stage(largest))));
  const value = op('div', op('exp', op('sub', read(), stage(largest))), stage(total));
  const tolerance = { relative: 1e-5, absolute: 1e-7 };
  const out = builder.output('float32', inPlace ? array : new Float32Array(n * d), tolerance);
  builder.store(builder.write(out, view([n, d])), [d], value);
  return builder.loop([n]);
}

/** `x * s + y` over whole views. */
function scaled(x: View, y: View, out: View, length = 4096): KernelCase {
  const builder = new CaseBuilder();
  const [a, b] = [x, y].map((each) => load(builder.read(builder.input('float32', numbers(length)), each)));
  const value = op('add', op('mul', a as Expr, builder.scalar('float32', 3)), b as Expr);
  builder.store(builder.write(builder.output('float32', new Float32Array(length)), out), [], value);
  return builder.loop(out.shape);
}

interface Sliding {
  readonly width: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly padding?: number;
  readonly isFlipped?: boolean;
  /** Memory between neighbours in a row. */
  readonly space?: number;
}

/** Sums of weighted windows of each channel, as a depthwise convolution takes them. */
function sliding({ width, kernel, stride = 1, dilation = 1, padding = 0, space = 1, isFlipped }: Sliding): KernelCase {
  const [channels, height] = [3, 6];
  const positions = (size: number): number =>
    Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const shape = [channels, positions(height), positions(width)];
  const dense = {
    shape: [channels, height, width],
    strides: [height * width * space, width * space, space],
    offset: 0,
  };
  const axis = (at: number): WindowAxis => {
    const size = dense.shape[at] as number;
    return { axis: at, kernel, stride, dilation, padding, positions: positions(size) };
  };
  // Channels, rows, columns, rows of the window, columns of the window.
  let windows = windowView(dense, [axis(1), axis(2)]);
  if (isFlipped) for (const at of [3, 4]) windows = sliceView(windows, at, kernel - 1, kernel, -1);
  const builder = new CaseBuilder();
  const image = builder.input('float32', numbers(channels * height * width * space));
  const weight = builder.input('float32', numbers(channels * kernel * kernel));
  const weights = {
    shape: windows.shape,
    strides: [kernel * kernel, 0, 0, kernel, 1],
    offset: 0,
  };
  const product = op('mul', load(builder.read(image, windows)), load(builder.read(weight, weights)));
  const sum = builder.reduce('sum', [kernel, kernel], product);
  builder.store(
    builder.write(builder.output('float32', new Float32Array(shape.reduce((a, b) => a * b, 1))), view(shape)),
    [],
    stage(sum),
  );
  return builder.loop(shape);
}

/** The shaders of a case's passes, without the library's functions. */
function shaders({ kernel, launch }: KernelCase, software: boolean, subgroups = false): string {
  const input = new Specializer({ kernel: kernel as LoopKernel }).specialize(launch);
  const aligned = launch.views.map(() => true);
  const windows = new Slides({ kernel: kernel as LoopKernel });
  const own = { ...leastLimits, software, subgroups };
  return layOut(input, launch.extents, aligned, undefined, own, windows.find(windows.key(launch)))
    .variants.map((variant) => loopShader(input, variant, own).code.replace(/fn f_[^}]*\n}\n/g, ''))
    .join('\n');
}

describe('shaders', () => {
  const line = view([1024]);
  it.each<[string, KernelCase, ('software' | 'parallel')[]]>([
    ['of elements', scaled(line, line, line), ['software']],
    ['of elements, some left over', scaled(view([1023]), view([1023]), view([1023])), ['software']],
    [
      'of a column added to rows',
      scaled(view([64, 16]), { ...view([64, 16]), strides: [1, 0] }, view([64, 16])),
      ['parallel'],
    ],
    ['of softmax', softmax(64, 100), ['software', 'parallel']],
    ['of a sum of many numbers', fold('sum', view([1 << 17]), []), ['parallel']],
    ['of sums of columns', fold('sum', columns([100, 64]), [64]), ['parallel']],
    ['of positions', fold('argmin', view([8, 3, 5]), [8]), ['software']],
  ])('%s', (_, sample, devices) => {
    for (const device of devices) expect(shaders(sample, device === 'software')).toMatchSnapshot(device);
  });

  it('of folds by subgroups, where there are some', () => {
    expect(shaders(fold('sum', view([1 << 17]), []), false, true)).toMatchSnapshot();
    expect(shaders(softmax(64, 100), false, true)).not.toContain('subgroup');
  });
});

it('windows that slide are read once for results side by side, in software', () => {
  const reads = (how: Sliding, software = true): number =>
    [...shaders(sliding(how), software).matchAll(/ in0\[/g)].length;
  for (const how of [{}, { padding: 1 }, { padding: 1, isFlipped: true }, { padding: 1, space: 2 }]) {
    // Three rows of 3 + 4 - 1.
    expect(reads({ width: 8, kernel: 3, ...how })).toBe(18);
  }
  expect(reads({ width: 12, kernel: 5, padding: 2 })).toBe(8);
  for (const how of [{ stride: 2 }, { dilation: 2 }]) expect(reads({ width: 16, kernel: 3, ...how })).not.toBe(18);
  expect(reads({ width: 8, kernel: 3 }, false)).not.toBe(18);
});

describe.each([true, false])('loop kernels with software: %s', (software) => {
  const session = new Session({ name: 'webgpu', create: () => openWebGpu({ software }), reference: interpret });
  session.manage();

  it('folds rows that several workgroups share', async () => {
    for (const reduce of ['sum', 'max', 'argmax', 'argmin'] as const) {
      await session.check(fold(reduce, view([50003]), []), `${reduce} of a line`);
      await session.check(fold(reduce, columns([9001, 5]), [5]), `${reduce} of columns`);
      await session.check(
        fold(reduce, { shape: [2, 3, 9000], strides: [27000, 1, 3], offset: 0 }, [2]),
        `${reduce} of planes`,
      );
    }
  });

  it('folds each element once where the last chunks are empty', async () => {
    await session.check(fold('sum', view([1000001]), [], new Float32Array(1000001).fill(1)));
    await session.check(fold('sum', view([2, 300003]), [2], new Float32Array(600006).fill(1)));
    const builder = new CaseBuilder();
    const sums = [65536, 5].map((length) => {
      const array = new Float32Array(length).fill(1);
      return builder.reduce('sum', [length], load(builder.read(builder.input('float32', array), view([length]))));
    });
    for (const sum of sums)
      builder.store(builder.write(builder.output('float32', new Float32Array(1)), view([])), [], stage(sum));
    await session.check(builder.loop([]));
  });

  it('keeps the sign of zeros, infinities and NaN', async () => {
    const special = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1, -1];
    for (const few of [[-0], [1, -0], [-1, 0], special.slice(0, 4), special]) {
      const array = Float32Array.from({ length: 2048 }, (_, i) => few[(i * 5) % few.length] as number);
      for (const reduce of ['max', 'min', 'argmax', 'argmin', 'sum', 'prod'] as const)
        await session.check(fold(reduce, view([2048]), [], array), `${reduce} of ${few}`);
    }
  });

  it('computes with constants that are 0, or that make one', async () => {
    const special = Float32Array.of(0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1, -1);
    const zeros = [0, -0].map((value) => constant(value, 'float32'));
    const made = [op('neg', zeros[1] as Expr), op('sub', constant(1, 'float32'), constant(1, 'float32'))];
    const builder = new CaseBuilder();
    const input = builder.input('float32', special);
    for (const name of ['add', 'sub', 'mul', 'div'] as const) {
      for (const zero of [...zeros, ...made]) {
        const x = (): Expr => load(builder.read(input, view([7])));
        for (const value of [op(name, x(), zero), op(name, zero, x())]) {
          builder.store(builder.write(builder.output('float32', new Float32Array(7)), view([7])), [], value);
        }
      }
    }
    await session.check(builder.loop([7]));
    for (const [inner, value] of [
      [[], constant(0, 'int32')],
      [[1], index(0)],
    ] as const) {
      const none = new CaseBuilder();
      const stored = stage(none.reduce('max', inner, value));
      const difference = op('sub', cast(stored, 'float32'), constant(0, 'float32'));
      none.store(none.write(none.output('float32', new Float32Array(1)), view([])), [], difference);
      await session.check(none.loop([]));
    }
  });

  it('finds the first position, and NaN, across workgroups', async () => {
    const array = new Float32Array(40000).fill(1);
    await session.check(fold('argmax', view([40000]), [], array), 'all equal');
    array[33333] = Number.NaN;
    array[39999] = Number.NaN;
    for (const reduce of ['max', 'argmax', 'argmin'] as const)
      await session.check(fold(reduce, view([40000]), [], array), reduce);
  });

  it('normalises one long row, in place too', async () => {
    await session.check(softmax(1, 40001));
    await session.check(softmax(2, 36000, true));
    await session.check(softmax(37, 129, true));
  });

  it('adds as exactly as the order allows', async () => {
    const array = new Float32Array(1 << 17).fill(0.1);
    const builder = new CaseBuilder();
    const sum = builder.reduce(
      'sum',
      [array.length],
      load(builder.read(builder.input('float32', array), view([1 << 17]))),
    );
    const out = builder.output('float32', new Float32Array(1), { relative: 1e-6 });
    builder.store(builder.write(out, view([])), [], stage(sum));
    await session.check(builder.loop([]));
  });

  it('reads and writes in fours only where that is right', async () => {
    for (const [length, offset] of [
      [1024, 0],
      [1023, 0],
      [1021, 4],
      [1000, 1],
      [3, 0],
      [5, 3],
    ] as const) {
      await session.check(
        scaled(view([length], offset), view([length]), view([length], offset)),
        `${length} from ${offset}`,
      );
    }
    const rows = (stride: number): View => ({ shape: [20, 30], strides: [stride, 1], offset: 0 });
    await session.check(scaled(rows(32), rows(30), rows(40)), 'rows with gaps');
    await session.check(scaled(rows(32), { ...rows(32), strides: [0, 1] }, rows(32)), 'a row added to rows');
  });

  it('does not read in fours what too many open strides leave unknown', async () => {
    const builder = new CaseBuilder();
    const shape = [2, 2, 2, 16];
    const input = builder.input('float32', numbers(200));
    // Kernels declare what a matrix is; these launches overlap its rows, each one element after the one before.
    const rows = Array.from({ length: 11 }, (_, i) => builder.read(input, view(shape, 4 * (i % 3))));
    const sum = rows.map((row) => load(row)).reduce((a, b) => op('add', a, b));
    builder.store(builder.write(builder.output('float32', new Float32Array(128)), view(shape)), [], sum);
    const sample = builder.loop(shape);
    const views = sample.launch.views.map((each, i) =>
      rows.includes(i) ? { ...each, strides: [64, 32, 1, 1] } : each,
    );
    await session.check({ ...sample, launch: { ...sample.launch, views } });
  });

  it('slides windows', async () => {
    for (const kernel of [1, 2, 3, 5]) {
      for (const width of [8, 12, 7, 9]) {
        for (const padding of [0, 1, kernel - 1]) {
          for (const how of [{}, { isFlipped: true }, { space: 3 }, { space: 3, isFlipped: true }]) {
            for (const steps of [{}, { stride: 2 }, { dilation: 2 }]) {
              const sample = { width, kernel, padding, ...how, ...steps };
              const dilation = sample.dilation ?? 1;
              if (6 + 2 * padding > dilation * (kernel - 1))
                await session.check(sliding(sample), JSON.stringify(sample));
            }
          }
        }
      }
    }
  });

  it('shares results of stages between lanes and stores of several shapes', async () => {
    const builder = new CaseBuilder();
    const input = builder.input('float32', numbers(300 * 41));
    const table = builder.input('float32', numbers(41));
    const shape = [41, 300];
    const read = (): Expr => load(builder.read(input, view(shape)));
    const best = builder.reduce('argmax', [300], read());
    const twice = builder.reduce(
      'max',
      [],
      op(
        'mul',
        gather(builder.read(table, { ...view([41, 41]), strides: [0, 1] }), [index(0)]),
        constant(2, 'float32'),
      ),
    );
    const total = builder.reduce('sum', [300], op('mul', read(), stage(twice)));
    builder.store(builder.write(builder.output('float32', new Float32Array(41)), view([41])), [], stage(total));
    builder.store(builder.write(builder.output('int32', new Int32Array(41)), view([41])), [], stage(best));
    builder.store(
      builder.write(builder.output('float32', new Float32Array(41 * 300)), view(shape)),
      [300],
      op('sub', read(), stage(twice)),
    );
    await session.check(builder.loop([41]));
  });

  it('computes in several steps what binds too many buffers', async () => {
    const many = (results: number, inPlace: boolean): KernelCase => {
      const builder = new CaseBuilder();
      const arrays = Array.from({ length: 12 }, (_, i) => numbers(40 + i));
      const inputs = arrays.map((array) => builder.input('float32', array));
      const read = (i: number): Expr => load(builder.read(inputs[i] as number, view([40])));
      for (let r = 0; r < results; r++) {
        const sum = builder.reduce('sum', [], op('add', read(3 * r), read(3 * r + 1)));
        const out = inPlace ? (arrays[(3 * r + 4) % 12] as Float32Array) : new Float32Array(40);
        builder.store(
          builder.write(builder.output('float32', out), view([40])),
          [],
          op('mul', stage(sum), read(3 * r + 2)),
        );
      }
      return builder.loop([40]);
    };
    await session.check(many(4, false));
    expect(() => splitStores({ kernel: many(4, true).kernel as LoopKernel }, sharing(many(4, true).arrays), 5)).toThrow(
      /needs 12 buffers, some of them in place; got a device whose shaders bind 5/,
    );
    expect(() => splitStores({ kernel: many(1, false).kernel as LoopKernel }, [...Array(13).keys()], 3)).toThrow(
      /needs 4 buffers for one result/,
    );
  });

  it('takes scalars of every kind', async () => {
    const builder = new CaseBuilder();
    const [real, whole, truth] = [
      builder.scalar('float32', 0.5),
      builder.scalar('int32', -7),
      builder.scalar('bool', 1),
    ] as const;
    expect(truth).toEqual(scalar(2));
    const out = builder.output('float32', new Float32Array(5));
    const chosen = op('where', truth, op('add', whole, index(0)), constant(0, 'int32'));
    builder.store(builder.write(out, view([5])), [], op('mul', real, { kind: 'cast', dtype: 'float32', arg: chosen }));
    await session.check(builder.loop([5]));
  });
});
