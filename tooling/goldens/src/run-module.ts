import type { ModuleCase } from './cases.ts';
import { compareTensors } from './compare.ts';
import { heldDType } from './device-rules.ts';
import type { Library, LibraryTensor } from './library.ts';
import { compareGradient, mapTensors, partAt, readBack, toJavaScript } from './run-op.ts';
import { camelCase } from './signature.ts';
import type { GoldenTensor } from './tensor.ts';
import { errorOf, toleranceFor } from './tolerances.ts';
import { translateConstructor, translateForward } from './translate-module.ts';
import { type GoldenModule, type GoldenValue, isKind, isList } from './values.ts';

/** The module system under test; names of state entries are PyTorch's. */
export interface ModuleLibrary<T extends LibraryTensor, M> extends Library<T> {
  /** Module classes by name. */
  readonly classes: object;
  /** `nn.functional`, for constructors that take a function. */
  readonly functional: object;
  withoutGradients<R>(call: () => R): R;
  train(module: M, mode: boolean): void;
  /** State entries in order; `null` where a parameter has no value yet. */
  stateDict(module: M): ReadonlyArray<readonly [name: string, value: T | null]>;
  loadStateDict(module: M, state: ReadonlyArray<readonly [name: string, value: T]>): void;
  /** Parameters in order, each once. */
  parameters(module: M): ReadonlyArray<readonly [name: string, value: T]>;
  call(module: M, args: readonly unknown[]): unknown;
  /** `String(module)`. */
  text(module: M): string;
  className(module: M): string;
}

type Problems = string[];

/** Classes with float arguments that the recorded cases give as Python ints: `2` there, `2.0` here. */
const floatsGivenAsInts: ReadonlySet<string> = new Set(['Softplus', 'Softshrink', 'Threshold']);

/** Whether two printed forms agree; Python's type `torch.Size` is a plain tuple elsewhere. */
function sameText(className: string, got: string, expected: string): boolean {
  const tuples = expected.replace(/torch\.Size\(\[([^\]]*)\]\)/g, '($1)');
  if (got === tuples) return true;
  const whole = (text: string): string => text.replace(/(\d)\.0\b/g, '$1');
  return floatsGivenAsInts.has(className) && whole(got) === whole(tuples);
}

/** The JavaScript value of a constructor argument. */
function argument<T extends LibraryTensor, M>(library: ModuleLibrary<T, M>, value: GoldenValue): unknown {
  if (isList(value)) return value.map((item) => argument(library, item));
  if (isKind(value, 'module')) return construct(library, value);
  if (isKind(value, 'function')) return (library.functional as Record<string, unknown>)[camelCase(value.name)];
  if (isKind(value, 'dict')) {
    return Object.fromEntries(value.entries.map(([key, item]) => [String(key), argument(library, item)]));
  }
  return toJavaScript(value, (data) => library.tensor(data, false));
}

/** Makes a module as Flambeau spells its constructor. */
export function construct<T extends LibraryTensor, M>(
  library: ModuleLibrary<T, M>,
  { name, args, kwargs }: Pick<GoldenModule, 'name' | 'args' | 'kwargs'>,
): M {
  const Class = (library.classes as Record<string, new (...args: unknown[]) => M>)[name];
  if (typeof Class !== 'function') throw new Error(`no class ${name}`);
  const { positional, options } = translateConstructor(name, args, kwargs);
  const values = positional.map((value) => (value === undefined ? undefined : argument(library, value)));
  if (Object.keys(options).length === 0) return new Class(...values);
  const named = Object.entries(options).map(([key, value]) => [key, argument(library, value)] as const);
  return new Class(...values, Object.fromEntries(named));
}

/**
 * Runs one recorded case: construction, initial values, printed form, state dict, call, gradients, changed state.
 *
 * @returns What differs, one line each; empty when the case passes.
 */
export async function runModule<T extends LibraryTensor, M>(
  library: ModuleLibrary<T, M>,
  recorded: ModuleCase,
  className: string,
): Promise<Problems> {
  library.manualSeed(recorded.seed);
  const module = construct(library, { name: className, args: recorded.args, kwargs: recorded.kwargs });
  library.train(module, recorded.training);
  const problems = recorded.lazy ? materialize(library, module, recorded) : [];
  if (!sameText(className, library.text(module), recorded.repr)) {
    problems.push(`prints ${library.text(module)}, expected ${recorded.repr}`);
  }
  problems.push(...(await compareState(library, module, recorded)));
  if (problems.length > 0 || recorded.forward === null) return problems;
  library.loadStateDict(
    module,
    recorded.stateDict.map(([name, data]) => [name, library.tensor(data as GoldenTensor, false)] as const),
  );
  return callAndCompare(library, module, recorded);
}

