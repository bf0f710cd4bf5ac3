import type { StepName } from '../engines/engine.ts';
import type { Case, CaseWorkload, Input } from './workload.ts';

/** Weight and bias of a layer, spread as PyTorch spreads them. */
function layer(...shape: readonly number[]): Input[] {
  const scale = 1 / Math.sqrt(shape.slice(1).reduce((size, extent) => size * extent, 1));
  return [
    { shape, scale },
    { shape: shape.slice(0, 1), scale },
  ];
}

function normalization(size: number): Input[] {
  return [
    { shape: [size], offset: 1, scale: 0.1 },
    { shape: [size], scale: 0.1 },
  ];
}

function step(operation: StepName, name: string, inputs: readonly Input[]): Case {
  return { name, operation, inputs, settle: 5, warmUps: 5, figure: { unit: 'steps/s', amount: 1 }, tolerance: 1e-4 };
}

/** MLP 2-16-1, mean squared error. */
export function tinyStep(): Case {
  return step('tinyStep', 'step', [...layer(16, 2), ...layer(1, 16), { shape: [32, 2] }, { shape: [32, 1] }]);
}

/** MLP 784-256-10, cross entropy. */
export function mlpStep(limit: number): Case {
  const [batch, pixels, hidden] = [128, 784, 256].map((size) => Math.min(size, limit)) as [number, number, number];
  const data = [{ shape: [batch, pixels] }, { shape: [batch], classes: 10 }];
  return step('mlpStep', 'step', [...layer(hidden, pixels), ...layer(10, hidden), ...data]);
}

/** Layers of 8 to 8 with tanh between. @param depth - How many, usually 24. */
export function deepStep(name: string, compiled: boolean, depth = 24): Case {
  const layers = Array.from({ length: depth }, () => layer(8, 8)).flat();
  return { ...step('deepStep', name, [...layers, { shape: [4, 8] }, { shape: [4, 8] }]), options: { compiled } };
}

function cnnStep(limit: number): Case {
  const [batch, size] = [Math.min(64, limit), Math.min(28, limit)];
  return step('cnnStep', 'step', [
    ...layer(16, 1, 3, 3),
    ...layer(32, 16, 3, 3),
    ...layer(10, 2 * size ** 2),
    { shape: [batch, 1, size, size] },
    { shape: [batch], classes: 10 },
  ]);
}

function gptStep(limit: number): Case {
  const [width, inner, tokens, batch, vocabulary] = [128, 512, 128, 8, 256].map((size) => Math.min(size, limit)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const block = [
    ...layer(3 * width, width),
    ...layer(width, width),
    ...layer(inner, width),
    ...layer(width, inner),
    ...normalization(width),
    ...normalization(width),
  ];
  const ids = { shape: [batch, tokens], classes: vocabulary };
  const blocks = Array.from({ length: Math.min(4, limit / 4) }, () => block).flat();
  return step('gptStep', 'step', [{ shape: [vocabulary, width] }, ...blocks, ...layer(vocabulary, width), ids, ids]);
}

/** The training steps, each a workload of its own. @param limit - Largest extent (elements). */
export function trainingWorkloads(limit: number): CaseWorkload[] {
  return [
    {
      name: 'tiny',
      title: 'training steps of a 2-16-1 tanh network, mean squared error, Adam, batches of 32',
      cases: [tinyStep()],
    },
    {
      name: 'mlp',
      title: 'training steps of a 784-256-10 ReLU network, cross entropy, SGD, batches of 128, loss read every step',
      cases: [mlpStep(limit)],
    },
    {
      name: 'cnn',
      title: 'training steps of a network of two convolutions and a linear layer, Adam, batches of 64 28×28 images',
      cases: [cnnStep(limit)],
    },
    {
      name: 'gpt',
      title: 'training steps of a causal transformer: 4 layers, width 128, 4 heads, 8×128 tokens of 256, AdamW',
      cases: [gptStep(limit)],
    },
  ];
}
