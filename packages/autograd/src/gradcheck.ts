import { GradError } from '@flambeau/backend';
import { isTensor } from './core/dispatch.ts';
import { grad } from './core/engine.ts';
import { fromArray, randn } from './functions/creation.ts';
import { add, mul } from './functions/pointwise.ts';
import { sum } from './functions/reduction.ts';
import { Generator } from './random/generator.ts';
import type { Tensor } from './tensor.ts';

/** How derivatives are compared. */
export interface GradcheckOptions {
  /** Step of the central difference. */
  readonly eps?: number;
  readonly atol?: number;
  readonly rtol?: number;
  /** Throw at the first difference instead of giving false. */
  readonly raiseException?: boolean;
}

/** A function whose derivative is checked: float64 tensors in, one tensor or several out. */
export type Checked = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

function outputsOf(fn: Checked, inputs: readonly Tensor[]): Tensor[] {
  const result = fn(...inputs);
  return (isTensor(result) ? [result] : [...result]).filter((out) => out.dtype === 'float64');
}

/** Σ output·weight over all outputs: one number whose derivative has every output's in it. */
function weigh(outputs: readonly Tensor[], weights: readonly Tensor[]): Tensor {
  return outputs.map((out, i) => sum(mul(out, weights[i] as Tensor))).reduce((a, b) => add(a, b));
}

/**
 * Compares a function's gradients with central differences in float64, through random projections of its outputs.
 *
 * @param inputs - float64 tensors; those that require gradients are checked.
 * @throws {GradError} They differ (unless `raiseException` is false), or an input is not float64.
 * @source PyTorch `torch.autograd.gradcheck`
 */
export function gradcheck(fn: Checked, inputs: readonly Tensor[], options: GradcheckOptions = {}): boolean {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, raiseException = true } = options;
  const checked = inputs.filter((input) => input.requiresGrad);
  if (checked.length === 0) throw new GradError('gradcheck', 'expects at least one input to require gradient.');
  const odd = checked.find((input) => input.dtype !== 'float64');
  if (odd)
    throw new GradError(
      'gradcheck',
      `needs float64 inputs; got ${odd.dtype}. Differences in less are mostly rounding.`,
    );
  const outputs = outputsOf(fn, inputs);
  const live = outputs.some((out) => out.requiresGrad);
  const generator = new Generator(0);
  for (let projection = 0; projection < 2; projection++) {
    const weights = outputs.map((out) => randn(out.shape, { dtype: 'float64', generator, device: out.device }));
    const analytic = live
      ? grad(weigh(outputs, weights), checked, { allowUnused: true, retainGraph: true })
      : checked.map(() => null);
    for (let i = 0; i < checked.length; i++) {
      const numeric = numericGradient(fn, inputs, checked[i] as Tensor, weights, eps);
      const exact = analytic[i]?.toArraySync() ?? new Float64Array(numeric.length);
      for (let j = 0; j < numeric.length; j++) {
        const [a, n] = [Number(exact[j]), numeric[j] as number];
        if (Math.abs(a - n) <= atol + rtol * Math.abs(n)) continue;
        if (!raiseException) return false;
        throw new GradError('gradcheck', `gradient of input ${i} at element ${j} is ${a}, by differences ${n}.`, {
          input: i,
          element: j,
          analytic: a,
          numeric: n,
        });
      }
    }
  }
  return true;
}

function numericGradient(
  fn: Checked,
  inputs: readonly Tensor[],
  input: Tensor,
  weights: readonly Tensor[],
  eps: number,
): Float64Array {
  const base = Float64Array.from(input.toArraySync() as Float64Array);
  const at = (values: Float64Array): number => {
    const moved = inputs.map((other) =>
      other === input ? fromArray(values, input.shape, { device: input.device }).requiresGrad_() : other,
    );
    return weigh(outputsOf(fn, moved), weights).itemSync();
  };
  return base.map((value, j) => (at(base.with(j, value + eps)) - at(base.with(j, value - eps))) / (2 * eps));
}

/** {@link gradcheck} of the gradients themselves: second derivatives. @source PyTorch `torch.autograd.gradgradcheck` */
export function gradgradcheck(fn: Checked, inputs: readonly Tensor[], options: GradcheckOptions = {}): boolean {
  const checked = inputs.filter((input) => input.requiresGrad);
  const outputs = outputsOf(fn, inputs);
  const generator = new Generator(1);
  const weights = outputs.map((out) =>
    randn(out.shape, { dtype: 'float64', generator, device: out.device }).requiresGrad_(),
  );
  const first: Checked = (...all) => {
    const [values, projections] = [all.slice(0, inputs.length), all.slice(inputs.length)];
    const by = values.filter((_, i) => inputs[i]?.requiresGrad);
    const grads = grad(weigh(outputsOf(fn, values), projections), by, { createGraph: true, allowUnused: true });
    return grads.map((g, i) => g ?? mul(by[i] as Tensor, 0));
  };
  if (checked.length === 0) throw new GradError('gradgradcheck', 'expects at least one input to require gradient.');
  return gradcheck(first, [...inputs, ...weights], options);
}
