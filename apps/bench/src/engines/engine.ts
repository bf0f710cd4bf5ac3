import type { Case, Input } from '../workloads/workload.ts';

/** The training steps; their inputs are the parameters in the model's order, the examples and what they should give. */
export type StepName = 'tinyStep' | 'mlpStep' | 'cnnStep' | 'gptStep' | 'deepStep';

/** What is measured, by name; every engine computes the same numbers. */
export type OperationName =
  | 'matmul'
  | 'add'
  | 'mulAdd'
  | 'chain'
  | 'exp'
  | 'tanh'
  | 'gelu'
  | 'sigmoid'
  | 'div'
  | 'minimum'
  | 'sum'
  | 'sumRows'
  | 'sumColumns'
  | 'max'
  | 'argmax'
  | 'softmax'
  | 'logSoftmax'
  | 'layerNorm'
  | 'adds'
  | 'conv'
  | 'convBackward'
  | StepName;

/** Which operands of a matmul are transposed: n is as it is, t is transposed. */
export type Transposes = 'nn' | 'nt' | 'tn';

/** Settings of an operation. */
export interface OperationOptions {
  readonly transposes?: Transposes;
  /** Stride and padding of a convolution (elements); 1 and 0 when absent. Its groups follow from the shapes. */
  readonly stride?: number;
  readonly padding?: number;
  /** How many times `adds` adds, each time to the sum before; 1 when absent. */
  readonly times?: number;
  /** Whether an engine that can compile a whole step does so; true when absent. */
  readonly compiled?: boolean;
}

/** A case set up in an engine, ready to be repeated. */
export interface Prepared {
  /** Runs so often and gives the numbers of the last run; null: there is nothing to compare. */
  result(runs: number): Promise<Float32Array | null>;
  /** Time of so many runs (milliseconds). */
  time(runs: number): Promise<number>;
  close(): void;
}

/** Something that computes: one of our devices, a peer, or plain loops. */
export interface Engine {
  /** How the engine is called in tables. */
  readonly name: string;
  /**
   * Sets a case up; null where the engine has no such operation.
   *
   * @param data - The numbers of each of the case's inputs, row-major; not to be changed.
   */
  prepare(test: Case, data: readonly Float32Array[]): Promise<Prepared | null>;
  /** Frees what the engine holds. */
  close(): void;
}

/** An operation on inputs that an engine holds. */
export interface Operation<Value> {
  /** Computes once; all of the values are new. */
  run(): readonly Value[] | Promise<readonly Value[]>;
  /** Whether `run` itself ends when the device has done all of it: the last it does is read there. */
  readonly ended?: boolean;
  /** Brings a value to the common layout (channels before rows), where the engine prefers another. */
  toCommon?(value: Value): Value;
}

/** A library that runs in this process. Its values are opaque. */
export interface Library<Value> {
  readonly name: string;
  /** Makes the library's settings hold, where another engine may have changed them. */
  enter?(): unknown;
  /** Puts numbers where the library computes. */
  array(data: Float32Array, input: Input): Value;
  /** An operation on inputs, ready to be repeated, or null where the library does not have it. */
  operation(name: OperationName, inputs: readonly Value[], options: OperationOptions): Operation<Value> | null;
  /** Waits until values have been computed. */
  wait(values: readonly Value[]): unknown;
  /** The numbers of a value, row-major. */
  read(value: Value): Promise<Float32Array>;
  release(value: Value): void;
  close(): void;
}
