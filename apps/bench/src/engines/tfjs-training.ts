import type { Scalar, Tensor, Tensor1D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { adam, blockParameters, heads, type Recipe } from './recipes.ts';

type Tfjs = typeof import('@tensorflow/tfjs-core');

function dense(tf: Tfjs, x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return tf.add(tf.matMul(x, weight), bias);
}

function normalized(tf: Tfjs, x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
}

function mlp(tf: Tfjs, parameters: readonly Tensor[], input: Tensor, activation: Recipe['activation']): Tensor {
  let x = input;
  for (let i = 0; i < parameters.length; i += 2) {
    if (i > 0) x = activation === 'relu' ? tf.relu(x) : tf.tanh(x);
    x = dense(tf, x, parameters[i] as Tensor, parameters[i + 1] as Tensor);
  }
  return x;
}

/** Images are `[N, H, W, C]`, the kernels' and the last weight's axes as this needs them. */
function cnn(tf: Tfjs, parameters: readonly Tensor[], input: Tensor): Tensor {
  const [kernel1, bias1, kernel2, bias2, weight, bias] = parameters as Tensor[];
  const stage = (x: Tensor, kernel: Tensor, shift: Tensor): Tensor =>
    tf.maxPool(tf.relu(tf.add(tf.conv2d(x as Tensor4D, kernel as Tensor4D, 1, 1), shift)) as Tensor4D, 2, 2, 'valid');
  const x = stage(stage(input, kernel1!, bias1!), kernel2!, bias2!);
  return dense(tf, tf.reshape(x, [input.shape[0] as number, -1]), weight!, bias!);
}

function attention(tf: Tfjs, x: Tensor, parameters: readonly Tensor[], mask: Tensor): Tensor {
  const [batch, tokens, width] = x.shape as [number, number, number];
  const projected = dense(tf, tf.reshape(x, [-1, width]), parameters[0] as Tensor, parameters[1] as Tensor);
  const [query, key, value] = tf
    .split(tf.reshape(projected, [batch, tokens, 3 * width]), 3, 2)
    .map((part) => tf.transpose(tf.reshape(part, [batch, tokens, heads, width / heads]), [0, 2, 1, 3])) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(width / heads));
  const seen = tf.matMul(tf.softmax(tf.add(scores, mask)), value);
  const joined = tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [-1, width]);
  return tf.reshape(dense(tf, joined, parameters[2] as Tensor, parameters[3] as Tensor), [batch, tokens, width]);
}

function block(tf: Tfjs, input: Tensor, parameters: readonly Tensor[], mask: Tensor): Tensor {
  const at = (i: number): Tensor => parameters[i] as Tensor;
  const x = tf.add(input, attention(tf, normalized(tf, input, at(8), at(9)), parameters, mask));
  const flat = tf.reshape(normalized(tf, x, at(10), at(11)), [-1, x.shape[2] as number]);
  const inner = dense(tf, flat, at(4), at(5));
  const gelu = tf.mul(tf.mul(inner, 0.5), tf.add(tf.erf(tf.mul(inner, Math.SQRT1_2)), 1));
  return tf.add(x, tf.reshape(dense(tf, gelu, at(6), at(7)), x.shape));
}

function gpt(tf: Tfjs, parameters: readonly Tensor[], ids: Tensor, mask: Tensor): Tensor {
  const [embedding, ...rest] = parameters as [Tensor, ...Tensor[]];
  let x: Tensor = tf.gather(embedding, ids as Tensor1D);
  while (rest.length > 2) x = block(tf, x, rest.splice(0, blockParameters), mask);
  return dense(tf, tf.reshape(x, [-1, embedding.shape[1] as number]), rest[0] as Tensor, rest[1] as Tensor);
}

function causalMask(tf: Tfjs, tokens: number): Tensor {
  const rows = Array.from({ length: tokens }, (_, i) => Array.from({ length: tokens }, (_, j) => (j > i ? -1e9 : 0)));
  return tf.tensor2d(rows);
}

/**
 * The parameters with their axes as tfjs wants them, on which it is faster: kernels `[H, W, in, out]`, weights `[in, out]`.
 *
 * @param size - Rows of what reaches the linear layer of the CNN, as many as columns.
 */
function ownLayout(tf: Tfjs, { network }: Recipe, weights: readonly Tensor[], size: number): Tensor[] {
  return weights.map((weight, i) => {
    if (weight.rank === 4) return tf.transpose(weight, [2, 3, 1, 0]);
    if (weight.rank !== 2 || (network === 'gpt' && i === 0)) return weight;
    const [out] = weight.shape as [number];
    if (network !== 'cnn') return tf.transpose(weight, [1, 0]);
    return tf.reshape(tf.transpose(tf.reshape(weight, [out, -1, size, size]), [2, 3, 1, 0]), [-1, out]);
  });
}

/** What AdamW does beside Adam, which tfjs does not have. */
function decay(tf: Tfjs, parameters: readonly Variable[], rate: number): void {
  tf.tidy(() => {
    for (const parameter of parameters) parameter.assign(tf.mul(parameter, 1 - rate));
  });
}

/** A training step; the loss is still to be read. */
export function trainingStep(tf: Tfjs, recipe: Recipe, inputs: readonly Tensor[]): () => Tensor {
  const [given, targets] = inputs.slice(-2) as [Tensor, Tensor];
  const images = recipe.network === 'cnn';
  const examples = images ? tf.transpose(given, [0, 2, 3, 1]) : given;
  const start = ownLayout(tf, recipe, inputs.slice(0, -2), (given.shape[2] as number) / 4);
  const parameters: Variable[] = start.map((weight) => tf.variable(weight));
  const mask = recipe.network === 'gpt' ? causalMask(tf, given.shape[1] as number) : tf.scalar(0);
  const classes = parameters.at(-1)?.shape[0] as number;
  const expected = recipe.loss === 'crossEntropy' ? tf.oneHot(tf.reshape(targets, [-1]), classes) : targets;
  const forward = (): Tensor => {
    if (recipe.network === 'mlp') return mlp(tf, parameters, examples, recipe.activation);
    return images ? cnn(tf, parameters, examples) : gpt(tf, parameters, examples, mask);
  };
  const loss = (): Scalar => {
    const output = forward();
    if (recipe.loss === 'meanSquaredError') return tf.mean(tf.square(tf.sub(output, expected)));
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(output), expected), 1)));
  };
  const { beta1, beta2, eps, weightDecay } = adam;
  const optimizer = recipe.optimizer === 'sgd' ? tf.train.sgd(recipe.lr) : tf.train.adam(recipe.lr, beta1, beta2, eps);
  return () => {
    const { value, grads } = optimizer.computeGradients(loss, parameters);
    if (recipe.optimizer === 'adamW') decay(tf, parameters, recipe.lr * weightDecay);
    optimizer.applyGradients(parameters.map(({ name }) => ({ name, tensor: grads[name] as Tensor })));
    tf.dispose(grads);
    return value;
  };
}
