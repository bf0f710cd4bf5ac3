/** What the training steps have in common in all engines. */
export interface TrainingRecipe {
  readonly activation: 'relu' | 'tanh';
  /** Cross entropy against the place of each row's largest target, or the mean of squared errors. */
  readonly loss: 'crossEntropy' | 'meanSquaredError';
  readonly optimizer: 'sgd' | 'adam';
  readonly lr: number;
}

/** The steps by name. */
export const recipes: Readonly<Record<'mlpStep' | 'tinyStep', TrainingRecipe>> = {
  mlpStep: { activation: 'relu', loss: 'crossEntropy', optimizer: 'sgd', lr: 0.1 },
  tinyStep: { activation: 'tanh', loss: 'meanSquaredError', optimizer: 'adam', lr: 1e-3 },
};

/** Factor from the numbers an engine is given to weights a network can start from. */
export const weightScale = 0.02;
