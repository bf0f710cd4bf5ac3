import type { GoldenTensor } from './tensor.ts';

/** What the runners need of a tensor of the library under test. */
export interface LibraryTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  toArray(): Promise<ArrayLike<number> | ArrayLike<bigint>>;
}

/** The library under test. The test file builds it, so that this package depends on nothing. */
export interface Library<T extends LibraryTensor = LibraryTensor> {
  /** Dtypes that the device of the tests can hold; samples that need another are left out. */
  readonly dtypes: ReadonlySet<string>;
  /** Functions by name, namespaces inside; looked up along a dotted path. */
  readonly functions: object;
  /** Where methods and properties are found. */
  readonly tensorPrototype: object;
  /** A new leaf tensor that owns a copy of the data. */
  tensor(data: GoldenTensor, requiresGrad: boolean): T;
  isTensor(value: unknown): value is T;
  /** Seeds the global generator. */
  manualSeed(seed: number): void;
  /** A differentiable copy. */
  clone(tensor: T): T;
  /** Gradients of the sum of output · cotangent, `null` where an output does not depend on an input. */
  gradients(outputs: readonly T[], inputs: readonly T[], cotangents: readonly T[]): readonly (T | null)[];
}

/** The value at a dotted path, or `undefined`. */
export function lookUp(root: object, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root);
}
