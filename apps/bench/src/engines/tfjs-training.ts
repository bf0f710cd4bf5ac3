import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { recipes, weightScale } from './training.ts';

type Tfjs = typeof import('@tensorflow/tfjs-core');

/** The training step of a two-layer network in TensorFlow.js; the loss is read every time. */
export function tfjsStep(tf: Tfjs, name: 'mlpStep' | 'tinyStep', inputs: readonly Tensor[]): () => Tensor {
  const recipe = recipes[name];
  const [examples, targets] = inputs.slice(4) as [Tensor2D, Tensor2D];
  const parameters = inputs.slice(0, 4).map((input) => tf.tidy(() => tf.variable(tf.mul(input, weightScale))));
  const [w0, b0, w1, b1] = parameters as unknown as [Tensor2D, Tensor1D, Tensor2D, Tensor1D];
  const classes = recipe.loss === 'crossEntropy';
  const expected = classes
    ? tf.tidy(() => tf.oneHot(tf.argMax(targets, 1) as Tensor1D, targets.shape[1]) as Tensor2D)
    : targets;
  const activation = recipe.activation === 'relu' ? tf.relu : tf.tanh;
  const criterion = classes ? tf.losses.softmaxCrossEntropy : tf.losses.meanSquaredError;
  const optimizer = recipe.optimizer === 'sgd' ? tf.train.sgd(recipe.lr) : tf.train.adam(recipe.lr, 0.9, 0.999, 1e-8);
  return () => {
    const loss = optimizer.minimize(
      () => {
        const hidden = activation(tf.add(tf.matMul(examples, w0, false, true), b0));
        const output = tf.add(tf.matMul(hidden as Tensor2D, w1, false, true), b1);
        return criterion(expected, output) as Scalar;
      },
      true,
      parameters,
    ) as Tensor;
    loss.dataSync();
    return loss;
  };
}
