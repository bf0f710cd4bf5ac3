import { ArgumentError } from '@flambeau/backend';
import { LRScheduler, type SchedulerOptions } from './lr-scheduler.ts';
import type { Optimizer } from './optimizer.ts';

/** Options of {@link StepLR}. */
export interface StepLROptions extends SchedulerOptions {
  /** Factor of each drop; default 0.1. */
  gamma?: number;
}

/**
 * Multiplies the learning rate by `gamma` every `stepSize` epochs.
 *
 * @throws {ArgumentError} `stepSize` is no positive integer.
 * @source PyTorch `torch.optim.lr_scheduler.StepLR`.
 */
export class StepLR extends LRScheduler {
  /** Epochs between two drops. */
  stepSize: number;
  gamma: number;

  constructor(optimizer: Optimizer, stepSize: number, { gamma = 0.1, ...rest }: StepLROptions = {}) {
    super(optimizer, rest);
    if (!Number.isInteger(stepSize) || stepSize < 1) {
      throw new ArgumentError(new.target.name, `stepSize must be a positive integer; got ${stepSize}.`);
    }
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.start();
  }

  protected override getLr(): number[] {
    const drop = this.lastEpoch !== 0 && this.lastEpoch % this.stepSize === 0;
    return this.perGroup((group) => (drop ? group.lr * this.gamma : group.lr));
  }

  protected override getClosedFormLr(): number[] {
    return this.perGroup((_, base) => base * this.gamma ** Math.floor(this.lastEpoch / this.stepSize));
  }

  protected override options(): Record<string, unknown> {
    return { stepSize: this.stepSize, gamma: this.gamma };
  }
}
