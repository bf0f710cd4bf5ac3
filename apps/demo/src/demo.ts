import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataLoader, type MNIST } from '@flambeau/data';
import { loadMNIST } from '@flambeau/data/node';
import { manualSeed, type nn, optim, use } from 'flambeau';
import { UsageError } from './errors.ts';
import type { Flags } from './flags.ts';
import { createNetwork } from './networks.ts';
import { showProgress } from './progress.ts';
import { reportPage } from './report/page.ts';
import { classResults, type Evaluation, type History, percent } from './result.ts';
import { type Batches, evaluate, trainEpoch } from './train.ts';
import { loadWeights, saveWeights } from './weights.ts';

const batchSize = 64;
const learningRate = 2e-3;

function classLines({ confusion }: Evaluation): string {
  const rows = classResults(confusion).map(({ digit, total, right, rival }) => {
    const share = total === 0 ? 0 : right / total;
    const taken = rival ? `${rival.digit} (${rival.times} times)` : '-';
    return `    ${digit}   ${String(right).padStart(5)} of ${String(total).padStart(5)}   ${percent(share).padStart(8)}   ${taken}`;
  });
  return ['digit     recognised      accuracy   mostly taken for', ...rows].join('\n');
}

function countParameters(model: nn.Module): number {
  let count = 0;
  for (const parameter of model.parameters()) count += parameter.numel();
  return count;
}

/** Turns an error about what the user gave into one line. */
async function asked<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Trains a network on MNIST as the flags say, and writes its weights and a report. */
export async function demo(flags: Flags, signal: AbortSignal): Promise<void> {
  const print = (text = ''): void => console.log(text);
  await asked(() => use(flags.device));
  const load = (train: boolean): Promise<MNIST> =>
    asked(() => loadMNIST({ train, ...(flags.data === undefined ? {} : { folder: flags.data }) }));
  const [train, test] = await Promise.all([load(true), load(false)]);

  manualSeed(flags.seed);
  const model = createNetwork(flags.model);
  print(String(model));
  const parameters = countParameters(model);
  const size = `${train.length.toLocaleString('en-US')} training and ${test.length.toLocaleString('en-US')} test digits`;
  print(`${parameters.toLocaleString('en-US')} parameters, ${size}, device '${flags.device}', seed ${flags.seed}\n`);

  const batches: Batches = new DataLoader(train, { batchSize, shuffle: true });
  const testBatches: Batches = new DataLoader(test, { batchSize: 500 });
  const optimizer = new optim.Adam(model.parameters(), { lr: learningRate });
  const scheduler = new optim.CosineAnnealingLR(optimizer, flags.epochs * batches.length);
  const history: History = { train: [], test: [] };
  let evaluation: Evaluation | undefined;

  const started = performance.now();
  for (let epoch = 0; epoch < flags.epochs; epoch++) {
    const label = `epoch ${epoch + 1}/${flags.epochs}`;
    const progress = showProgress(label, train.length);
    const check = async (at: number): Promise<void> => {
      evaluation = await evaluate(model, testBatches, signal);
      history.test.push({ epoch: at, loss: evaluation.loss, accuracy: evaluation.accuracy });
    };
    try {
      const report = (digits: number, loss: number): void => progress.update(digits, loss);
      await trainEpoch({ model, batches, optimizer, scheduler, history, signal, report, check }, epoch);
    } finally {
      progress.stop();
    }
    const { loss, accuracy } = evaluation as Evaluation;
    print(`${label}  test accuracy ${percent(accuracy)}, test loss ${loss.toFixed(4)}`);
  }
  const seconds = (performance.now() - started) / 1000;
  const final = evaluation as Evaluation;
  print(`\ntrained in ${seconds.toFixed(1)} s; ${percent(final.accuracy)} of the test digits recognised\n`);
  print(classLines(final));

  await asked(() => mkdir(flags.out, { recursive: true }));
  const path = join(flags.out, `mnist-${flags.model}.safetensors`);
  await saveWeights(path, model.stateDict());
  const fresh = createNetwork(flags.model);
  fresh.loadStateDict(await loadWeights(path));
  const again = await evaluate(fresh, testBatches, signal);
  if (again.accuracy !== final.accuracy) {
    throw new Error(`the saved network recognises ${percent(again.accuracy)}, not ${percent(final.accuracy)}`);
  }
  print(`\nweights saved to ${path}; loaded into a fresh network: ${percent(again.accuracy)} again`);

  const page = join(flags.out, 'report.html');
  const run = { flags, network: String(model), parameters, history, evaluation: final, test, seconds };
  await asked(() => writeFile(page, reportPage(run)));
  print(`report written to ${page}`);
}
