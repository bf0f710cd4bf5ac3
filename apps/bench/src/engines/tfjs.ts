import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine, OperationName, Transposes } from './engine.ts';

type Tfjs = typeof import('@tensorflow/tfjs-core');

function operations(
  tf: Tfjs,
  [x, y, z]: readonly Tensor[],
  transposes: Transposes,
): Partial<Record<OperationName, () => Tensor>> {
  const [a, b, c] = [x, y, z] as [Tensor, Tensor, Tensor];
  return {
    matmul: () => tf.matMul(a as Tensor2D, b as Tensor2D, transposes[0] === 't', transposes[1] === 't'),
    add: () => tf.add(a, b),
    mulAdd: () => tf.add(tf.mul(a, b), c),
    chain: () => {
      const t = tf.sub(tf.mul(tf.maximum(tf.add(tf.mul(a, b), 1.5), 0), 0.25), b);
      return tf.add(tf.mul(tf.minimum(t, 2), 1.1), b);
    },
    exp: () => tf.exp(a),
    tanh: () => tf.tanh(a),
    gelu: () => tf.mul(tf.mul(a, 0.5), tf.add(tf.erf(tf.mul(a, Math.SQRT1_2)), 1)),
    sigmoid: () => tf.sigmoid(a),
    div: () => tf.div(a, b),
    minimum: () => tf.minimum(a, b),
    sum: () => tf.sum(a),
    sumRows: () => tf.sum(a, 1),
    sumColumns: () => tf.sum(a, 0),
    max: () => tf.max(a, 1),
    argmax: () => tf.argMax(a, 1),
    softmax: () => tf.softmax(a),
    logSoftmax: () => tf.logSoftmax(a),
    layerNorm: () => {
      const { mean, variance } = tf.moments(a, 1, true);
      return tf.mul(tf.sub(a, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    },
  };
}

/** TensorFlow.js on its plain JavaScript backend. */
export async function tfjsEngine(): Promise<Engine<Tensor>> {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-cpu');
  tf.enableProdMode();
  await tf.setBackend('cpu');
  return {
    name: 'tfjs cpu',
    array: (data, shape) => tf.tensor(data, [...shape]),
    operation(name, inputs, options) {
      const body = operations(tf, inputs, options.transposes ?? 'nn')[name];
      return body ? () => tf.tidy(body) : null;
    },
    wait: async () => {},
    read: async (value) => Float32Array.from(await value.data()),
    release: (value) => value.dispose(),
    close: () => tf.disposeVariables(),
  };
}
