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
  | 'mlpStep'
  | 'tinyStep';

/** Which operands of a matmul are transposed: n is as it is, t is transposed. */
export type Transposes = 'nn' | 'nt' | 'tn';

/** Settings of an operation. */
export interface OperationOptions {
  readonly transposes?: Transposes;
}

/** Something that computes: one of our devices, a peer, or plain loops. Values are opaque. */
export interface Engine<Value = unknown> {
  /** How the engine is called in tables. */
  readonly name: string;
  /** Puts numbers where the engine computes. */
  array(data: Float32Array, shape: readonly number[]): Value;
  /** An operation on inputs, ready to be repeated, or null where the engine does not have it. */
  operation(name: OperationName, inputs: readonly Value[], options: OperationOptions): (() => Value) | null;
  /** Resolves when a value has been computed. */
  wait(value: Value): Promise<void>;
  /** The numbers of a value, row-major. */
  read(value: Value): Promise<Float32Array>;
  release(value: Value): void;
  /** Frees what the engine holds. */
  close(): void;
}
