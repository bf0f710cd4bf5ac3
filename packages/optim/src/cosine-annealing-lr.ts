import { ArgumentError } from '@flambeau/backend';
import { LRScheduler, type SchedulerOptions } from './lr-scheduler.ts';
import type { Optimizer } from './optimizer.ts';

/** Options of {@link CosineAnnealingLR}. */
export interface CosineAnnealingLROptions extends SchedulerOptions {
  /** Smallest learning rate; default 0. */
  etaMin?: number;
}

/**
 * Lowers the learning rate along half a cosine to `etaMin` at epoch `tMax`, and raises it again after.
 *
 * @throws {ArgumentError} `tMax` is no positive number.
 * @source PyTorch `torch.optim.lr_scheduler.CosineAnnealingLR`; Loshchilov and Hutter 2016, arXiv:1608.03983.
 */
export class CosineAnnealingLR extends LRScheduler {
  /** Epochs down to the smallest rate. */
  tMax: number;
  etaMin: number;

  constructor(optimizer: Optimizer, tMax: number, { etaMin = 0, ...rest }: CosineAnnealingLROptions = {}) {
    super(optimizer, rest);
    if (!(tMax > 0)) throw new ArgumentError(new.target.name, `tMax must be a positive number of epochs; got ${tMax}.`);
    this.tMax = tMax;
    this.etaMin = etaMin;
    this.start();
  }

  protected override getLr(): number[] {
    const { lastEpoch: epoch, tMax, etaMin } = this;
    if (epoch === 0) return this.perGroup((group) => group.lr);
    if (this.starting) return this.getClosedFormLr();
    const period = 2 * tMax;
    // At the bottom the recursion below would multiply 0, so the way up starts from the closed form's difference.
    if ((((epoch - 1 - tMax) % period) + period) % period === 0) {
      const rise = (1 - Math.cos(Math.PI / tMax)) / 2;
      return this.perGroup((group, base) => group.lr + (base - etaMin) * rise);
    }
    const ratio = (1 + Math.cos((Math.PI * epoch) / tMax)) / (1 + Math.cos((Math.PI * (epoch - 1)) / tMax));
    return this.perGroup((group) => ratio * (group.lr - etaMin) + etaMin);
  }

  protected override getClosedFormLr(): number[] {
    const share = (1 + Math.cos((Math.PI * this.lastEpoch) / this.tMax)) / 2;
    return this.perGroup((_, base) => this.etaMin + (base - this.etaMin) * share);
  }

  protected override options(): Record<string, unknown> {
    return { tMax: this.tMax, etaMin: this.etaMin };
  }
}
