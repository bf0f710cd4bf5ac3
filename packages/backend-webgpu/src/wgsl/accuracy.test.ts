import { type ScalarOpName, scalarOps } from '@flambeau/backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDevice } from '../runtime/device.ts';
import { emitOp } from './scalar.ts';
import { runScalar } from './testing/run-scalar.ts';

/** Greatest distances from the reference (units in the last place) that the functions may reach. */
const ULPS: Partial<Record<ScalarOpName, number>> = {
  rsqrt: 2,
  exp: 2,
  exp2: 2,
  expm1: 2,
  log: 2,
  log2: 2,
  log10: 3,
  log1p: 3,
  sin: 3,
  cos: 3,
  tan: 4,
  asin: 3,
  acos: 2,
  atan: 3,
  sinh: 2,
  cosh: 2,
  tanh: 2,
  asinh: 3,
  acosh: 3,
  atanh: 4,
  erf: 3,
  erfc: 4,
  erfinv: 3,
  lgamma: 3,
  digamma: 3,
  sigmoid: 3,
  pow: 3,
  atan2: 3,
};
const COUNT = 60_000;
const SMALLEST_NORMAL = 2 ** -126;

const scratch = new DataView(new ArrayBuffer(4));

function fromBits(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** The distance of float32 numbers at a finite number. */
function ulp(x: number): number {
  scratch.setFloat32(0, Math.abs(x));
  return 2 ** (Math.max(1, scratch.getUint32(0) >>> 23) - 150);
}

/** Numbers that repeat from run to run, in [0, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Operands of any size and of the sizes where approximations change their formula; no subnormal ones. */
function operands(name: ScalarOpName, seed: number): Float32Array {
  const random = generator(seed);
  const [low, high] = scalarOps[name].samples ?? [-100, 100];
  const sign = (): number => (random() < 0.5 ? -1 : 1);
  const draws = [
    () => fromBits(random() * 2 ** 32),
    () => low + (high - low) * random(),
    () => sign() * 2 ** (random() * 34 - 26),
    () => sign() + sign() * 2 ** (random() * 24 - 24),
  ];
  return Float32Array.from({ length: COUNT }, (_, i) => {
    const x = Math.fround((draws[i % draws.length] as () => number)());
    return Math.abs(x) < SMALLEST_NORMAL ? 0 : x;
  });
}

/** Whether operands lie where a function promises few units of the last place: lgamma and digamma have zeros below 0. */
function isPromised(name: ScalarOpName, x: number): boolean {
  return (name !== 'lgamma' && name !== 'digamma') || !(x < 0);
}

let device: GPUDevice;
beforeAll(async () => {
  ({ device } = await openDevice({}));
});
afterAll(() => device.destroy());

/** The worst distance from the reference, and the operands there. */
async function worstOf(name: ScalarOpName): Promise<{ readonly distance: number; readonly args: readonly number[] }> {
  const arrays = Array.from({ length: scalarOps[name].arity }, (_, i) => operands(name, i + 7));
  const got = (await runScalar(
    device,
    {
      operands: arrays.map(() => 'float32'),
      result: 'float32',
      write: (library, _, args) => emitOp(library, name, 'float32', args),
    },
    arrays,
  )) as Float32Array;
  let worst = { distance: 0, args: [] as readonly number[] };
  got.forEach((y, i) => {
    const args = arrays.map((array) => array[i] as number);
    if (!isPromised(name, args[0] as number)) return;
    const exact = scalarOps[name].float?.(args[0] as number, args[1] ?? 0, 0) as number;
    const found = distanceOf(y, exact);
    if (found > worst.distance) worst = { distance: found, args };
  });
  return worst;
}

function distanceOf(got: number, exact: number): number {
  const want = Math.fround(exact);
  if (Object.is(got, want) || (Number.isNaN(got) && Number.isNaN(want))) return 0;
  // Devices may flush what is subnormal.
  if (Math.abs(exact) < SMALLEST_NORMAL && Math.abs(got) <= SMALLEST_NORMAL) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(want)) return Number.POSITIVE_INFINITY;
  return Math.abs(got - exact) / ulp(want);
}

describe('functions of floats', () => {
  it.each(Object.keys(ULPS) as ScalarOpName[])('%s', async (name) => {
    const { distance, args } = await worstOf(name);
    expect(distance, `at ${args}`).toBeLessThanOrEqual(ULPS[name] as number);
  });

  it('lgamma and digamma at negative numbers, to a few units of their greatest term', async () => {
    const x = Float32Array.from({ length: 4000 }, (_, i) => -0.1 - i / 400 - 0.0003);
    for (const name of ['lgamma', 'digamma'] as const) {
      const write = (library: Parameters<typeof emitOp>[0], _: unknown, args: readonly string[]): string =>
        emitOp(library, name, 'float32', args);
      const got = await runScalar(device, { operands: ['float32'], result: 'float32', write }, [x]);
      x.forEach((a, i) => {
        const exact = scalarOps[name].float?.(a, 0, 0) as number;
        expect(Math.abs((got[i] as number) - exact) / Math.max(8, Math.abs(exact))).toBeLessThan(2 ** -21);
      });
    }
  });
});
