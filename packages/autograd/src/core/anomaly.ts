import { GradError, type HostArray, isFloat } from '@flambeau/backend';
import { isnan } from '../functions/pointwise.ts';
import { any } from '../functions/reduction.ts';
import type { Tensor } from '../tensor.ts';
import type { GradNode } from './graph.ts';

/** What a check on a device that cannot be read at once has found, or will. */
interface Finding {
  readonly error: Promise<GradError | null>;
  /** Whether somebody waits for it. */
  awaited: boolean;
}

const findings = new Set<Finding>();

function anomaly(node: GradNode, output: number): GradError {
  const where = node.site ? ` Forward call:\n${node.site}` : '';
  return new GradError(node.name, `Function '${node.name}' returned nan values in its ${output}th output.${where}`);
}

/**
 * Looks for NaN in the gradients that a node computed; later, where the device cannot be read at once.
 *
 * @throws {GradError} There is one.
 */
export function checkAnomaly(node: GradNode, grads: readonly (Tensor | null | undefined)[]): void {
  grads.forEach((grad, i) => {
    if (!grad || !isFloat(grad.dtype) || grad.numel() === 0) return;
    const found = any(isnan(grad.detach()));
    const { backend } = found.runtime;
    if (!backend.readSync) later(backend.read(found.buffer, 0, 1), () => anomaly(node, i));
    else if (backend.readSync(found.buffer, 0, 1)[0]) throw anomaly(node, i);
  });
}

function later(flag: Promise<HostArray>, describe: () => GradError): void {
  const finding: Finding = { error: flag.then(([found]) => (found ? describe() : null)), awaited: false };
  findings.add(finding);
  finding.error.then(
    (error) => {
      if (!error) findings.delete(finding);
      else if (!finding.awaited)
        console.error(`${error.message}\nAwait checkAnomalies() after backward() to catch this.`);
    },
    // The device was lost; whoever reads from it next hears of that.
    () => findings.delete(finding),
  );
}

/**
 * Waits for the checks of anomaly mode that `backward` left to a device which cannot be read at once. Without it, what they
 * find is only printed.
 *
 * @throws {GradError} A gradient held NaN; the message names the operation, and where it was called.
 * @example
 * setDetectAnomaly(true);
 * loss.backward();
 * await checkAnomalies();
 */
export async function checkAnomalies(): Promise<void> {
  const waiting = [...findings];
  findings.clear();
  for (const finding of waiting) finding.awaited = true;
  for (const { error } of waiting) {
    const found = await error;
    if (found) throw found;
  }
}
