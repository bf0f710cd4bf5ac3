import { readDocument, readTensors } from './files.ts';
import type { GoldenTensor } from './tensor.ts';
import { decodeValue, type GoldenValue, hasWholeFloat, type Json } from './values.ts';

/** How far float32 rounding alone moves a result, relative above 1; `null` where a float64 rerun was not possible. */
export interface Float64Error {
  readonly out: number | null;
  readonly grad: number | null;
}

/** One recorded call of an op. */
export interface OpSample {
  /** Dtype that the sample was drawn for. */
  readonly dtype: string;
  /** Its number in PyTorch's list, or `special` for edge values. */
  readonly sample: number | 'special';
  readonly input: GoldenValue;
  readonly args: readonly GoldenValue[];
  readonly kwargs: Readonly<Record<string, GoldenValue>>;
  readonly output: GoldenValue;
  /** Whether an argument is a whole float such as `2.0`, which JavaScript cannot tell from `2`. */
  readonly wholeFloat: boolean;
  /** The input is broadcast, so PyTorch has no in-place form of the call. */
  readonly broadcastsInput: boolean;
  /** Backpropagate the sum of `output[path] · cotangent` over these. */
  readonly cotangents: ReadonlyArray<readonly [path: string, tensor: GoldenTensor]>;
  /** Gradients by the path of the argument; `null` where the output does not depend on it. */
  readonly grads: ReadonlyArray<readonly [path: string, gradient: GoldenTensor | null]>;
  readonly error: Float64Error | null;
}

/** One PyTorch op with its samples; `op` is `name` or `name/variant`. */
export interface OpCases {
  readonly op: string;
  /** What a comparison has to allow for. */
  readonly note: string | undefined;
  readonly samples: readonly OpSample[];
}

/** One recorded construction and call of a module. */
export interface ModuleCase {
  readonly id: string;
  readonly className: string;
  readonly training: boolean;
  /** Seed set before the construction (and, for a lazy module, again before its first call). */
  readonly seed: number;
  readonly args: readonly GoldenValue[];
  readonly kwargs: Readonly<Record<string, GoldenValue>>;
  /** As PyTorch 2 prints it. */
  readonly repr: string;
  /** Per tensor of a fresh module: a constant, a single value, or the range drawn. */
  readonly init: Readonly<Record<string, Readonly<Record<string, number | boolean>>>>;
  /** Tensors that got random values between construction and call. */
  readonly perturbed: readonly string[];
  readonly stateDict: ReadonlyArray<readonly [name: string, tensor: GoldenTensor | null]>;
  readonly parameters: readonly string[];
  readonly lazy: {
    readonly classBefore: string;
    readonly classAfter: string | null;
    readonly reprBefore: string;
  } | null;
  /** `null` for containers without a forward. */
  readonly forward: {
    readonly args: readonly GoldenValue[];
    readonly kwargs: Readonly<Record<string, GoldenValue>>;
  } | null;
  readonly output: GoldenValue;
  readonly cotangents: ReadonlyArray<readonly [path: string, tensor: GoldenTensor]>;
  readonly gradInputs: ReadonlyArray<readonly [path: string, gradient: GoldenTensor | null]>;
  readonly gradParams: ReadonlyArray<readonly [name: string, gradient: GoldenTensor | null]>;
  /** State entries that the call changed. */
  readonly stateAfter: ReadonlyArray<readonly [name: string, tensor: GoldenTensor]>;
  /** Paths of the inputs that the call changed in place. */
  readonly mutates: readonly string[];
  readonly sparseGrads: boolean;
  readonly error: Float64Error | null;
}

/** One module class with its cases. */
export interface ModuleCases {
  readonly className: string;
  readonly cases: readonly ModuleCase[];
}

