import type { numpy } from '@jax-js/jax';
import { adam, blockParameters, heads, type Recipe } from './recipes.ts';

type Jax = typeof import('@jax-js/jax');
type JaxArray = numpy.Array;

/** jax-js consumes its operands: what is used again is taken by reference. */
class Networks {
  readonly #jax: Jax;
  readonly #turned: boolean;

  /** @param turned - Whether weights are `[in, out]`. */
  constructor(jax: Jax, turned: boolean) {
    this.#jax = jax;
    this.#turned = turned;
  }

  #dense(x: JaxArray, weight: JaxArray, bias: JaxArray): JaxArray {
    return this.#jax.numpy.matmul(x, this.#turned ? weight : weight.transpose()).add(bias);
  }

  mlp(parameters: readonly JaxArray[], input: JaxArray, activation: Recipe['activation']): JaxArray {
    const { nn, numpy } = this.#jax;
    let x = input;
    for (let i = 0; i < parameters.length; i += 2) {
      if (i > 0) x = activation === 'relu' ? nn.relu(x) : numpy.tanh(x);
      x = this.#dense(x, parameters[i] as JaxArray, parameters[i + 1] as JaxArray);
    }
    return x;
  }

  cnn(parameters: readonly JaxArray[], input: JaxArray): JaxArray {
    const { lax, nn, numpy } = this.#jax;
    const stage = (x: JaxArray, kernel: JaxArray, bias: JaxArray): JaxArray => {
      const padding: [number, number][] = [
        [1, 1],
        [1, 1],
      ];
      const convolved = lax.convGeneralDilated(x, kernel, [1, 1], padding).add(bias.reshape([-1, 1, 1]));
      return lax.reduceWindow(nn.relu(convolved), (window) => numpy.max(window), [2, 2], [2, 2]);
    };
    const [kernel1, bias1, kernel2, bias2, weight, bias] = parameters as JaxArray[];
    const x = stage(stage(input, kernel1!, bias1!), kernel2!, bias2!);
    return this.#dense(x.reshape([x.shape[0] as number, -1]), weight!, bias!);
  }

  #normalized(x: JaxArray, weight: JaxArray, bias: JaxArray): JaxArray {
    return this.#jax.nn.standardize(x, -1, { epsilon: 1e-5 }).mul(weight).add(bias);
  }

  #attention(x: JaxArray, parameters: readonly JaxArray[]): JaxArray {
    const { nn, numpy } = this.#jax;
    const [batch, tokens, width] = x.shape as [number, number, number];
    const projected = this.#dense(x, parameters[0] as JaxArray, parameters[1] as JaxArray);
    const [query, key, value] = numpy
      .split(projected, 3, -1)
      .map((part) => part.reshape([batch, tokens, heads, width / heads]).transpose([0, 2, 1, 3])) as [
      JaxArray,
      JaxArray,
      JaxArray,
    ];
    const scores = numpy.matmul(query, key.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(width / heads));
    const mask = numpy.triu(numpy.ones([tokens, tokens]), 1).mul(-1e9);
    const seen = numpy.matmul(nn.softmax(scores.add(mask), -1), value);
    const joined = seen.transpose([0, 2, 1, 3]).reshape([batch, tokens, width]);
    return this.#dense(joined, parameters[2] as JaxArray, parameters[3] as JaxArray);
  }

  #block(input: JaxArray, parameters: readonly JaxArray[]): JaxArray {
    const at = (i: number): JaxArray => parameters[i] as JaxArray;
    const x = input.ref.add(this.#attention(this.#normalized(input, at(8), at(9)), parameters));
    const inner = this.#dense(this.#normalized(x.ref, at(10), at(11)), at(4), at(5));
    return x.add(this.#dense(this.#jax.nn.gelu(inner, { approximate: false }), at(6), at(7)));
  }

  gpt(parameters: readonly JaxArray[], ids: JaxArray): JaxArray {
    const [embedding, ...rest] = parameters as [JaxArray, ...JaxArray[]];
    const width = embedding.shape[1] as number;
    let x = this.#jax.numpy.take(embedding, ids, 0);
    while (rest.length > 2) x = this.#block(x, rest.splice(0, blockParameters));
    return this.#dense(x.reshape([-1, width]), rest[0] as JaxArray, rest[1] as JaxArray);
  }
}

