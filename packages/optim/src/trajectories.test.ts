import { fromArray, manualSeed, rand, randint, randn, randperm, type Tensor } from '@flambeau/autograd';
import { readDocument } from '@flambeau/goldens';
import * as nn from '@flambeau/nn';
import { describe, expect, test } from 'vitest';
import { Adam, AdamW, CosineAnnealingLR, type LRScheduler, type Optimizer, SGD, StepLR } from './index.ts';

/** One recorded training run; `generator/gen_trajectories.py` of the goldens says how it is made. */
interface Run {
  readonly name: string;
  readonly model: string;
  readonly data: keyof typeof data;
  readonly samples: number;
  readonly batch: number;
  readonly loss: 'crossEntropy' | 'mseLoss';
  readonly optimizer: 'SGD' | 'Adam' | 'AdamW';
  readonly optimizer_kwargs: Readonly<Record<string, number | boolean>>;
  readonly scheduler: 'StepLR' | 'CosineAnnealingLR' | null;
  readonly scheduler_kwargs: Readonly<Record<string, number>> | null;
  readonly first_weight: number;
  readonly input_sum: number;
  readonly losses: readonly number[];
}

class Attention extends nn.Module {
  embed = new nn.Embedding(12, 8);
  block = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, dropout: 0, batchFirst: true });
  head = new nn.Linear(8, 12);

  override forward(x: Tensor): Tensor {
    return this.head(this.block(this.embed(x)));
  }
}

const cnn = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(1, 6, 3, { padding: 1 }),
    new nn.BatchNorm2d(6),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(6, 12, 3, { stride: 2 }),
    new nn.GELU(),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(12, 4),
  );

const mlp = (): nn.Sequential =>
  new nn.Sequential(new nn.Linear(10, 32), new nn.Tanh(), new nn.Linear(32, 32), new nn.ReLU(), new nn.Linear(32, 3));

const models: Readonly<Record<string, () => nn.Module>> = {
  'mlp-sgd': mlp,
  'mlp-adam': mlp,
  'mlp-adamw-mse': mlp,
  'mlp-dropout': () =>
    new nn.Sequential(new nn.Linear(10, 40), new nn.ReLU(), new nn.Dropout(0.2), new nn.Linear(40, 3)),
  'cnn-sgd': cnn,
  'cnn-adam': cnn,
  'transformer-adamw': () => new Attention(),
};

type Pair = readonly [input: Tensor, target: Tensor];

const data = {
  /** A quadratic rule labels the points. */
  vectors(n: number): Pair {
    const x = randn([n, 10]);
    const score = x
      .narrow(1, 0, 3)
      .mul(2)
      .add(x.narrow(1, 3, 3).mul(x.narrow(1, 6, 3)));
    return [x, score.argmax(1)];
  },
  /** A bright corner names the class. */
  async images(n: number): Promise<Pair> {
    const noise = rand([n, 1, 8, 8]);
    const y = randint(0, 4, [n]);
    const pixels = (await noise.toArray()) as Float32Array;
    const bright = Math.fround(0.3);
    for (const [i, label] of Array.from((await y.toArray()) as Int32Array).entries()) {
      const row = Math.floor(label / 2) * 4;
      const column = (label % 2) * 4;
      for (let r = row; r < row + 4; r++) {
        for (let c = column; c < column + 4; c++) {
          const at = i * 64 + r * 8 + c;
          pixels[at] = (pixels[at] as number) + bright;
        }
      }
    }
    return [fromArray(pixels, [n, 1, 8, 8]), y];
  },
  /** Each token is to be answered by its predecessor plus one. */
  sequences(n: number): Pair {
    const x = randint(0, 12, [n, 6]);
    return [x, x.roll(1, 1).add(1).remainder(12)];
  },
  regression(n: number): Pair {
    const x = randn([n, 10]);
    return [
      x,
      x
        .narrow(1, 0, 3)
        .sin()
        .add(randn([n, 3]).mul(0.1)),
    ];
  },
};

function lossOf({ loss }: Run, output: Tensor, target: Tensor): Tensor {
  if (loss === 'mseLoss') return nn.functional.mseLoss(output, target);
  return nn.functional.crossEntropy(output.reshape([-1, output.shape.at(-1) as number]), target.reshape([-1]));
}

function schedulerOf({ scheduler, scheduler_kwargs: kwargs }: Run, optimizer: Optimizer): LRScheduler | null {
  if (scheduler === null || kwargs === null) return null;
  if (scheduler === 'StepLR')
    return new StepLR(optimizer, kwargs.step_size as number, { gamma: kwargs.gamma as number });
  return new CosineAnnealingLR(optimizer, kwargs.T_max as number);
}

const optimizers = { SGD, Adam, AdamW };

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Trains as the generator does, and gives the loss of every step. */
async function train(run: Run, model: nn.Module, [x, y]: Pair, steps: number): Promise<number[]> {
  const options = Object.fromEntries(
    Object.entries(run.optimizer_kwargs).map(([key, value]) => [camelCase(key), value]),
  );
  const optimizer = new optimizers[run.optimizer]([...model.parameters()], options) as unknown as Optimizer;
  const scheduler = schedulerOf(run, optimizer);
  const losses: number[] = [];
  while (losses.length < steps) {
    const order = randperm(run.samples);
    for (let i = 0; i < run.samples && losses.length < steps; i += run.batch) {
      const pick = order.narrow(0, i, run.batch);
      optimizer.zeroGrad();
      const loss = lossOf(run, model(x.indexSelect(0, pick)) as Tensor, y.indexSelect(0, pick));
      loss.backward();
      optimizer.step();
      scheduler?.step();
      losses.push(Number(await loss.item()));
    }
  }
  return losses;
}

const { runs, steps } = readDocument<{ runs: Run[]; steps: number }>('trajectories');

describe('a training run follows PyTorch from the same seed', () => {
  test.each(runs.map((run) => [run.name, run] as const))('%s, 200 steps', async (name, run) => {
    manualSeed(0);
    const model = (models[name] as () => nn.Module)();
    const first = [...model.parameters()][0] as Tensor;
    expect((await first.toArray())[0]).toBeCloseTo(run.first_weight, 6);
    const pair = await data[run.data](run.samples);
    const sum = Array.from((await pair[0].toArray()) as Float32Array, Number).reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - run.input_sum)).toBeLessThan(1e-3);
    if (name !== 'transformer-adamw') expect(String(model)).toBe(run.model);

    const losses = await train(run, model, pair, steps);
    const worst = losses.map((loss, i) => Math.abs(loss - (run.losses[i] as number)) / (run.losses[i] as number));
    expect(losses).toHaveLength(steps);
    expect(Math.max(...worst), `${name}: worst relative difference`).toBeLessThan(1e-4);
  });
});
