import { defaultDevice, deviceOf, fromArray, type Tensor } from '@flambeau/autograd';
import type { DType } from '@flambeau/backend';
import { describeOptimizers, type GoldenTensor } from '@flambeau/goldens';
import * as optim from './index.ts';

const load = ({ dtype, shape, data }: GoldenTensor, requiresGrad: boolean): Tensor =>
  fromArray(data.slice() as Float32Array, shape, { dtype: dtype as DType, requiresGrad });

describeOptimizers<Tensor>({
  title: 'goldens of optimizers and schedulers',
  library: {
    classes: optim,
    dtypes: deviceOf(defaultDevice()).backend.capabilities.dtypes,
    parameter: (data) => load(data, true),
    setGradient: (parameter, gradient) => {
      parameter.grad = gradient && load(gradient, false);
    },
  },
  promised: ['SGD', 'Adam', 'AdamW', 'StepLR', 'CosineAnnealingLR'],
});
