import type { OpSample } from './cases.ts';
import { compareTensors, compareZeroSigns, type ReadTensor } from './compare.ts';
import { heldDType } from './device-rules.ts';
import { resultDType } from './dtype-rules.ts';
import { excused } from './excused.ts';
import { type Library, type LibraryTensor, lookUp } from './library.ts';
import type { GoldenTensor } from './tensor.ts';
import { tiesResolved } from './ties.ts';
import { errorOf, toleranceFor } from './tolerances.ts';
import { type TranslatedCall, translateOp } from './translate-op.ts';
import { type GoldenSlice, type GoldenValue, isKind, isList } from './values.ts';

/** How a call is written: `add(x, y)` or `x.add(y)`, or `x.add_(y)`. */
export type OpForm = 'plain' | 'inPlace';

/** Where Flambeau has the op: as a function, as a method or property of tensors, or not at all. */
export function findOp(
  library: Library,
  { name, property }: Pick<TranslatedCall, 'name' | 'property'>,
): 'function' | 'method' | null {
  if (!property && typeof lookUp(library.functions, name) === 'function') return 'function';
  return name in library.tensorPrototype ? 'method' : null;
}

/** `start:stop:step` as an index string. */
export function sliceText({ start, stop, step }: GoldenSlice): string {
  const text = `${start ?? ''}:${stop ?? ''}`;
  return step === null ? text : `${text}:${step}`;
}

/** Walks nested lists; `path` counts as in the files: `0`, `1.0`. */
export function mapTensors(
  value: GoldenValue,
  change: (tensor: GoldenTensor, path: string) => GoldenValue,
  path: string,
): GoldenValue {
  if (isList(value)) return value.map((item, i) => mapTensors(item, change, path === '' ? `${i}` : `${path}.${i}`));
  return isKind(value, 'tensor') ? change(value, path) : value;
}

/** A copy of the sample whose tensors are distinct objects, and where each stands. */
function separateTensors(sample: OpSample): {
  call: Pick<OpSample, 'input' | 'args' | 'kwargs'>;
  paths: Map<GoldenTensor, string>;
} {
  const paths = new Map<GoldenTensor, string>();
  const copy = (tensor: GoldenTensor, path: string): GoldenTensor => {
    const fresh = { ...tensor };
    paths.set(fresh, path);
    return fresh;
  };
  const kwargs = Object.entries(sample.kwargs).map(
    ([key, value]) => [key, mapTensors(value, copy, `kwargs.${key}`)] as const,
  );
  const call = {
    input: mapTensors(sample.input, copy, 'input'),
    args: sample.args.map((value, i) => mapTensors(value, copy, `args.${i}`)),
    kwargs: Object.fromEntries(kwargs),
  };
  return { call, paths };
}

/** The JavaScript value of plain data; tensors come from `tensor`. */
export function toJavaScript(value: GoldenValue | undefined, tensor: (data: GoldenTensor) => unknown): unknown {
  if (value === undefined) return undefined;
  if (isList(value)) return value.map((item) => toJavaScript(item, tensor));
  if (value === null || typeof value !== 'object') return value;
  switch (value.kind) {
    case 'tensor':
      return tensor(value);
    case 'slice':
      return sliceText(value);
    case 'ellipsis':
      return '...';
    case 'newAxis':
      return null;
    case 'dtype':
    case 'device':
      return value.name;
    default:
      throw new Error(`an op cannot take a ${value.kind}`);
  }
}

/** Reads a tensor of the library back. */
export async function readBack(tensor: LibraryTensor): Promise<ReadTensor> {
  return { dtype: tensor.dtype, shape: tensor.shape, data: await tensor.toArray() };
}

/** The part of a result at a path such as `1.0`. */
export function partAt(result: unknown, path: string): unknown {
  return path === '' ? result : lookUp(result as object, path);
}

/**
 * Calls the op as Flambeau spells it and compares outputs and gradients.
 *
 * @returns What differs, one line each; empty when the sample passes.
 */
export async function runOp<T extends LibraryTensor>(
  library: Library<T>,
  op: string,
  sample: OpSample,
  form: OpForm = 'plain',
): Promise<string[]> {
  const { call, paths } = separateTensors(sample);
  const translated = translateOp(op, call);
  const wanted = new Set(sample.grads.map(([path]) => path));
  const leaves = new Map<string, T>();
  const make = (data: GoldenTensor): T => {
    const path = paths.get(data) ?? '';
    const leaf = library.tensor(data, wanted.has(path));
    leaves.set(path, leaf);
    return leaf;
  };
  if (translated.seed !== undefined) library.manualSeed(translated.seed);
  const result = await invoke(library, translated, make, form);
  const problems = await compareOutputs(library, op, sample, sample.output, result);
  if (sample.cotangents.length === 0 || problems.length > 0) return problems;
  return compareGradients(library, op, sample, { result, leaves, without: translated.withoutGradient });
}

