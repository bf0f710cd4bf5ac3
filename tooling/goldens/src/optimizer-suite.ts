import { afterAll, describe, expect, test } from 'vitest';
import { compareTensors, type Tolerance } from './compare.ts';
import { readDocument, readTensors } from './files.ts';
import type { LibraryTensor } from './library.ts';
import { readBack } from './run-op.ts';
import { bind, camelCase } from './signature.ts';
import { Tally } from './tally.ts';
import { type GoldenTensor, goldenTensor } from './tensor.ts';
import { decodeValue, isKind, type Json } from './values.ts';

/** What the runner needs of an optimizer. */
export interface LibraryOptimizer {
  step(): unknown;
  readonly paramGroups: ReadonlyArray<{ readonly lr: number }>;
  stateDict(): {
    readonly state: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly param_groups: ReadonlyArray<Readonly<Record<string, unknown>>>;
  };
}

/** What the runner needs of a learning-rate scheduler. */
export interface LibraryScheduler {
  step(): unknown;
  getLastLr(): readonly number[];
  stateDict(): Readonly<Record<string, unknown>>;
}

/** The optimizers under test. */
export interface OptimizerLibrary<T extends LibraryTensor> {
  /** Optimizers and schedulers by name. */
  readonly classes: object;
  /** Dtypes that the device of the tests can hold. */
  readonly dtypes: ReadonlySet<string>;
  /** A new leaf that requires a gradient. */
  parameter(data: GoldenTensor): T;
  setGradient(parameter: T, gradient: GoldenTensor | null): void;
}

/** Which optimizers and schedulers a suite covers. */
export interface OptimizerSuiteOptions<T extends LibraryTensor> {
  readonly title: string;
  readonly library: OptimizerLibrary<T>;
  /** Classes that the library must have; one that is missing fails. */
  readonly promised: readonly string[];
}

interface Trajectory {
  /** Parameters after each step. */
  readonly params: ReadonlyArray<readonly GoldenTensor[]>;
  /** Final state of each parameter: tensors, numbers or nothing. */
  readonly state: ReadonlyArray<Readonly<Record<string, GoldenTensor | number | null>>>;
}

interface OptimizerCase {
  readonly kwargs: Readonly<Record<string, Json>>;
  readonly param_groups?: ReadonlyArray<Readonly<Record<string, Json>>>;
  readonly no_grad_at?: ReadonlyArray<readonly [step: number, parameter: number]>;
  readonly function?: string;
  readonly initial?: Json;
  readonly grads?: Json;
  readonly float32: Json;
  readonly float64: Json;
  /** Every option with its value. */
  readonly defaults?: Readonly<Record<string, Json>>;
}

/** Keys of a saved optimizer, as the last case leaves it. */
interface StateLayout {
  readonly param_groups: ReadonlyArray<readonly string[]>;
  readonly state: Readonly<Record<string, readonly string[]>>;
}

interface OptimizerCases {
  readonly optimizer: string;
  readonly cases: readonly OptimizerCase[];
  readonly state_dict_layout?: StateLayout;
}

interface OptimizerDocument {
  readonly initial: Json;
  readonly grads: Json;
  readonly optimizers: readonly OptimizerCases[];
}

interface SchedulerCase {
  readonly scheduler: string;
  readonly kwargs: Readonly<Record<string, Json>>;
  readonly optimizer: string;
  readonly initial_lr: readonly number[];
  /** Rate per group after i steps. */
  readonly lr: ReadonlyArray<readonly number[]>;
  readonly last_epoch?: number;
  readonly state_dict_keys: readonly string[];
}

type DType = 'float32' | 'float64';

/** Ten updates in a row, each rounded once or twice more or less than PyTorch's; float64 bounds the formula itself. */
const tolerances: Readonly<Record<DType, Tolerance>> = {
  float32: { rtol: 2e-6, atol: 1e-6 },
  float64: { rtol: 1e-9, atol: 1e-9 },
};

/** Positional arguments of schedulers; the rest are options. */
const schedulerSignatures: Readonly<Record<string, string>> = {
  StepLR: 'step_size | gamma last_epoch',
  MultiStepLR: 'milestones | gamma last_epoch',
  ExponentialLR: 'gamma | last_epoch',
  CosineAnnealingLR: 'T_max | eta_min last_epoch',
};

const plainOptions = (kwargs: Readonly<Record<string, Json>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [camelCase(key), decodeValue(value, new Map())]));

