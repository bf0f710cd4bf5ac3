import { afterAll, describe, expect, test } from 'vitest';
import { compareTensors } from './compare.ts';
import { readDocument, readTensors } from './files.ts';
import { type Library, type LibraryTensor, lookUp } from './library.ts';
import { construct, type ModuleLibrary } from './run-module.ts';
import { readBack, toJavaScript } from './run-op.ts';
import { camelCase } from './signature.ts';
import { Tally } from './tally.ts';
import { type GoldenTensor, goldenTensor } from './tensor.ts';
import { toleranceFor } from './tolerances.ts';
import { decodeValue, type GoldenValue, isKind, type Json } from './values.ts';

/** Which random functions a suite covers. */
export interface StreamSuiteOptions<T extends LibraryTensor> {
  readonly title: string;
  readonly library: Library<T>;
  /** Random functions that belong to this suite, by PyTorch's name. */
  readonly includes: (name: string) => boolean;
}

type Call = readonly [name: string, args: Json[], kwargs: Readonly<Record<string, Json>>];

interface StreamCase {
  readonly seed: number;
  readonly calls: readonly Call[];
  readonly values: readonly Json[];
}

type Callable = (...args: unknown[]) => unknown;

/** Calls one random function on the library; `undefined` where the library does not have it. */
function draw<T extends LibraryTensor>(library: Library<T>, [name, args, kwargs]: Call): (() => T) | undefined {
  const values = args.map((value) => decodeValue(value, new Map()));
  const { dtype = 'float32', ...options } = Object.fromEntries(
    Object.entries(kwargs).map(([key, value]) => [
      camelCase(key),
      toJavaScript(decodeValue(value, new Map()), () => null),
    ]),
  ) as Record<string, unknown> & { dtype?: string };
  const [first = null, ...rest] = values;
  const filled = (value: number): T => library.tensor(filledTensor(dtype, first as readonly number[], value), false);
  const withOptions = (all: unknown[], extra: object): unknown[] =>
    Object.keys(extra).length > 0 ? [...all, extra] : all;

  if (name.endsWith('_')) {
    const method = camelCase(name);
    if (!(method in library.tensorPrototype)) return undefined;
    return () => (filled(0) as unknown as Record<string, Callable>)[method]?.(...withOptions(rest, options)) as T;
  }
  const callable = lookUp(library.functions, camelCase(name));
  if (typeof callable !== 'function') return undefined;
  const call = (...all: unknown[]): T => (callable as Callable)(...all) as T;
  if (name.includes('dropout')) return () => call(filled(1), { p: rest[0], training: true });
  if (name === 'bernoulli') return () => call(filled(rest[0] as number));
  // PyTorch also takes the upper bound alone.
  if (name === 'randint_like') return () => call(filled(0), ...(rest.length === 1 ? [0, ...rest] : rest));
  if (name.endsWith('_like')) return () => call(filled(0), ...rest);
  if (name === 'multinomial') {
    const weights = new Float32Array(first as readonly number[]);
    return () =>
      call(library.tensor(goldenTensor('float32', [weights.length], weights), false), ...withOptions(rest, options));
  }
  return () => call(...withOptions(values, kwargs.dtype === undefined ? options : { ...options, dtype }));
}

function filledTensor(dtype: string, shape: readonly number[], value: number): GoldenTensor {
  const length = shape.reduce((a, b) => a * b, 1);
  return dtype === 'float64'
    ? goldenTensor('float64', shape, new Float64Array(length).fill(value))
    : goldenTensor('float32', shape, new Float32Array(length).fill(value));
}

const describeCall = ([name, args, kwargs]: Call): string =>
  `${name}(${[...args, ...(Object.keys(kwargs).length > 0 ? [kwargs] : [])].map((x) => JSON.stringify(decodePlain(x))).join(', ')})`;

function decodePlain(value: Json): unknown {
  const plain = (part: GoldenValue): unknown => (isKind(part, 'dtype') ? part.name : part);
  if (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !Object.keys(value).some((k) => k.startsWith('$'))
  ) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decodePlain(item)]));
  }
  return plain(decodeValue(value, new Map()));
}

/** PyTorch draws integers as int64, Flambeau as int32. */
const drawnDType = (expected: GoldenTensor): string => (expected.dtype === 'int64' ? 'int32' : expected.dtype);

