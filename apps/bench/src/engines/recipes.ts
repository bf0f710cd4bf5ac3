import type { OperationName, StepName } from './engine.ts';

/** What the training steps have in common in all engines. */
export interface Recipe {
  readonly network: 'mlp' | 'cnn' | 'gpt';
  /** What stands between the layers of an MLP. */
  readonly activation: 'relu' | 'tanh';
  /** Cross entropy against classes, or the mean of squared errors. */
  readonly loss: 'crossEntropy' | 'meanSquaredError';
  readonly optimizer: 'sgd' | 'adam' | 'adamW';
  readonly lr: number;
}

const recipes: Readonly<Record<StepName, Recipe>> = {
  tinyStep: { network: 'mlp', activation: 'tanh', loss: 'meanSquaredError', optimizer: 'adam', lr: 1e-2 },
  mlpStep: { network: 'mlp', activation: 'relu', loss: 'crossEntropy', optimizer: 'sgd', lr: 0.1 },
  cnnStep: { network: 'cnn', activation: 'relu', loss: 'crossEntropy', optimizer: 'adam', lr: 1e-3 },
  gptStep: { network: 'gpt', activation: 'relu', loss: 'crossEntropy', optimizer: 'adamW', lr: 1e-3 },
  deepStep: { network: 'mlp', activation: 'tanh', loss: 'meanSquaredError', optimizer: 'sgd', lr: 0.01 },
};

/** The recipe of a training step; null: the operation is none. */
export function recipeOf(name: OperationName): Recipe | null {
  return name in recipes ? recipes[name as StepName] : null;
}

/** Attention heads of the transformer. */
export const heads = 4;
/** Parameters of one block of the transformer. */
export const blockParameters = 12;
/** What the optimizers use beside the rate: PyTorch's defaults. */
export const adam = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 } as const;
