/** The training loss and accuracy over the last few batches. */
export interface TrainPoint {
  /** Passes over the training digits so far, with a fraction. */
  readonly epoch: number;
  readonly loss: number;
  /** Share of digits recognised, 0 to 1. */
  readonly accuracy: number;
}

/** A test digit that the network took for another. */
export interface Mistake {
  /** Its place in the test set. */
  readonly index: number;
  readonly truth: number;
  readonly guess: number;
  /** How sure the network was of its guess, 0 to 1. */
  readonly confidence: number;
}

/** What the network does on the test digits. */
export interface Evaluation {
  /** Mean loss. */
  readonly loss: number;
  /** Share of digits recognised, 0 to 1. */
  readonly accuracy: number;
  /** How often a digit (row) was taken for a digit (column). */
  readonly confusion: readonly (readonly number[])[];
  readonly mistakes: readonly Mistake[];
}

/** An evaluation during training. */
export interface TestPoint {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** The curves of a run. */
export interface History {
  readonly train: TrainPoint[];
  readonly test: TestPoint[];
}

/** Digits of one class. */
export interface ClassResult {
  readonly digit: number;
  readonly total: number;
  readonly right: number;
  /** What it was most often mistaken for, and how often; null when it never was. */
  readonly rival: { readonly digit: number; readonly times: number } | null;
}

/** The rows of a confusion matrix, summed up. */
export function classResults(confusion: Evaluation['confusion']): ClassResult[] {
  return confusion.map((row, digit) => {
    const total = row.reduce((sum, times) => sum + times, 0);
    const others = row.map((times, guess) => (guess === digit ? 0 : times));
    const times = Math.max(...others);
    return { digit, total, right: row[digit]!, rival: times > 0 ? { digit: others.indexOf(times), times } : null };
  });
}

/** A share as text, e.g. `97.51 %`. */
export function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}