/** Registers one test per recorded stream: what a seed gives, call after call. */
export function describeStreams<T extends LibraryTensor>({ title, library, includes }: StreamSuiteOptions<T>): void {
  const tally = new Tally(title);
  const absent = new Set<string>();
  const { cases } = readDocument<{ cases: StreamCase[] }>('streams');
  const tensors = readTensors('streams');
  describe(title, () => {
    for (const { seed, calls, values } of cases) {
      if (!calls.some(([name]) => includes(name))) continue;
      const draws = calls.map((call) => draw(library, call));
      for (const [i, found] of draws.entries()) if (!found) absent.add(calls[i]?.[0] ?? '');
      if (draws.includes(undefined)) continue;
      const wide = values.map((value) => (decodeValue(value, tensors) as GoldenTensor).dtype);
      const lacked = wide.find((dtype) => dtype !== 'int64' && !library.dtypes.has(dtype));
      if (lacked !== undefined) {
        tally.skip(calls.map(([name]) => name).join(' then '), `the device has no ${lacked}`);
        continue;
      }
      test(`seed ${seed}: ${calls.map(describeCall).join(', ')}`, async () => {
        library.manualSeed(seed);
        for (const [i, value] of values.entries()) {
          const expected = decodeValue(value, tensors) as GoldenTensor;
          const got = (draws[i] as () => T)();
          const tolerance = toleranceFor('random', expected.dtype, 0);
          expect(
            compareTensors(await readBack(got), expected, tolerance, drawnDType(expected)),
            `value ${i}`,
          ).toBeNull();
        }
        tally.pass(calls.map(([name]) => name).join(' then '));
      });
    }
  });
  afterAll(() => {
    for (const name of absent) tally.absent(name);
    console.log(tally.summary());
  });
}

interface LayerCase {
  readonly class: string;
  readonly seed: number;
  readonly ctor: { readonly args: Json[]; readonly kwargs: Readonly<Record<string, Json>> };
  readonly parameters: readonly string[];
  readonly state_dict: ReadonlyArray<readonly [name: string, value: Json]>;
  /** One `rand(1)` afterwards: the position of the stream. */
  readonly next: Json;
}

/** Every class that a recipe needs. */
function classesIn(value: GoldenValue): string[] {
  if (Array.isArray(value)) return value.flatMap(classesIn);
  return isKind(value, 'module') ? [value.name, ...value.args.flatMap(classesIn)] : [];
}

/** Which layers a suite covers. */
export interface LayerSuiteOptions<T extends LibraryTensor, M> {
  readonly title: string;
  readonly library: ModuleLibrary<T, M>;
  /** One uniform number from the global generator. */
  readonly next: () => T;
}

/** Registers one test per layer and seed: parameters digit by digit, and where they leave the generator. */
export function describeLayers<T extends LibraryTensor, M>({ title, library, next }: LayerSuiteOptions<T, M>): void {
  const tally = new Tally(title);
  const absent = new Set<string>();
  const tensors = readTensors('layers');
  const read = (value: Json): GoldenValue => decodeValue(value, tensors);
  describe(title, () => {
    for (const recorded of readDocument<{ cases: LayerCase[] }>('layers').cases) {
      const recipe = {
        name: recorded.class,
        args: recorded.ctor.args.map(read),
        kwargs: Object.fromEntries(Object.entries(recorded.ctor.kwargs).map(([key, value]) => [key, read(value)])),
      };
      const missing = [recorded.class, ...recipe.args.flatMap(classesIn)].filter((name) => !(name in library.classes));
      for (const name of missing) absent.add(name);
      if (missing.length > 0) continue;
      test(`seed ${recorded.seed}: ${describeCall([recorded.class, recorded.ctor.args, recorded.ctor.kwargs])}`, async () => {
        library.manualSeed(recorded.seed);
        const module = construct(library, recipe);
        const state = library.stateDict(module);
        expect(state.map(([name]) => name)).toEqual(recorded.state_dict.map(([name]) => name));
        expect(library.parameters(module).map(([name]) => name)).toEqual(recorded.parameters);
        for (const [i, [name, value]] of recorded.state_dict.entries()) {
          const expected = read(value) as GoldenTensor;
          const tolerance = toleranceFor('random', expected.dtype, 0);
          const got = await readBack(state[i]?.[1] as T);
          expect(compareTensors(got, expected, tolerance, drawnDType(expected)), name).toBeNull();
        }
        const position = await readBack(next());
        expect(compareTensors(position, read(recorded.next) as GoldenTensor, { rtol: 0, atol: 0 })).toBeNull();
        tally.pass(recorded.class);
      });
    }
  });
  afterAll(() => {
    for (const name of absent) tally.absent(name);
    console.log(tally.summary());
  });
}
