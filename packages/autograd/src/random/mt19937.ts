const N = 624;
const M = 397;

/** The Mersenne twister, as PyTorch's CPU generator uses it. @source Matsumoto & Nishimura 1998; 32-bit version. */
export class MersenneTwister {
  readonly #state = new Uint32Array(N);
  #next = N;

  /** @param seed - Its low 32 bits count. */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed >>> 0;
    for (let i = 1; i < N; i++) {
      const before = (state[i - 1] as number) ^ ((state[i - 1] as number) >>> 30);
      state[i] = Math.imul(1812433253, before) + i;
    }
  }

  /** The next 32 bits, unsigned. */
  next(): number {
    if (this.#next >= N) this.#refill();
    let y = this.#state[this.#next++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #refill(): void {
    const state = this.#state;
    for (let i = 0; i < N; i++) {
      const y = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % N] as number) & 0x7fffffff);
      state[i] = (state[(i + M) % N] as number) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }

  /** State words and position, for saving. */
  snapshot(): Uint32Array {
    return Uint32Array.of(...this.#state, this.#next);
  }

  /** Continues from a {@link snapshot}. */
  restore(snapshot: Uint32Array): void {
    this.#state.set(snapshot.subarray(0, N));
    this.#next = snapshot[N] as number;
  }
}
