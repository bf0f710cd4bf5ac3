import { nn, type Tensor } from 'flambeau';

/** Two linear layers over the flattened image. */
class Mlp extends nn.Module {
  hidden = new nn.Linear(28 * 28, 128);
  output = new nn.Linear(128, 10);

  forward(images: Tensor): Tensor {
    return this.output(nn.functional.relu(this.hidden(images.flatten(1))));
  }
}

/** Two convolutions, of which the first halves the image, pooling, and a linear layer. */
class Cnn extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d(1, 8, 5, { stride: 2 }),
    new nn.ReLU(),
    new nn.Conv2d(8, 16, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
  );
  classifier = new nn.Linear(16 * 5 * 5, 10);

  forward(images: Tensor): Tensor {
    return this.classifier(this.features(images).flatten(1));
  }
}

/** What `--model` accepts. */
export type ModelName = 'mlp' | 'cnn';

/** What `--model` accepts. */
export const modelNames: readonly ModelName[] = ['mlp', 'cnn'];

/** A new network of that name, its weights drawn from the global generator. */
export function createNetwork(name: ModelName): nn.Module {
  return name === 'mlp' ? new Mlp() : new Cnn();
}
