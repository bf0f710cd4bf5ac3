import { ArgumentError } from '@flambeau/backend';
import { MersenneTwister } from './mt19937.ts';

/** What a generator needs to continue exactly where it was. */
export interface GeneratorState {
  readonly seed: number;
  readonly words: Uint32Array;
  readonly cachedNormal: number | null;
}

/** Floating-point dtypes that random numbers are drawn in. */
export type RandomFloat = Float32Array | Float64Array;

/**
 * A stream of random numbers, equal to PyTorch's CPU generator for the same seed and the same calls.
 *
 * @source PyTorch's `CPUGeneratorImpl` and its transforms; see each method.
 */
export class Generator {
  #seed: number;
  #engine: MersenneTwister;
  #cachedNormal: number | null = null;

  /** @param seed - A non-negative integer; PyTorch's default by default. */
  constructor(seed = 67280421310721) {
    this.#seed = seed;
    this.#engine = new MersenneTwister(lowBits(seed));
  }

  /** Starts the stream of a seed. @throws {ArgumentError} The seed is no safe integer. */
  manualSeed(seed: number): this {
    this.#engine = new MersenneTwister(lowBits(seed));
    this.#seed = seed;
    this.#cachedNormal = null;
    return this;
  }

  /** The seed the stream started with. */
  initialSeed(): number {
    return this.#seed;
  }

  /** Starts the stream of a random seed, and returns it. */
  seed(): number {
    const seed = Math.floor(Math.random() * 2 ** 48);
    this.manualSeed(seed);
    return seed;
  }

  /** The next 32 bits. */
  random32(): number {
    return this.#engine.next();
  }

  /** The next 64 bits: two draws, high word first. */
  random64(): bigint {
    const high = BigInt(this.#engine.next());
    return (high << 32n) | BigInt(this.#engine.next());
  }

  /** Uniform in [0, 1) with 24 bits: one draw. */
  uniform24(): number {
    return (this.#engine.next() & 0xffffff) / 2 ** 24;
  }

  /** Uniform in [0, 1) with 53 bits: two draws. */
  uniform53(): number {
    const high = this.#engine.next();
    const low = this.#engine.next();
    return ((high & 0x1fffff) * 2 ** 32 + low) / 2 ** 53;
  }

  /** Fills with uniform numbers in [from, to), of as many bits as the array's numbers have. */
  fillUniform<A extends RandomFloat>(out: A, from = 0, to = 1): A {
    const single = out instanceof Float32Array;
    const span = single ? Math.fround(to - from) : to - from;
    for (let i = 0; i < out.length; i++) {
      out[i] = single ? Math.fround(this.uniform24() * span) + from : this.uniform53() * span + from;
    }
    return out;
  }

  /** One normal number from two 53-bit uniforms; the second of each pair is kept for the next call. */
  normal(): number {
    if (this.#cachedNormal !== null) {
      const cached = this.#cachedNormal;
      this.#cachedNormal = null;
      return cached;
    }
    const u1 = this.uniform53();
    const u2 = this.uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-u2));
    const theta = 2 * Math.PI * u1;
    this.#cachedNormal = radius * Math.sin(theta);
    return radius * Math.cos(theta);
  }

  /**
   * Fills with normal numbers. Fewer than 16 are drawn one by one; more by Box–Muller in blocks of 16, of which the last is drawn
   * anew when the size is no multiple of 16.
   */
  fillNormal<A extends RandomFloat>(out: A, mean = 0, std = 1): A {
    const n = out.length;
    if (n < 16) {
      for (let i = 0; i < n; i++) out[i] = this.normal() * std + mean;
      return out;
    }
    this.fillUniform(out);
    for (let i = 0; i < n - 15; i += 16) boxMuller(out, i, mean, std);
    if (n % 16 !== 0) {
      this.fillUniform(out.subarray(n - 16));
      boxMuller(out, n - 16, mean, std);
    }
    return out;
  }

  /** `n` integers in [low, high): one draw each for ranges below 2³². */
  integers(n: number, low: number, high: number): Int32Array {
    const range = high - low;
    return Int32Array.from({ length: n }, () => (this.#engine.next() % range) + low);
  }

  /** A random order of 0 … n − 1. */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < n - 1; i++) {
      const j = i + (this.#engine.next() % (n - i));
      const kept = order[i] as number;
      order[i] = order[j] as number;
      order[j] = kept;
    }
    return order;
  }

  /** What is needed to continue from here. */
  getState(): GeneratorState {
    return { seed: this.#seed, words: this.#engine.snapshot(), cachedNormal: this.#cachedNormal };
  }

  /** Continues from a saved state. */
  setState(state: GeneratorState): void {
    this.#seed = state.seed;
    this.#engine.restore(state.words);
    this.#cachedNormal = state.cachedNormal;
  }
}

/** @throws {ArgumentError} The seed is no safe integer. */
function lowBits(seed: number): number {
  if (!Number.isSafeInteger(seed)) {
    throw new ArgumentError('manualSeed', `a seed must be a safe integer; got ${String(seed)}.`);
  }
  return Number(BigInt.asUintN(32, BigInt(seed)));
}

/** Turns 16 uniforms at `start` into 16 normals: the first eight with the last eight. */
function boxMuller(data: RandomFloat, start: number, mean: number, std: number): void {
  const round = data instanceof Float32Array ? Math.fround : (x: number): number => x;
  for (let j = start; j < start + 8; j++) {
    const u1 = round(1 - (data[j] as number));
    const u2 = data[j + 8] as number;
    const radius = round(Math.sqrt(round(-2 * round(Math.log(u1)))));
    const theta = round(round(2 * Math.PI) * u2);
    data[j] = round(radius * round(Math.cos(theta))) * std + mean;
    data[j + 8] = round(radius * round(Math.sin(theta))) * std + mean;
  }
}

let global: Generator | null = null;

/** The generator that is used where none is given. */
export function defaultGenerator(): Generator {
  global ??= new Generator();
  return global;
}

/** Starts the default generator's stream of a seed, and returns the generator. */
export function manualSeed(seed: number): Generator {
  return defaultGenerator().manualSeed(seed);
}
