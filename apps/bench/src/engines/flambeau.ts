import { nn, noGrad, optim, scope, setDefaultDevice, type Tensor, tensor } from 'flambeau';
import type { Engine, OperationName, Transposes } from './engine.ts';
import { recipes, weightScale } from './training.ts';

function operations(
  [x, y, z]: readonly Tensor[],
  transposes: Transposes,
): Partial<Record<OperationName, () => Tensor>> {
  const [a, b, c] = [x, y, z] as [Tensor, Tensor, Tensor];
  return {
    matmul: () => (transposes[0] === 't' ? a.t() : a).matmul(transposes[1] === 't' ? b.t() : b),
    add: () => a.add(b),
    mulAdd: () => scope(() => a.mul(b).add(c)),
    chain: () => scope(() => a.mul(b).add(1.5).clamp(0).mul(0.25).sub(b).clamp(null, 2).mul(1.1).add(b)),
    exp: () => a.exp(),
    tanh: () => a.tanh(),
    gelu: () => nn.functional.gelu(a),
    sigmoid: () => a.sigmoid(),
    div: () => a.div(b),
    minimum: () => a.minimum(b),
    sum: () => a.sum(),
    sumRows: () => a.sum(1),
    sumColumns: () => a.sum(0),
    max: () => a.amax(1),
    argmax: () => a.argmax(1),
    softmax: () => nn.functional.softmax(a, -1),
    logSoftmax: () => nn.functional.logSoftmax(a, -1),
    layerNorm: () => nn.functional.layerNorm(a, [a.shape[1] as number]),
  };
}

/** A training step as an application writes it; the loss is read every time. */
function trainingStep(name: 'mlpStep' | 'tinyStep', inputs: readonly Tensor[]): () => Tensor {
  const recipe = recipes[name];
  const [hiddenWeight, hiddenBias, outputWeight, outputBias, examples, targets] = inputs as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const layer = (weight: Tensor, bias: Tensor): nn.Linear => {
    const [outFeatures, inFeatures] = weight.shape as [number, number];
    const linear = new nn.Linear(inFeatures, outFeatures);
    noGrad(() => {
      linear.weight.copy_(weight.mul(weightScale));
      linear.bias?.copy_(bias.mul(weightScale));
    });
    return linear;
  };
  const model = new nn.Sequential(
    layer(hiddenWeight, hiddenBias),
    recipe.activation === 'relu' ? new nn.ReLU() : new nn.Tanh(),
    layer(outputWeight, outputBias),
  );
  const classes = recipe.loss === 'crossEntropy';
  const expected = classes ? targets.argmax(1) : targets;
  const criterion = classes ? new nn.CrossEntropyLoss() : new nn.MSELoss();
  const Optimizer = recipe.optimizer === 'sgd' ? optim.SGD : optim.Adam;
  const optimizer = new Optimizer(model.parameters(), { lr: recipe.lr });
  return () => {
    optimizer.zeroGrad();
    const loss = criterion(model(examples), expected);
    loss.backward();
    optimizer.step();
    loss.itemSync();
    return loss.detach();
  };
}

/** Flambeau as an application uses it: tensors, modules and optimizers, one operation at a time. */
export function flambeauEngine(device: string): Engine<Tensor> {
  setDefaultDevice(device);
  return {
    name: 'flambeau',
    array: (data, shape) => tensor(data).reshape(shape),
    operation(name, inputs, options) {
      if (name === 'mlpStep' || name === 'tinyStep') return trainingStep(name, inputs);
      return operations(inputs, options.transposes ?? 'nn')[name] ?? null;
    },
    wait: async () => {},
    read: async (value) => Float32Array.from((await value.toArray()) as ArrayLike<number>),
    release: (value) => value.dispose(),
    close: () => {},
  };
}
