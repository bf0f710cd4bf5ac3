import { Adam, type AdamOptions } from './adam.ts';
import type { Params } from './param-groups.ts';
import type { OptimizerStateDict } from './state-dict.ts';

/**
 * Adam whose weight decay does not pass through the averages.
 *
 * @throws {ArgumentError} As {@link Adam}.
 * @source PyTorch `torch.optim.AdamW`; Loshchilov and Hutter 2017, arXiv:1711.05101.
 */
export class AdamW extends Adam {
  constructor(params: Params<AdamOptions>, options: Partial<Omit<AdamOptions, 'decoupledWeightDecay'>> = {}) {
    super(params, { weightDecay: 1e-2, ...definedOnly(options), decoupledWeightDecay: true });
    this.letsGradientsGo = new.target === AdamW;
  }

  /** As the base's; the decay stays decoupled, even where the saved optimizer was an Adam. */
  override loadStateDict(stateDict: OptimizerStateDict): void {
    super.loadStateDict(stateDict);
    for (const group of this.paramGroups) group.decoupledWeightDecay = true;
  }
}

function definedOnly(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