/** Parameters; for Adam also the means of gradients and of their squares, and by how much these are still too small. */
type State = JaxArray[][];

function updated(jax: Jax, recipe: Recipe, state: State, gradients: readonly JaxArray[]): State {
  const { lr } = recipe;
  const [parameters, means, squares, bias] = state as [JaxArray[], JaxArray[], JaxArray[], JaxArray[]];
  if (recipe.optimizer === 'sgd') return [parameters.map((p, i) => p.sub((gradients[i] as JaxArray).mul(lr)))];
  const { beta1, beta2, eps, weightDecay } = adam;
  const bias1 = (bias[0] as JaxArray).mul(beta1).add(1 - beta1);
  const bias2 = (bias[1] as JaxArray).mul(beta2).add(1 - beta2);
  const next: State = [[], [], [], [bias1, bias2]];
  for (const [i, parameter] of parameters.entries()) {
    const gradient = gradients[i] as JaxArray;
    const mean = (means[i] as JaxArray).mul(beta1).add(gradient.ref.mul(1 - beta1));
    const square = (squares[i] as JaxArray).mul(beta2).add(gradient.ref.mul(gradient).mul(1 - beta2));
    const scale = jax.numpy.sqrt(square.ref.div(bias2.ref)).add(eps);
    const decayed = recipe.optimizer === 'adamW' ? parameter.mul(1 - lr * weightDecay) : parameter;
    next[0]?.push(decayed.sub(mean.ref.div(bias1.ref).div(scale).mul(lr)));
    next[1]?.push(mean);
    next[2]?.push(square);
  }
  return next;
}

/**
 * A training step, compiled as a whole where asked; the loss is read each time.
 *
 * @param gpu - Whether the device works in the order it was asked, so that the loss, read last, is there after the rest.
 *   There it is twice as fast with weights `[in, out]`; on wasm it is not.
 */
export function trainingStep(
  jax: Jax,
  recipe: Recipe,
  inputs: readonly JaxArray[],
  compiled: boolean,
  gpu: boolean,
): () => Promise<JaxArray[]> {
  const { nn, numpy } = jax;
  const networks = new Networks(jax, gpu);
  const [examples, targets] = inputs.slice(-2) as [JaxArray, JaxArray];
  const classes = (inputs.at(-3) as JaxArray).shape[0] as number;
  const loss = (parameters: JaxArray[], x: JaxArray, y: JaxArray): JaxArray => {
    const output =
      recipe.network === 'mlp'
        ? networks.mlp(parameters, x, recipe.activation)
        : networks[recipe.network](parameters, x);
    if (recipe.loss === 'meanSquaredError') return numpy.square(output.sub(y)).mean();
    const rows = output.shape[0] as number;
    return nn
      .logSoftmax(output, -1)
      .mul(nn.oneHot(y.reshape([-1]), classes))
      .sum()
      .mul(-1 / rows);
  };
  const plain = (state: State, x: JaxArray, y: JaxArray): [JaxArray, State] => {
    const [value, gradients] = jax.valueAndGrad(loss)(
      (state[0] as JaxArray[]).map((p) => p.ref),
      x,
      y,
    );
    return [value, updated(jax, recipe, state, gradients as JaxArray[])];
  };
  const step = compiled ? (jax.jit(plain) as unknown as typeof plain) : plain;
  const weights = inputs.slice(0, -2).map((weight, i) => {
    const turned = gpu && weight.ndim === 2 && !(recipe.network === 'gpt' && i === 0);
    return turned ? weight.ref.transpose() : weight.ref;
  });
  const zeros = (): JaxArray[] => weights.map((weight) => numpy.zeros(weight.shape));
  let state: State =
    recipe.optimizer === 'sgd' ? [weights] : [weights, zeros(), zeros(), [numpy.zeros([]), numpy.zeros([])]];
  return async () => {
    const [value, next] = step(state, examples.ref, targets.ref);
    state = next;
    if (!gpu) await jax.blockUntilReady(state);
    await value.ref.data();
    return [value];
  };
}
