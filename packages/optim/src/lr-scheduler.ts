import { ArgumentError, StateDictError } from '@flambeau/backend';
import { argumentError } from './check.ts';
import { Optimizer } from './optimizer.ts';
import type { ParamGroup } from './param-groups.ts';
import { snakeCase, typeName } from './python-text.ts';

/** Options that every scheduler has. */
export interface SchedulerOptions {
  /** The epoch to go on after; default -1, the start. */
  lastEpoch?: number;
}

/** A saved scheduler, in PyTorch's spelling. */
export type SchedulerStateDict = Record<string, unknown>;

/**
 * The base of learning-rate schedulers. A subclass supplies `getLr`, and calls `start` at the end of its constructor.
 *
 * @source PyTorch `torch.optim.lr_scheduler.LRScheduler`.
 */
export abstract class LRScheduler {
  readonly optimizer: Optimizer;
  /** The learning rate from which each group started. */
  baseLrs: number[];
  /** Epochs done; -1 before the first. */
  lastEpoch: number;
  #stepCount = 0;
  #lastLr: number[] = [];
  readonly #stepsBefore: number;
  readonly #optimizerStep: Optimizer['step'];

  /**
   * @throws {ArgumentError} It is no optimizer, or resumes (`lastEpoch` is not -1) one whose groups lack `initialLr`.
   */
  constructor(optimizer: Optimizer, { lastEpoch = -1 }: SchedulerOptions = {}) {
    const op = new.target.name;
    if (!(optimizer instanceof Optimizer)) throw argumentError(op, `${typeName(optimizer)} is not an Optimizer`);
    if (!Number.isInteger(lastEpoch)) throw new ArgumentError(op, `lastEpoch must be an integer; got ${lastEpoch}.`);
    optimizer.paramGroups.forEach((group, index) => {
      if (lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined) {
        throw argumentError(
          op,
          `param 'initial_lr' is not specified in param_groups[${index}] when resuming an optimizer`,
        );
      }
    });
    this.optimizer = optimizer;
    this.baseLrs = optimizer.paramGroups.map((group) => group.initialLr as number);
    this.lastEpoch = lastEpoch;
    this.#stepsBefore = optimizer.stepsTaken;
    this.#optimizerStep = optimizer.step;
  }

  /** Sets the first epoch's learning rates. */
  protected start(): void {
    this.#stepCount = 0;
    this.step();
  }

  /** Whether the first `step`, which the constructor takes, is being taken. */
  protected get starting(): boolean {
    return this.#stepCount === 1;
  }

  /** The learning rate of each group for `lastEpoch`, mostly from the group's current one, so that changes from outside last. */
  protected abstract getLr(): number[];

  /** The same from the start alone; absent where there is no such formula. */
  protected getClosedFormLr?(): number[];

  /** One value per group, given the group and the rate from which it started. */
  protected perGroup(rate: (group: ParamGroup, base: number) => number): number[] {
    return this.optimizer.paramGroups.map((group, index) => rate(group, this.baseLrs[index] ?? group.lr));
  }

  /**
   * Moves on to the next epoch. Call it after the optimizer's steps of an epoch.
   *
   * @param epoch - Deprecated: jump to this epoch.
   */
  step(epoch?: number): void {
    if (this.#stepCount === 1) this.#warnAboutOrder();
    this.#stepCount += 1;
    const rates = epoch === undefined ? this.#next() : this.#jump(epoch);
    this.optimizer.paramGroups.forEach((group, index) => {
      group.lr = rates[index] ?? group.lr;
    });
    this.#lastLr = this.optimizer.paramGroups.map((group) => group.lr);
  }

  #next(): number[] {
    this.lastEpoch += 1;
    return this.getLr();
  }

  #jump(epoch: number): number[] {
    console.warn(
      'The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use ' +
        '`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed ' +
        'form is used instead of the new chainable form, where available.',
    );
    this.lastEpoch = epoch;
    return this.getClosedFormLr?.() ?? this.getLr();
  }

  #warnAboutOrder(): void {
    if (this.optimizer.step !== this.#optimizerStep) {
      console.warn(
        'Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, make ' +
          'sure to call `optimizer.step()` before `lr_scheduler.step()`.',
      );
    } else if (this.optimizer.stepsTaken === this.#stepsBefore) {
      console.warn(
        'Detected call of `lr_scheduler.step()` before `optimizer.step()`. You should call them in the opposite order: ' +
          '`optimizer.step()` before `lr_scheduler.step()`. Failure to do this will result in skipping the first value ' +
          'of the learning rate schedule.',
      );
    }
  }

  /** The learning rates that the last `step` set, one per group. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** Options of a subclass that belong into the state dict, by field name. */
  protected abstract options(): Record<string, unknown>;

  /** Everything but the optimizer, in PyTorch's spelling. */
  stateDict(): SchedulerStateDict {
    const options = Object.entries(this.options()).map(([key, value]) => [savedName(key), value]);
    return {
      ...Object.fromEntries(options),
      base_lrs: [...this.baseLrs],
      last_epoch: this.lastEpoch,
      _step_count: this.#stepCount,
      _get_lr_called_within_step: false,
      _last_lr: [...this.#lastLr],
    };
  }

  /**
   * Goes on where a saved scheduler stood. The learning rates themselves are the optimizer's and come with its state dict.
   *
   * @throws {StateDictError} It is no object, or an entry is of the wrong type; nothing is changed then.
   */
  loadStateDict(stateDict: SchedulerStateDict): void {
    const op = this.constructor.name;
    if (typeof stateDict !== 'object' || stateDict === null) {
      throw new StateDictError(op, `a state dict is an object; got ${typeName(stateDict)}.`);
    }
    const known: Record<string, unknown> = this.stateDict();
    for (const [key, value] of Object.entries(stateDict)) {
      if (!(key in known) || sameKind(known[key], value)) continue;
      throw new StateDictError(
        op,
        `entry '${key}' must be like ${JSON.stringify(known[key])}; got ${JSON.stringify(value)}.`,
      );
    }
    const { base_lrs, last_epoch, _step_count, _last_lr } = { ...known, ...stateDict };
    this.baseLrs = [...(base_lrs as number[])];
    this.lastEpoch = last_epoch as number;
    this.#stepCount = _step_count as number;
    this.#lastLr = [...(_last_lr as number[])];
    const own = this.options();
    for (const name of Object.keys(own)) {
      const value = stateDict[savedName(name)];
      if (value !== undefined) (this as Record<string, unknown>)[name] = value;
    }
  }
}

const exceptions: Readonly<Record<string, string>> = { tMax: 'T_max' };

function savedName(name: string): string {
  return exceptions[name] ?? snakeCase(name);
}

function sameKind(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && b.every((item) => typeof item === 'number');
  return typeof a === typeof b;
}
