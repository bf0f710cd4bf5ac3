import { enableGrad, isInScope, keep, noGrad, registerCompanions, type Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { type HookHandle, HookList, type HookOptions } from './hooks.ts';
import {
  completeGroup,
  type GroupOptions,
  groupsOf,
  type ParamGroup,
  type ParamGroupInit,
  type Params,
} from './param-groups.ts';
import { pythonText, snakeCase } from './python-text.ts';
import {
  awaitState,
  type OptimizerStateDict,
  type ParamState,
  packState,
  tensorsIn,
  unpackState,
} from './state-dict.ts';

/** Recomputes the loss and its gradients; may be asynchronous. */
export type Closure<Result = unknown> = () => Result;

/** The arguments of one `step`: nothing, or its closure. */
export type StepArguments = readonly [closure?: Closure];

/** Runs before a step; what it returns replaces the arguments. */
export type StepPreHook =
  | ((optimizer: Optimizer, args: StepArguments) => StepArguments | undefined)
  | ((optimizer: Optimizer, args: StepArguments) => void);

/** Runs after a step, with the arguments that it had. */
export type StepPostHook = (optimizer: Optimizer, args: StepArguments) => void;

/** Runs before `stateDict` collects, or after `loadStateDict` has finished. */
export type OptimizerHook = (optimizer: Optimizer) => void;

/** Runs on a state dict, after it is made or before it is loaded; what it returns replaces it. */
export type StateDictHook =
  | ((optimizer: Optimizer, stateDict: OptimizerStateDict) => OptimizerStateDict | undefined)
  | ((optimizer: Optimizer, stateDict: OptimizerStateDict) => void);

const globalPreHooks = new HookList<StepPreHook>();
const globalPostHooks = new HookList<StepPostHook>();

/** Adds a hook that runs before every step of every optimizer. */
export function registerOptimizerStepPreHook(hook: StepPreHook): HookHandle {
  return globalPreHooks.add(hook);
}

/** Adds a hook that runs after every step of every optimizer. */
export function registerOptimizerStepPostHook(hook: StepPostHook): HookHandle {
  return globalPostHooks.add(hook);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<unknown>).then === 'function';
}

/**
 * The base of every optimizer: parameter groups, state, hooks, saving and loading. A subclass supplies `update`.
 *
 * @typeParam Options - Options of a group, all with a default.
 * @typeParam State - What is kept per parameter.
 * @source PyTorch `torch.optim.Optimizer`.
 */
export abstract class Optimizer<Options extends GroupOptions = GroupOptions, State extends ParamState = ParamState> {
  /** Options of a group that does not give its own. */
  readonly defaults: Options;
  /** The groups in the order in which they were added; their options may be changed at any time. */
  readonly paramGroups: ParamGroup<Options>[] = [];
  /** What is kept per parameter; a parameter that has never been updated has no entry. */
  readonly state: Map<Tensor, State> = new Map();
  #stepsTaken = 0;
  readonly #preHooks = new HookList<StepPreHook>();
  readonly #postHooks = new HookList<StepPostHook>();
  readonly #stateDictPreHooks = new HookList<OptimizerHook>();
  readonly #stateDictPostHooks = new HookList<StateDictHook>();
  readonly #loadPreHooks = new HookList<StateDictHook>();
  readonly #loadPostHooks = new HookList<OptimizerHook>();

