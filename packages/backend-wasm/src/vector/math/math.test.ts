import { type ScalarOpName, scalarOps } from '@flambeau/backend';
import { describe, expect, it } from 'vitest';
import { i32, ModuleBuilder, v128 } from '../../assembler/index.ts';
import { detectFeatures } from '../../runtime/features.ts';
import { floatFunctions } from './index.ts';

/** Greatest distances from the reference (units in the last place) that the functions reach. */
const ULPS: Partial<Record<ScalarOpName, number>> = {
  exp: 3,
  exp2: 1,
  expm1: 2,
  log: 1,
  log2: 2,
  log10: 2,
  log1p: 2,
  sin: 2,
  cos: 3,
  tan: 3,
  sinh: 3,
  cosh: 3,
  tanh: 2,
  sigmoid: 2,
  erf: 3,
  erfc: 1,
  asin: 3,
  acos: 2,
  atan: 3,
  asinh: 1,
  acosh: 1,
  atanh: 1,
  erfinv: 1,
  atan2: 3,
  pow: 1,
};

const BLOCK = 2 ** 18;
const BYTES = 4 * BLOCK;
const PAGES = (3 * BYTES) / 65536;

/** Applies a function to blocks of float32 in memory. */
function compile(name: ScalarOpName, relaxed: boolean): (count: number, ...args: Float32Array[]) => Float32Array {
  const module = new ModuleBuilder({ initial: PAGES, maximum: PAGES, shared: false });
  const f = module.function({ parameters: ['i32', 'i32'], results: [] }, 'run');
  const at = f.parameter(0, 'i32');
  f.while(i32.lt_u(at, f.parameter(1, 'i32')), () => {
    const args = Array.from({ length: scalarOps[name].arity }, (_, i) => f.let(v128.load(at, i * BYTES)));
    f.store(at, floatFunctions[name]?.({ module, f, features: { relaxed } }, ...args) as (typeof args)[0], 2 * BYTES);
    f.advance(at, 16);
  });
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const run = exports.run as (begin: number, end: number) => void;
  return (count, ...args) => {
    args.forEach((arg, i) => {
      new Float32Array(memory.buffer, i * BYTES, BLOCK).set(arg);
    });
    run(0, 4 * count);
    return new Float32Array(memory.buffer, 2 * BYTES, count);
  };
}

const bits = new DataView(new ArrayBuffer(4));
/** Places of floats in order, with -0 and 0 at one place. */
function place(x: number): number {
  bits.setFloat32(0, x);
  const integer = bits.getInt32(0);
  return integer < 0 ? -(integer & 0x7fffffff) : integer;
}
function fromBits(pattern: number): number {
  bits.setUint32(0, pattern);
  return bits.getFloat32(0);
}

/** Distance of two float32 in units in the last place; infinite where only one is NaN or the signs differ. */
function distance(got: number, want: number): number {
  if (Object.is(got, want)) return 0;
  if (Number.isNaN(got) && Number.isNaN(want)) return 0;
  const negative = (x: number): boolean => x < 0 || Object.is(x, -0);
  if (Number.isNaN(got) || Number.isNaN(want) || negative(got) !== negative(want)) return Number.POSITIVE_INFINITY;
  return Math.abs(place(got) - place(want));
}

/** Ends of ranges, of branches, and where results overflow, vanish or become constant; each with its neighbours. */
const POINTS = [
  0,
  2 ** -149,
  2 ** -126,
  2 ** -24,
  2 ** -12,
  0.25,
  Math.LN2 / 2,
  0.414,
  0.4142135,
  0.5,
  0.57,
  Math.SQRT1_2,
  Math.PI / 4,
  1,
  Math.SQRT2,
  Math.PI / 2,
  2,
  3,
  Math.PI,
  3.84,
  3.95,
  4,
  8,
  9.02,
  10,
  10.06,
  10.2,
  16,
  17.33,
  18,
  24,
  50,
  60,
  87.34,
  88,
  88.73,
  89,
  89.42,
  89.5,
  100,
  103.28,
  103.98,
  104,
  105,
  126,
  127,
  128,
  129,
  149,
  150,
  151,
  1000,
  1600,
  1e5,
  2 ** 20,
  2 ** 23,
  2 ** 24,
  2 ** 31,
  2 ** 32,
  1e20,
  2 ** 64,
  3.4028234663852886e38,
  Number.POSITIVE_INFINITY,
].flatMap((point) => [point, -point]);

