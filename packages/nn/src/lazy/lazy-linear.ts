import type { Tensor } from '@flambeau/autograd';
import { ShapeError } from '@flambeau/backend';
import { Linear, type LinearOptions } from '../layers/linear.ts';
import { isUninitialized, UninitializedParameter } from '../uninitialized.ts';
import { hasUninitializedParameters, makeLazy } from './make-lazy.ts';

/**
 * A {@link Linear} that takes `inFeatures` from its first input, and then is one.
 *
 * @shape input `[..., any]` → output `[..., outFeatures]`
 * @param outFeatures - Size of each output row (elements).
 * @throws {ShapeError} At the first call: loaded weights are for inputs of another size.
 * @source PyTorch `nn.LazyLinear`.
 * @example
 * const layer = new LazyLinear(30);
 * layer(randn([128, 20]));
 * String(layer) // => 'Linear(in_features=20, out_features=30, bias=True)'
 */
export class LazyLinear extends Linear {
  constructor(outFeatures: number, { bias = true, ...place }: LinearOptions = {}) {
    super(0, 0, { ...place, bias: false });
    this.outFeatures = outFeatures;
    this.weight = new UninitializedParameter(place);
    if (bias) this.bias = new UninitializedParameter(place);
    makeLazy(this, Linear);
  }

  /** Draws new values once there are shapes. */
  override resetParameters(): void {
    if (this.inFeatures !== 0 && !hasUninitializedParameters(this)) super.resetParameters();
  }

  /** Takes the shapes from the first input. */
  initializeParameters(input: Tensor): void {
    const { weight, bias, outFeatures } = this;
    const inFeatures = input.shape.at(-1) ?? 0;
    const fresh = hasUninitializedParameters(this);
    if (isUninitialized(weight)) weight.materialize([outFeatures, inFeatures]);
    if (isUninitialized(bias)) bias.materialize([outFeatures]);
    if (this.inFeatures === 0) this.inFeatures = inFeatures;
    if (fresh) this.resetParameters();
    if (this.inFeatures !== weight.shape[1]) {
      throw new ShapeError(
        'LazyLinear',
        `The in_features inferred from input: ${this.inFeatures} is not equal to in_features from self.weight: ${weight.shape[1]}`,
        { input: input.shape, weight: weight.shape },
      );
    }
  }
}