  /**
   * @param params - Parameters, `[name, parameter]` pairs, or groups that override options.
   * @param defaults - Options of a group that does not give its own.
   * @throws {ArgumentError} There is no parameter, one is no leaf tensor, or two groups share one.
   */
  constructor(params: Params<Options>, defaults: Options) {
    this.defaults = defaults;
    // Node's console prints an object through this method.
    const print = { value: () => this.toString() };
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), print);
    for (const group of groupsOf(this.#name, params)) this.addParamGroup(group);
  }

  get #name(): string {
    return this.constructor.name;
  }

  /** How many times `step` has finished. */
  get stepsTaken(): number {
    return this.#stepsTaken;
  }

  /**
   * Adds a group, for instance of layers that were frozen so far.
   *
   * @throws {ArgumentError} As the constructor.
   */
  addParamGroup(group: ParamGroupInit<Options>): void {
    const added = completeGroup(this.#name, group, this.defaults, this.paramGroups);
    this.paramGroups.push(added);
    for (const param of added.params) registerCompanions(param, this);
  }

  /** The tensors kept for a parameter, which move with it to another device. */
  companionsOf(param: Tensor): Tensor[] {
    return tensorsIn(this.state.get(param));
  }

  /**
   * Updates every parameter that has a gradient.
   *
   * @throws {ArgumentError} A pre-hook returned something that is no list of arguments.
   */
  step(): undefined;
  /**
   * Updates every parameter that has a gradient.
   *
   * @param closure - Runs first, with gradients enabled; a promise that it returns is waited for.
   * @returns What the closure returns.
   * @throws {ArgumentError} A pre-hook returned something that is no list of arguments.
   */
  step<Result>(closure: Closure<Result>): Result;
  step(closure?: Closure): unknown {
    let args: StepArguments = closure === undefined ? [] : [closure];
    for (const hooks of [globalPreHooks, this.#preHooks]) {
      if (!hooks.empty) args = this.#replaceArguments(hooks, args);
    }
    const result = this.performStep(args[0]);
    if (!isPromise(result)) {
      this.#finishStep(args);
      return result;
    }
    return result.then((loss) => {
      this.#finishStep(args);
      return loss;
    });
  }

  #replaceArguments(hooks: HookList<StepPreHook>, args: StepArguments): StepArguments {
    let current = args;
    for (const hook of hooks) {
      const replaced = hook(this as unknown as Optimizer, current) ?? undefined;
      if (replaced !== undefined && !Array.isArray(replaced)) {
        throw new ArgumentError(
          this.#name,
          `a step pre-hook must return nothing or the list of new arguments, but got ${String(replaced)}.`,
        );
      }
      current = replaced ?? current;
    }
    return current;
  }

  #finishStep(args: StepArguments): void {
    this.#stepsTaken += 1;
    for (const hooks of [this.#postHooks, globalPostHooks]) {
      if (hooks.empty) continue;
      for (const hook of hooks) hook(this as unknown as Optimizer, args);
    }
  }

  /** One step without its hooks: the closure, then all updates. An optimizer that calls its closure several times overrides it. */
  protected performStep(closure?: Closure): unknown {
    if (closure === undefined) {
      this.#updateAll();
      return undefined;
    }
    if (typeof closure !== 'function') {
      throw new ArgumentError(this.#name, `step takes a function that recomputes the loss; got ${typeof closure}.`);
    }
    const loss = enableGrad(closure);
    if (!isPromise(loss)) {
      this.#updateAll();
      return loss;
    }
    return loss.then((value) => {
      this.#updateAll();
      return value;
    });
  }

  #updateAll(): void {
    let updated = 0;
    noGrad(() => {
      for (const group of this.paramGroups) {
        for (const param of group.params) {
          const grad = this.letsGradientsGo ? param.peekGrad() : param.grad;
          if (grad === null) continue;
          this.update(param, grad, group);
          this.#keepState(param);
          updated += 1;
        }
      }
    });
    if (updated === 0) this.#refuseUninitialized();
  }

  /** Lets what is kept for a parameter outlive the scopes that are open: it is needed as long as the optimizer is. */
  #keepState(param: Tensor): void {
    if (isInScope()) for (const tensor of this.companionsOf(param)) keep(tensor);
  }

  /** A step that finds no gradient at all may have come before the first call of a lazy module: its parameters say so when touched. */
  #refuseUninitialized(): void {
    for (const group of this.paramGroups) {
      for (const param of group.params) param.numel();
    }
  }

  /** Whether `update` holds no gradient after it has returned: its memory is then given back by `zeroGrad` at once. */
  protected letsGradientsGo = false;

  /** Moves one parameter, and its state, by one step; runs without gradients. It must leave `grad` as it is. */
  protected abstract update(param: Tensor, grad: Tensor, group: ParamGroup<Options>): void;

  /**
   * Forgets the gradients of all parameters.
   *
   * @param options - `setToNone`: drop them (default), or else fill them with 0.
   */
  zeroGrad({ setToNone = true }: { setToNone?: boolean } = {}): void {
    for (const group of this.paramGroups) {
      for (const param of group.params) {
        if (setToNone) {
          param.releaseGrad();
          continue;
        }
        const { grad } = param;
        if (grad === null) continue;
        if (grad.gradFn === null) grad.requiresGrad_(false);
        else grad.detach_();
        grad.zero_();
      }
    }
  }

  /**
   * Everything needed to go on later, in PyTorch's layout and spelling. It refers to the state's tensors, not to copies.
   *
   * @source PyTorch `Optimizer.state_dict`.
   */
  stateDict(): OptimizerStateDict {
    for (const hook of this.#stateDictPreHooks) hook(this as unknown as Optimizer);
    let packed = packState(this.paramGroups, this.state);
    for (const hook of this.#stateDictPostHooks) packed = hook(this as unknown as Optimizer, packed) ?? packed;
    return packed;
  }

  /**
   * Takes over a saved state: options of the groups, and copies of the state's tensors with each parameter's dtype and device.
   * Parameters are matched by their order.
   *
   * @throws {StateDictError} The groups differ in number or size, or it is no state dict; nothing is changed then.
   * @throws {DeviceError} A tensor is on another device that cannot be read at once: use {@link loadStateDictAsync}.
   */
  loadStateDict(stateDict: OptimizerStateDict): void {
    let given = stateDict;
    for (const hook of this.#loadPreHooks) given = hook(this as unknown as Optimizer, given) ?? given;
    const { groups, state } = unpackState<Options, State>(this.#name, given, this.paramGroups, this.defaults);
    this.paramGroups.splice(0, this.paramGroups.length, ...groups);
    this.state.clear();
    for (const [param, entry] of state) {
      this.state.set(param, entry);
      this.#keepState(param);
    }
    for (const hook of this.#loadPostHooks) hook(this as unknown as Optimizer);
  }

  /**
   * {@link loadStateDict} for tensors on any device: those on another one that cannot be read at once are waited for.
   *
   * @throws As {@link loadStateDict}.
   */
  async loadStateDictAsync(stateDict: OptimizerStateDict): Promise<void> {
    this.loadStateDict(await awaitState(stateDict, this.paramGroups));
  }

  /** Adds a hook that runs before every `step` and may replace its arguments. */
  registerStepPreHook(hook: StepPreHook): HookHandle {
    return this.#preHooks.add(hook);
  }

  /** Adds a hook that runs after every `step`. */
  registerStepPostHook(hook: StepPostHook): HookHandle {
    return this.#postHooks.add(hook);
  }

  /** Adds a hook that runs before `stateDict` collects. */
  registerStateDictPreHook(hook: OptimizerHook, options?: HookOptions): HookHandle {
    return this.#stateDictPreHooks.add(hook, options);
  }

  /** Adds a hook that may replace what `stateDict` returns. */
  registerStateDictPostHook(hook: StateDictHook, options?: HookOptions): HookHandle {
    return this.#stateDictPostHooks.add(hook, options);
  }

  /** Adds a hook that may replace what `loadStateDict` is given; the original is a caller's own and is not to be changed. */
  registerLoadStateDictPreHook(hook: StateDictHook, options?: HookOptions): HookHandle {
    return this.#loadPreHooks.add(hook, options);
  }

  /** Adds a hook that runs after `loadStateDict`. */
  registerLoadStateDictPostHook(hook: OptimizerHook, options?: HookOptions): HookHandle {
    return this.#loadPostHooks.add(hook, options);
  }

  /** The groups and their options, as PyTorch prints them. */
  toString(): string {
    const groups = this.paramGroups.map((group, index) => {
      const options = Object.entries(group)
        .filter(([key]) => key !== 'params')
        .map(([key, value]) => `    ${snakeCase(key)}: ${pythonText(value)}`)
        .sort((a, b) => (a < b ? -1 : 1));
      return [`Parameter Group ${index}`, ...options].join('\n');
    });
    return `${this.#name} (\n${groups.join('\n\n')}\n)`;
  }
}