const toDType = (data: GoldenTensor, dtype: DType): GoldenTensor =>
  dtype === 'float32' ? data : goldenTensor('float64', data.shape, Float64Array.from(data.data as Float32Array));

function pythonText(kwargs: Readonly<Record<string, Json>>): string {
  const text = Object.entries(kwargs).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return text.join(', ') || 'defaults';
}

function caseName({ kwargs, param_groups: groups, no_grad_at: missing }: OptimizerCase, dtype: DType): string {
  const extras = [groups && 'two groups', missing && 'missing gradients'].filter(Boolean);
  return [pythonText(kwargs), ...extras, dtype].join('; ');
}

/** Registers one test per recorded setting and dtype of every optimizer and scheduler that the library has. */
export function describeOptimizers<T extends LibraryTensor>({
  title,
  library,
  promised,
}: OptimizerSuiteOptions<T>): void {
  const tally = new Tally(title);
  const found = new Set<string>();
  const has = (name: string): boolean => {
    const exists = typeof (library.classes as Record<string, unknown>)[name] === 'function';
    if (exists) found.add(name);
    else if (!found.has(`not ${name}`)) {
      found.add(`not ${name}`);
      tally.absent(name);
    }
    return exists;
  };

  const document = readDocument<OptimizerDocument>('optim/optimizers');
  for (const { optimizer, cases, state_dict_layout: layout } of document.optimizers) {
    if (!has(optimizer)) continue;
    describe(optimizer, () => {
      for (const recorded of cases) {
        const held = (['float32', 'float64'] as const).filter((dtype) => library.dtypes.has(dtype));
        if (held.length < 2) tally.skip(optimizer, 'the device has no float64');
        test.each(held)(caseName(recorded, '%s' as DType), async (dtype) => {
          const trained = await runOptimizer(library, optimizer, recorded, document, dtype);
          if (layout && recorded === cases.at(-1)) compareLayout(trained, layout);
          tally.pass(optimizer);
        });
      }
    });
  }

  for (const recorded of readDocument<{ schedulers: SchedulerCase[] }>('optim/schedulers').schedulers) {
    if (!has(recorded.scheduler)) continue;
    test(`${recorded.scheduler} ${pythonText(recorded.kwargs)}`, () => {
      runScheduler(library, recorded);
      tally.pass(recorded.scheduler);
    });
  }

  test.each(promised.map((name) => [name]))('%s exists and has cases', (name) => {
    expect(found).toContain(name);
  });

  afterAll(() => console.log(tally.summary()));
}

type Constructor<R> = new (...args: unknown[]) => R;

const decoded = <R>(value: Json): R => decodeValue(value, readTensors('optim/optimizers')) as R;

async function runOptimizer<T extends LibraryTensor>(
  library: OptimizerLibrary<T>,
  name: string,
  recorded: OptimizerCase,
  document: OptimizerDocument,
  dtype: DType,
): Promise<LibraryOptimizer> {
  if (recorded.function !== undefined) throw new Error(`${name} is driven by a closure: give it a runner of its own`);
  const initial = decoded<GoldenTensor[]>(recorded.initial ?? document.initial);
  const gradients = decoded<GoldenTensor[][]>(recorded.grads ?? document.grads);
  const trajectory = recorded[dtype] as { params: Json; state: Record<string, Json>[] };
  const expected: Trajectory = {
    params: decoded(trajectory.params),
    state: trajectory.state.map((entry) =>
      Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, decoded(value)])),
    ),
  };

  const parameters = initial.map((data) => library.parameter(toDType(data, dtype)));
  const groups = recorded.param_groups?.map((options, i) => ({ params: [parameters[i]], ...plainOptions(options) }));
  const Class = (library.classes as Record<string, Constructor<LibraryOptimizer>>)[
    name
  ] as Constructor<LibraryOptimizer>;
  const optimizer = new Class(groups ?? parameters, plainOptions(recorded.kwargs));
  const without = new Set(recorded.no_grad_at?.map(([step, i]) => `${step} ${i}`));

  for (const [step, after] of expected.params.entries()) {
    for (const [i, parameter] of parameters.entries()) {
      const gradient = gradients[step]?.[i] as GoldenTensor;
      library.setGradient(parameter, without.has(`${step} ${i}`) ? null : toDType(gradient, dtype));
    }
    optimizer.step();
    for (const [i, reference] of after.entries()) {
      const different = compareTensors(await readBack(parameters[i] as T), reference, tolerances[dtype]);
      expect(different, `parameter ${i} after step ${step + 1}`).toBeNull();
    }
  }
  await compareOptimizerState(optimizer, expected, dtype);
  const [group = {}] = optimizer.stateDict().param_groups;
  for (const [key, value] of Object.entries(recorded.defaults ?? {})) {
    expect(group[key], `option ${key}`).toEqual(decodeValue(value, new Map()));
  }
  return optimizer;
}

