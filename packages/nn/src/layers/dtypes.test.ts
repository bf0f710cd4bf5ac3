import { type DType, ones } from '@flambeau/autograd';
import { FlambeauError } from '@flambeau/backend';
import { expect, test } from 'vitest';
import * as nn from '../index.ts';

const dtypes: readonly DType[] = ['float64', 'float16', 'bfloat16', 'int32', 'int64', 'uint8', 'bool'];

const layers: Readonly<Record<string, (dtype?: DType) => nn.Module>> = {
  Linear: (dtype) => new nn.Linear(4, 2, { dtype }),
  Conv1d: (dtype) => new nn.Conv1d(3, 2, 2, { dtype }),
  'Conv1d around the edge': (dtype) => new nn.Conv1d(3, 2, 2, { dtype, padding: 1, paddingMode: 'circular' }),
  BatchNorm1d: (dtype) => new nn.BatchNorm1d(3, { dtype }),
  LayerNorm: (dtype) => new nn.LayerNorm(4, { dtype }),
  GroupNorm: (dtype) => new nn.GroupNorm(3, 3, { dtype }),
  RMSNorm: (dtype) => new nn.RMSNorm(4, { dtype }),
  PReLU: (dtype) => new nn.PReLU(3, { dtype }),
  TransformerEncoderLayer: (dtype) =>
    new nn.Sequential(new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 3, dtype })),
  MaxPool1d: () => new nn.MaxPool1d(2),
  AvgPool1d: () => new nn.AvgPool1d(2),
  AdaptiveAvgPool1d: () => new nn.AdaptiveAvgPool1d(2),
  Dropout: () => new nn.Dropout(),
  ReLU: () => new nn.ReLU(),
  GELU: () => new nn.GELU(),
  LogSoftmax: () => new nn.LogSoftmax(1),
};

for (const [name, make] of Object.entries(layers)) {
  test.each(dtypes)(`${name} takes %s or says why not`, (dtype) => {
    try {
      const output = make()(ones([2, 3, 4], { dtype }));
      expect(Array.from(output.toArraySync(), Number)).not.toContain(Number.NaN);
    } catch (error) {
      expect(error).toBeInstanceOf(FlambeauError);
    }
  });

  test.each(['float64', 'float16', 'bfloat16'] as const)(
    `${name} of %s works in it, and so do its gradients`,
    (dtype) => {
      const input = ones([2, 3, 4], { dtype, requiresGrad: true });
      const layer = make(dtype);
      const output = layer(input);
      expect(output.dtype).toBe(dtype);
      output.sum().backward();
      expect(input.grad?.dtype).toBe(dtype);
      for (const parameter of layer.parameters()) expect(parameter.grad?.dtype ?? dtype).toBe(dtype);
    },
  );
}