/** What the folder holds. */
export interface GoldenIndex {
  readonly versions: Readonly<Record<string, string | number>>;
  readonly ops: {
    readonly groups: Readonly<Record<string, readonly string[]>>;
    readonly samples: number;
    readonly leftOut: Readonly<Record<string, number>>;
    readonly promoteTypes: Readonly<Record<string, string>>;
    readonly resultTypeWithScalar: Readonly<Record<string, string>>;
  };
  readonly modules: { readonly families: Readonly<Record<string, readonly string[]>>; readonly cases: number };
}

/** The table of contents, with PyTorch's promotion tables. */
export function readIndex(): GoldenIndex {
  return readDocument<GoldenIndex>('index');
}

type Row = Record<string, Json>;
type Reader = (value: Json | undefined) => GoldenValue;

const fields = (row: Json | undefined, read: Reader): Record<string, GoldenValue> =>
  Object.fromEntries(Object.entries((row ?? {}) as Row).map(([key, value]) => [key, read(value)]));

const list = (row: Json | undefined, read: Reader): GoldenValue[] => ((row ?? []) as Json[]).map(read);

const pairs = <T>(row: Json | undefined, read: Reader): [string, T][] =>
  ((row ?? []) as [string, Json][]).map(([key, value]) => [key, read(value) as T]);

function readerOf(document: string): Reader {
  const tensors = readTensors(document);
  return (value) => decodeValue(value ?? null, tensors);
}

function opSample(row: Row, read: Reader): OpSample {
  return {
    dtype: row.dtype as string,
    sample: row.sample as number | 'special',
    input: read(row.input),
    args: list(row.args, read),
    kwargs: fields(row.kwargs, read),
    output: read(row.output),
    wholeFloat: hasWholeFloat([row.input ?? null, row.args ?? null, row.kwargs ?? null]),
    broadcastsInput: row.broadcasts_input === true,
    cotangents: pairs(row.cotangents, read),
    grads: pairs(row.grads, read),
    error: (row.f64_err ?? null) as Float64Error | null,
  };
}

/** The ops of one group, e.g. `unary`. */
export function readOps(group: string): OpCases[] {
  const read = readerOf(`ops/${group}`);
  const { ops } = readDocument<{ ops: Row[] }>(`ops/${group}`);
  return ops.map((row) => ({
    op: row.op as string,
    note: row.note as string | undefined,
    samples: (row.samples as Row[]).map((sample) => opSample(sample, read)),
  }));
}

function moduleCase(row: Row, read: Reader): ModuleCase {
  const ctor = row.ctor as Row;
  const lazy = row.lazy as Row | undefined;
  const forward = (row.forward ?? null) as Row | null;
  return {
    id: row.id as string,
    className: row.class as string,
    training: row.training as boolean,
    seed: row.seed as number,
    args: list(ctor.args, read),
    kwargs: fields(ctor.kwargs, read),
    repr: (row.repr_2x ?? row.repr) as string,
    init: row.init as ModuleCase['init'],
    perturbed: (row.perturbed ?? []) as string[],
    stateDict: pairs(row.state_dict, read),
    parameters: (row.parameters ?? []) as string[],
    lazy: lazy
      ? {
          classBefore: lazy.class_before as string,
          classAfter: (lazy.class_after ?? null) as string | null,
          reprBefore: lazy.repr_before as string,
        }
      : null,
    forward: forward && { args: list(forward.args, read), kwargs: fields(forward.kwargs, read) },
    output: read(row.output),
    cotangents: pairs(row.cotangents, read),
    gradInputs: pairs(row.grad_inputs, read),
    gradParams: pairs(row.grad_params, read),
    stateAfter: pairs(row.state_after, read),
    mutates: (row.mutates ?? []) as string[],
    sparseGrads: row.sparse_grads !== undefined,
    error: (row.f64_err ?? null) as Float64Error | null,
  };
}

/** The classes of one family, e.g. `pooling`. */
export function readModules(family: string): ModuleCases[] {
  const read = readerOf(`modules/${family}`);
  const { classes } = readDocument<{ classes: Row[] }>(`modules/${family}`);
  return classes.map((row) => ({
    className: row.class as string,
    cases: (row.cases as Row[]).map((entry) => moduleCase(entry, read)),
  }));
}
