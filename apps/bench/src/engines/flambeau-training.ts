import { nn, noGrad, ones, optim, type Tensor } from 'flambeau';
import { adam, blockParameters, heads, type Recipe } from './recipes.ts';

type Network = nn.AnyModule & ((input: Tensor) => Tensor);

class Mlp extends nn.Module {
  layers: nn.ModuleList;
  activation: nn.ReLU | nn.Tanh;

  constructor(weights: readonly Tensor[], activation: Recipe['activation']) {
    super();
    const matrices = weights.filter((_, i) => i % 2 === 0);
    this.layers = new nn.ModuleList(matrices.map(({ shape: [out, size] }) => new nn.Linear(size!, out!)));
    this.activation = activation === 'relu' ? new nn.ReLU() : new nn.Tanh();
  }

  forward(input: Tensor): Tensor {
    let x = input;
    let first = true;
    for (const layer of this.layers) {
      x = (layer as nn.Linear)(first ? x : this.activation(x));
      first = false;
    }
    return x;
  }
}

class Cnn extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
  );
  classifier: nn.Linear;

  constructor(weights: readonly Tensor[]) {
    super();
    const [classes, size] = (weights[4] as Tensor).shape as [number, number];
    this.classifier = new nn.Linear(size, classes);
  }

  forward(images: Tensor): Tensor {
    return this.classifier(this.features(images).flatten(1));
  }
}

class Gpt extends nn.Module {
  embedding: nn.Embedding;
  blocks: nn.ModuleList;
  head: nn.Linear;
  readonly #mask: Tensor;

  constructor(weights: readonly Tensor[], tokens: number) {
    super();
    const [vocabulary, width] = (weights[0] as Tensor).shape as [number, number];
    const dimFeedforward = (weights[5] as Tensor).shape[0] as number;
    const options = { dimFeedforward, dropout: 0, activation: 'gelu', batchFirst: true, normFirst: true } as const;
    this.embedding = new nn.Embedding(vocabulary, width);
    this.blocks = new nn.ModuleList(
      Array.from(
        { length: (weights.length - 3) / blockParameters },
        () => new nn.TransformerEncoderLayer(width, heads, options),
      ),
    );
    this.head = new nn.Linear(width, vocabulary);
    this.#mask = ones([tokens, tokens], { dtype: 'bool' }).triu(1);
  }

  forward(ids: Tensor): Tensor {
    const call = { srcMask: this.#mask, isCausal: true };
    let x = this.embedding(ids);
    for (const block of this.blocks) x = (block as nn.TransformerEncoderLayer)(x, call);
    return this.head(x).flatten(0, 1);
  }
}

function networkOf(recipe: Recipe, weights: readonly Tensor[], examples: Tensor): Network {
  if (recipe.network === 'mlp') return new Mlp(weights, recipe.activation);
  return recipe.network === 'cnn' ? new Cnn(weights) : new Gpt(weights, examples.shape[1] as number);
}

function optimizerOf({ optimizer, lr }: Recipe, parameters: Iterable<nn.Parameter>): optim.Optimizer {
  if (optimizer === 'sgd') return new optim.SGD(parameters, { lr });
  const { beta1, beta2, eps, weightDecay } = adam;
  const options = { lr, betas: [beta1, beta2] as [number, number], eps };
  return optimizer === 'adam'
    ? new optim.Adam(parameters, options)
    : new optim.AdamW(parameters, { ...options, weightDecay });
}

/** A training step as an application writes it; gives the loss, which is not read yet. */
export function trainingStep(recipe: Recipe, inputs: readonly Tensor[]): () => Tensor {
  const weights = inputs.slice(0, -2);
  const [examples, targets] = inputs.slice(-2) as [Tensor, Tensor];
  const network = networkOf(recipe, weights, examples);
  const parameters = [...network.parameters()];
  noGrad(() => {
    for (const [i, parameter] of parameters.entries()) parameter.copy_(weights[i] as Tensor);
  });
  const optimizer = optimizerOf(recipe, parameters);
  const criterion = recipe.loss === 'crossEntropy' ? new nn.CrossEntropyLoss() : new nn.MSELoss();
  const expected = recipe.network === 'gpt' ? targets.flatten() : targets;
  return () => {
    optimizer.zeroGrad();
    const loss = criterion(network(examples), expected);
    loss.backward();
    optimizer.step();
    return loss;
  };
}