/** The first call of a lazy module, which makes its parameters and changes its class. */
function materialize<T extends LibraryTensor, M>(
  library: ModuleLibrary<T, M>,
  module: M,
  recorded: ModuleCase,
): Problems {
  const problems: Problems = [];
  const check = (what: string, got: string, expected: string | null | undefined): void => {
    if (got !== expected) problems.push(`${what} ${got}, expected ${expected}`);
  };
  check('class before the first call', library.className(module), recorded.lazy?.classBefore);
  check('text before the first call', library.text(module), recorded.lazy?.reprBefore);
  if (!library.stateDict(module).some(([, value]) => value === null))
    problems.push('no entry of the state is uninitialized');
  library.manualSeed(recorded.seed);
  library.withoutGradients(() => library.call(module, forwardArguments(library, recorded).values));
  check('class after the first call', library.className(module), recorded.lazy?.classAfter);
  return problems;
}

/** Names, order, shapes and dtypes of the state; values digit by digit where the same seed draws them. */
async function compareState<T extends LibraryTensor, M>(
  library: ModuleLibrary<T, M>,
  module: M,
  recorded: ModuleCase,
): Promise<Problems> {
  const got = library.stateDict(module);
  const names = got.map(([name]) => name).join(', ');
  const expectedNames = recorded.stateDict.map(([name]) => name).join(', ');
  if (names !== expectedNames) return [`state has ${names}, expected ${expectedNames}`];
  const parameters = library.parameters(module).map(([name]) => name);
  if (recorded.parameters.length > 0 && parameters.join() !== recorded.parameters.join()) {
    return [`parameters ${parameters.join(', ')}, expected ${recorded.parameters.join(', ')}`];
  }
  const problems = recorded.stateDict.map(async ([name, expected], i) => {
    const value = got[i]?.[1] ?? null;
    if (value === null || expected === null)
      return value === expected ? [] : [`state ${name}: initialized on one side only`];
    const different = compareTensors(
      await readBack(value),
      freshValue(recorded, name, expected),
      toleranceFor('initialisation', expected.dtype, 0),
      stateDType(expected),
    );
    return different === null ? [] : [`fresh ${name}: ${different}`];
  });
  return (await Promise.all(problems)).flat();
}

/** Counters are int64 in PyTorch and in files, int32 in Flambeau. */
function stateDType(expected: GoldenTensor): string {
  return expected.dtype === 'int64' ? 'int32' : expected.dtype;
}

/** A perturbed tensor was constant before. */
function freshValue(recorded: ModuleCase, name: string, expected: GoldenTensor): GoldenTensor {
  if (!recorded.perturbed.includes(name)) return expected;
  const { constant, single } = recorded.init[name] ?? {};
  const value = Number(constant ?? single);
  return { ...expected, data: new Float32Array(expected.data.length).fill(value) };
}

interface ForwardArguments<T> {
  /** What the module is called with. */
  readonly values: readonly unknown[];
  /** The leaves, by path; a changed-in-place input is a copy of its leaf. */
  readonly leaves: ReadonlyMap<string, T>;
  /** Every tensor passed, with what it held. */
  readonly passed: ReadonlyMap<string, readonly [value: T, data: GoldenTensor]>;
}

function forwardArguments<T extends LibraryTensor, M>(
  library: ModuleLibrary<T, M>,
  recorded: ModuleCase,
): ForwardArguments<T> {
  const wanted = new Set(recorded.gradInputs.map(([path]) => path));
  const leaves = new Map<string, T>();
  const passed = new Map<string, readonly [T, GoldenTensor]>();
  const paths = new Map<GoldenTensor, string>();
  const separate = (value: GoldenValue, at: string): GoldenValue =>
    mapTensors(
      value,
      (tensor, path) => {
        const copy = { ...tensor };
        paths.set(copy, path);
        return copy;
      },
      at,
    );
  const make = (data: GoldenTensor): T => {
    const path = paths.get(data) ?? '';
    const leaf = library.tensor(data, wanted.has(path));
    const value = recorded.mutates.includes(path) ? library.clone(leaf) : leaf;
    leaves.set(path, leaf);
    passed.set(path, [value, data]);
    return value;
  };
  const { args, kwargs } = recorded.forward ?? { args: [], kwargs: {} };
  const { positional, options } = translateForward(
    recorded.className,
    args.map((value, i) => separate(value, `args.${i}`)),
    Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [key, separate(value, `kwargs.${key}`)])),
  );
  const values = positional.map((value) => toJavaScript(value, make));
  if (Object.keys(options).length > 0) {
    values.push(Object.fromEntries(Object.entries(options).map(([key, value]) => [key, toJavaScript(value, make)])));
  }
  return { values, leaves, passed };
}

