import fc from 'fast-check';

/**
 * A stream of choices made of drawn numbers. The first option of every choice should be the simplest, because fast-check
 * shrinks the numbers towards 0, and a stream that has run dry gives only 0.
 */
export class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    const number = this.#numbers[this.#next++] ?? 0;
    return low + (number % (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  /** True once in `times`, never when the stream is dry. */
  rarely(times: number): boolean {
    return this.int(0, times - 1) === times - 1;
  }

  shuffle<T>(list: readonly T[]): T[] {
    const result = [...list];
    for (let i = 0; i < result.length; i++) {
      const j = this.int(i, result.length - 1);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }
}

/** Numbers out of which fast-check makes choices. */
export const choiceNumbers: fc.Arbitrary<number[]> = fc.array(fc.noBias(fc.nat()), { maxLength: 240, size: 'max' });
