import { setImmediate } from 'node:timers/promises';
import { nn, noGrad, type optim, type Tensor, zeros } from 'flambeau';
import { Interrupted } from './errors.ts';
import type { Evaluation, History, Mistake } from './result.ts';

/** Images and labels, in batches. */
export type Batches = AsyncIterable<[images: Tensor, labels: Tensor]> & { readonly length: number };

/** What training needs. */
export interface Training {
  readonly model: nn.Module;
  readonly batches: Batches;
  readonly optimizer: optim.Optimizer;
  readonly scheduler: optim.LRScheduler;
  readonly history: History;
  readonly signal: AbortSignal;
  /** Called every few batches with the digits seen in this epoch. */
  report(digits: number, loss: number): void;
  /** Called a few times per epoch, to see how the network does on other digits. */
  check(epoch: number): Promise<void>;
}

/** Batches between two points of the curves; a loss is read from the device as seldom. */
const interval = 10;
/** Checks per epoch. */
const checks = 2;

/** Lets the process see Ctrl-C and the terminal see the bar. */
async function breathe(signal: AbortSignal): Promise<void> {
  await setImmediate();
  if (signal.aborted) throw new Interrupted();
}

/**
 * One pass over the training digits.
 *
 * @param epoch - Passes done before.
 */
export async function trainEpoch(training: Training, epoch: number): Promise<void> {
  const { model, batches, optimizer, scheduler, history, signal } = training;
  const total = batches.length;
  const lossSum = zeros([]);
  const rightSum = zeros([]);
  let batch = 0;
  let digits = 0;
  let pending = 0;
  model.train();
  for await (const [images, labels] of batches) {
    const logits = model(images);
    const loss = nn.functional.crossEntropy(logits, labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    scheduler.step();
    noGrad(() => {
      const size = labels.numel();
      lossSum.add_(loss.detach(), { alpha: size });
      rightSum.add_(logits.argmax(1).eq(labels).sum());
      digits += size;
      pending += size;
    });
    batch += 1;
    if (batch % interval === 0 || batch === total) {
      const [sum, right] = [Number(await lossSum.item()), Number(await rightSum.item())];
      const point = { epoch: epoch + batch / total, loss: sum / pending, accuracy: right / pending };
      history.train.push(point);
      lossSum.zero_();
      rightSum.zero_();
      pending = 0;
      training.report(digits, point.loss);
      await breathe(signal);
    }
    if (batch === total || (batch % Math.ceil(total / checks) === 0 && batch < total)) {
      await training.check(epoch + batch / total);
      model.train();
    }
  }
}

/** Runs the network over the digits of `batches`, in order, without training it. */
export async function evaluate(model: nn.Module, batches: Batches, signal: AbortSignal): Promise<Evaluation> {
  const confusion = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  const mistakes: Mistake[] = [];
  let lossSum = 0;
  let seen = 0;
  model.eval();
  for await (const [images, labels] of batches) {
    const [loss, confidence, guess] = noGrad(() => {
      const logits = model(images);
      const [confidences, guesses] = logits.softmax(1).max(1);
      return [nn.functional.crossEntropy(logits, labels, { reduction: 'sum' }), confidences, guesses] as const;
    });
    lossSum += Number(await loss.item());
    const [truths, guesses, sure] = [await labels.toArray(), await guess.toArray(), await confidence.toArray()];
    for (let i = 0; i < truths.length; i++) {
      const [truth, taken] = [Number(truths[i]), Number(guesses[i])];
      confusion[truth]![taken]! += 1;
      if (truth !== taken) mistakes.push({ index: seen + i, truth, guess: taken, confidence: Number(sure[i]) });
    }
    seen += truths.length;
    await breathe(signal);
  }
  return { loss: lossSum / seen, accuracy: 1 - mistakes.length / seen, confusion, mistakes };
}