async function invoke<T extends LibraryTensor>(
  library: Library<T>,
  { name, property, positional, options }: TranslatedCall,
  make: (data: GoldenTensor) => T,
  form: OpForm,
): Promise<unknown> {
  const args = positional.map((value) => toJavaScript(value, make));
  if (Object.keys(options).length > 0) {
    args.push(Object.fromEntries(Object.entries(options).map(([key, value]) => [key, toJavaScript(value, make)])));
  }
  const [self, ...rest] = args as [T, ...unknown[]];
  const method = (target: T, key: string): unknown =>
    (target as unknown as Record<string, (...all: unknown[]) => unknown>)[key]?.(...rest);
  if (form === 'inPlace') {
    const target = library.clone(self);
    await readLater(
      () => method(target, `${name}_`),
      (later) => method(target, later),
    );
    return target;
  }
  if (property) return (self as unknown as Record<string, unknown>)[name];
  if (name.endsWith('_')) return method(library.clone(self), name);
  const callable = lookUp(library.functions, name);
  return readLater(
    () => (typeof callable === 'function' ? callable(...args) : method(self, name)),
    (later) => {
      const waiting = lookUp(library.functions, later);
      return typeof waiting === 'function' ? waiting(...args) : method(self, later);
    },
  );
}

/** Makes a call, or, where the device cannot be read at once, the asynchronous one that the error names. */
async function readLater(call: () => unknown, waiting: (name: string) => unknown): Promise<unknown> {
  try {
    return call();
  } catch (error) {
    const [, name] = /cannot be read at once\..* use await (\w+)\(\)/i.exec(String(error)) ?? [];
    if (name === undefined) throw error;
    return waiting(name);
  }
}

async function compareOutputs<T extends LibraryTensor>(
  library: Library<T>,
  op: string,
  sample: OpSample,
  expected: GoldenValue,
  got: unknown,
  path = '',
): Promise<string[]> {
  const where = path === '' ? 'output' : `output ${path}`;
  if (isList(expected)) {
    if (!Array.isArray(got)) return [`${where}: not a tuple of ${expected.length}`];
    if (got.length !== expected.length) return [`${where}: ${got.length} entries, expected ${expected.length}`];
    const parts = expected.map((part, i) =>
      compareOutputs(library, op, sample, part, got[i], path === '' ? `${i}` : `${path}.${i}`),
    );
    return (await Promise.all(parts)).flat();
  }
  if (!isKind(expected, 'tensor')) {
    return Object.is(got, expected) ? [] : [`${where}: ${String(got)}, expected ${JSON.stringify(expected)}`];
  }
  if (!library.isTensor(got)) return [`${where}: not a tensor but ${typeof got}`];
  const read = excused(op, sample, await readBack(got), expected);
  const tolerance = toleranceFor(op, expected.dtype, errorOf(sample.error, 'out'));
  const promised = resultDType(op, path, expected, sample);
  const dtype = promised && heldDType(promised, library.dtypes);
  const different = compareTensors(tiesResolved(op, path, sample, read, expected), expected, tolerance, dtype);
  if (different !== null) return [`${where}: ${different}`];
  const sign = sample.sample === 'special' && !openZeroSigns.has(op) ? compareZeroSigns(read, expected) : null;
  return sign === null ? [] : [`${where}: ${sign}`];
}

/** Where the sign of a zero is no promise. */
const openZeroSigns: ReadonlySet<string> = new Set([
  // C leaves open which of 0 and -0 is the larger.
  'fmax',
  'fmin',
  'nn.functional.relu',
  'nn.functional.relu6',
  // PyTorch computes exp(x) - 1, which is 0 at -0; expm1 keeps the sign.
  'nn.functional.elu',
  'nn.functional.celu',
  'nn.functional.selu',
]);

async function compareGradients<T extends LibraryTensor>(
  library: Library<T>,
  op: string,
  sample: OpSample,
  { result, leaves, without }: { result: unknown; leaves: ReadonlyMap<string, T>; without: readonly string[] },
): Promise<string[]> {
  const outputs: T[] = [];
  const cotangents: T[] = [];
  for (const [path, cotangent] of sample.cotangents) {
    const part = partAt(result, path);
    if (!library.isTensor(part)) return [`output ${path} is not a tensor`];
    outputs.push(part);
    cotangents.push(library.tensor(cotangent, false));
  }
  const inputs = sample.grads.map(([path]) => {
    const leaf = leaves.get(path);
    if (!leaf) throw new Error(`the translated call lost ${path}`);
    return leaf;
  });
  const got = library.gradients(outputs, inputs, cotangents);
  const problems = sample.grads.map(async ([path, expected], i) => {
    if (without.includes(path)) return [];
    const gradient = got[i] ? await readBack(got[i]) : null;
    const different = compareGradient(gradient, expected, op, errorOf(sample.error, 'grad'));
    return different === null ? [] : [`gradient of ${path}: ${different}`];
  });
  return (await Promise.all(problems)).flat();
}

/** Compares a gradient with its reference; `null` stands for "not connected" on both sides. */
export function compareGradient(
  got: ReadTensor | null,
  expected: GoldenTensor | null,
  name: string,
  error: number | null,
): string | null {
  if (expected === null) return got === null ? null : 'a tensor, expected none';
  if (got === null) return 'none, expected a tensor';
  return compareTensors(got, expected, toleranceFor(name, expected.dtype, error));
}