function* samples(): Generator<number> {
  for (const point of POINTS) {
    for (let i = -8; i <= 8; i++) {
      bits.setFloat32(0, point);
      yield fromBits((bits.getUint32(0) + i) >>> 0);
    }
  }
  yield Number.NaN;
  for (let pattern = 0; pattern < 2 ** 32; pattern += 4099) yield fromBits(pattern);
  for (let i = 0; i < 100_000; i++) yield Math.fround(20 * (random() - 0.5));
}

/** Numbers in [0, 1) that are the same each time. */
let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

function* pairs(): Generator<readonly [number, number]> {
  const special = [
    0,
    0.5,
    1,
    1.5,
    2,
    3,
    4,
    1 - 2 ** -24,
    1 + 2 ** -23,
    100,
    101,
    2 ** 23,
    2 ** 24 - 1,
    2 ** 24,
    2 ** -149,
    2 ** -126,
    1e-30,
    1e30,
    3.4028234663852886e38,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    1 / 3,
  ].flatMap((x) => [Math.fround(x), Math.fround(-x)]);
  for (const a of special) for (const b of special) yield [a, b];
  for (let i = 0; i < 400_000; i++) {
    yield [fromBits(random() * 2 ** 31), fromBits(random() * 2 ** 32)];
    const a = Math.fround(10 * random());
    yield [a, Math.fround(20 * (random() - 0.5))];
    // Results all over the range of float32.
    yield [a, Math.fround((300 * (random() - 0.5)) / Math.log2(a))];
    yield [Math.fround(1 + (random() - 0.5) / 1000), Math.fround(2e5 * (random() - 0.5))];
    yield [-a, Math.round(40 * (random() - 0.5))];
  }
}

function worstOf(name: ScalarOpName, relaxed: boolean, inputs: Iterable<readonly number[]>): string {
  const run = compile(name, relaxed);
  const reference = scalarOps[name].float as (a: number, b: number, c: number) => number;
  const { arity } = scalarOps[name];
  const args = Array.from({ length: arity }, () => new Float32Array(BLOCK));
  const limit = ULPS[name] as number;
  let report = '';
  let count = 0;
  const flush = (): void => {
    const results = run(count, ...args);
    for (let i = 0; i < count && !report; i++) {
      const [a = 0, b = 0] = args.map((arg) => arg[i] as number);
      const want = Math.fround(reference(a, b, 0));
      const got = results[i] as number;
      if (distance(got, want) > limit) report = `${name}(${[a, b].slice(0, arity)}) = ${want}, got ${got}`;
    }
    count = 0;
  };
  for (const input of inputs) {
    input.forEach((x, i) => {
      (args[i] as Float32Array)[count] = x;
    });
    if (++count === BLOCK) flush();
  }
  // Whole vectors only.
  while (count % 4) count++;
  flush();
  return report;
}

function* alone(): Generator<readonly number[]> {
  for (const x of samples()) yield [x];
}

describe.each(detectFeatures().relaxed ? [false, true] : [false])('float32x4 functions, relaxed: %s', (relaxed) => {
  it.each(Object.keys(floatFunctions) as ScalarOpName[])('%s', (name) => {
    const inputs = scalarOps[name].arity === 1 ? alone() : pairs();
    expect(worstOf(name, relaxed, inputs)).toBe('');
  });

  it('exact results of whole numbers are exact', () => {
    const whole = Float32Array.from({ length: 256 }, (_, i) => i - 126);
    const powers = whole.map((n) => 2 ** n);
    expect(compile('exp2', relaxed)(256, whole).slice()).toEqual(powers.slice());
    expect(compile('log2', relaxed)(256, powers).slice(0, 254)).toEqual(whole.slice(0, 254));
    const cubes = compile('pow', relaxed)(256, whole, new Float32Array(256).fill(3));
    expect(cubes.slice()).toEqual(whole.map((n) => n ** 3));
  });

  it.each(['tanh', 'erf', 'sigmoid', 'sin', 'cos'] as const)('%s stays within ±1', (name) => {
    const run = compile(name, relaxed);
    const x = Float32Array.from({ length: BLOCK }, (_, i) => (i / BLOCK - 0.5) * 24);
    expect(run(BLOCK, x).every((y) => Math.abs(y) <= 1)).toBe(true);
  });
});

it('states a bound for each function', () => {
  expect(Object.keys(floatFunctions).filter((name) => !(name in ULPS))).toEqual([]);
});