/** How a step is carried out in PyTorch's build, not what it computes. */
const buildOptions: ReadonlySet<string> = new Set(['foreach', 'fused', 'capturable', 'differentiable']);

/** A saved optimizer has PyTorch's keys; groups may have more, as newer versions do. */
function compareLayout(optimizer: LibraryOptimizer, layout: StateLayout): void {
  const saved = optimizer.stateDict();
  for (const [i, keys] of layout.param_groups.entries()) {
    const expected = keys.filter((key) => !buildOptions.has(key));
    expect(Object.keys(saved.param_groups[i] ?? {})).toEqual(expect.arrayContaining(expected));
  }
  for (const [i, keys] of Object.entries(layout.state)) {
    expect(Object.keys(saved.state[i] ?? {}).sort()).toEqual([...keys].sort());
  }
}

async function compareOptimizerState(optimizer: LibraryOptimizer, expected: Trajectory, dtype: DType): Promise<void> {
  const { state } = optimizer.stateDict();
  for (const [i, entry] of expected.state.entries()) {
    for (const [key, reference] of Object.entries(entry)) {
      if (reference === null) continue;
      const got = state[String(i)]?.[key];
      if (typeof reference === 'number') {
        // PyTorch keeps `step` as a tensor, Flambeau as a number.
        expect(Number(got), `state ${key} of parameter ${i}`).toBeCloseTo(reference, 6);
      } else if (isKind(reference, 'tensor')) {
        expect(got, `state ${key} of parameter ${i}`).toBeDefined();
        const different = compareTensors(await readBack(got as LibraryTensor), reference, tolerances[dtype]);
        expect(different, `state ${key} of parameter ${i}`).toBeNull();
      }
    }
  }
}

function runScheduler<T extends LibraryTensor>(library: OptimizerLibrary<T>, recorded: SchedulerCase): void {
  const classes = library.classes as Record<string, Constructor<never>>;
  const groups = recorded.initial_lr.map((lr) => {
    const parameter = library.parameter(goldenTensor('float32', [1], new Float32Array(1)));
    return { params: [parameter], lr };
  });
  const [optimizerName = ''] = recorded.optimizer.split('(');
  const options = optimizerName === 'SGD' ? { lr: 0.5, momentum: 0.9 } : { lr: 0.5 };
  const optimizer = new (classes[optimizerName] as Constructor<LibraryOptimizer>)(groups, options);
  const kwargs = Object.fromEntries(
    Object.entries(recorded.kwargs).map(([key, value]) => [key, decodeValue(value, new Map())]),
  );
  const { positional, options: rest } = bind(schedulerSignatures[recorded.scheduler], [], kwargs);
  const Class = classes[recorded.scheduler] as unknown as Constructor<LibraryScheduler>;
  const scheduler = new Class(optimizer, ...positional, rest);
  const rates = [optimizer.paramGroups.map((group) => group.lr)];
  while (rates.length < recorded.lr.length) {
    optimizer.step();
    scheduler.step();
    rates.push(optimizer.paramGroups.map((group) => group.lr));
    expect(scheduler.getLastLr()).toEqual(rates.at(-1));
  }
  for (const [i, expected] of recorded.lr.entries()) {
    for (const [group, lr] of expected.entries()) {
      const got = rates[i]?.[group] as number;
      expect(Math.abs(got - lr), `group ${group} after ${i} steps: ${got}, expected ${lr}`).toBeLessThanOrEqual(1e-12);
    }
  }
  const state = scheduler.stateDict();
  if (recorded.last_epoch !== undefined) expect(state.last_epoch).toBe(recorded.last_epoch);
  // `verbose` is gone in PyTorch 2.
  const keys = recorded.state_dict_keys.filter((key) => key !== 'verbose');
  expect(Object.keys(state).sort()).toEqual([...keys].sort());
}