async function callAndCompare<T extends LibraryTensor, M>(
  library: ModuleLibrary<T, M>,
  module: M,
  recorded: ModuleCase,
): Promise<Problems> {
  const state = library
    .stateDict(module)
    .map(async ([name, value]) => [name, value && (await readBack(value))] as const);
  const before = new Map(await Promise.all(state));
  const { values, leaves, passed } = forwardArguments(library, recorded);
  const output = library.call(module, values);
  const problems = await compareOutput(library, recorded, recorded.output, output, '');
  if (problems.length > 0) return problems;

  const part = (path: string): T => partAt(output, path) as T;
  const inputs = recorded.gradInputs.map(([path]) => leaves.get(path) as T);
  const parameters = new Map(library.parameters(module));
  const expected = [...recorded.gradInputs, ...recorded.gradParams];
  if (recorded.cotangents.length > 0) {
    const got = library.gradients(
      recorded.cotangents.map(([path]) => part(path)),
      [...inputs, ...recorded.gradParams.map(([name]) => parameters.get(name) as T)],
      recorded.cotangents.map(([, cotangent]) => library.tensor(cotangent, false)),
    );
    for (const [i, [name, reference]] of expected.entries()) {
      const gradient = got[i] ? await readBack(got[i]) : null;
      const different = compareGradient(gradient, reference, recorded.className, errorOf(recorded.error, 'grad'));
      if (different !== null) problems.push(`gradient of ${name}: ${different}`);
    }
  }

  const changed = new Map(recorded.stateAfter);
  for (const [name, value] of library.stateDict(module)) {
    const reference = changed.get(name);
    const old = before.get(name);
    if (!value || !old) continue;
    const expectedValue = reference ?? { kind: 'tensor', dtype: old.dtype, shape: old.shape, data: old.data };
    const tolerance = reference
      ? toleranceFor(recorded.className, reference.dtype, errorOf(recorded.error, 'out'))
      : { rtol: 0, atol: 0 };
    const different = compareTensors(await readBack(value), expectedValue as GoldenTensor, tolerance, old.dtype);
    if (different !== null) problems.push(`${name} after the call: ${different}`);
  }

  for (const [path, [value, data]] of passed) {
    const reference = recorded.mutates.includes(path) ? (recorded.output as GoldenTensor) : data;
    const different = compareTensors(
      await readBack(value),
      reference,
      toleranceFor(recorded.className, data.dtype, 0),
      heldDType(reference.dtype, library.dtypes),
    );
    if (different !== null) problems.push(`input ${path} after the call: ${different}`);
  }
  return problems;
}

async function compareOutput<T extends LibraryTensor, M>(
  library: ModuleLibrary<T, M>,
  recorded: ModuleCase,
  expected: GoldenValue,
  got: unknown,
  path: string,
): Promise<Problems> {
  const where = path === '' ? 'output' : `output ${path}`;
  if (isList(expected)) {
    if (!Array.isArray(got)) return [`${where}: not a tuple of ${expected.length}`];
    const parts = expected.map((entry, i) =>
      compareOutput(library, recorded, entry, got[i], path === '' ? `${i}` : `${path}.${i}`),
    );
    return (await Promise.all(parts)).flat();
  }
  if (expected === null) return got === null ? [] : [`${where}: expected null`];
  if (!isKind(expected, 'tensor')) return [`${where}: unexpected reference`];
  if (!library.isTensor(got)) return [`${where}: not a tensor but ${typeof got}`];
  const tolerance = toleranceFor(recorded.className, expected.dtype, errorOf(recorded.error, 'out'));
  const different = compareTensors(await readBack(got), expected, tolerance, stateDType(expected));
  return different === null ? [] : [`${where}: ${different}`];
}
