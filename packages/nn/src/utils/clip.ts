import { deviceOf, div, noGrad, stack, type Tensor, tensor } from '@flambeau/autograd';
import { ArgumentError, cannotReadNow } from '@flambeau/backend';
import { requireNumber, requireTensor } from './check.ts';

/** What {@link clipGradNorm_} accepts. */
export interface ClipGradNormOptions {
  /** The p of the norm, `Infinity` for the largest absolute value; 2 when absent. */
  readonly normType?: number;
  /** Throw when the norm is not finite, which needs its value at once (see {@link clipGradNormAsync_}); false when absent. */
  readonly errorIfNonfinite?: boolean;
}

/** One tensor or several, as a list without what has no gradient. */
function gradients(op: string, parameters: Tensor | Iterable<Tensor>): Tensor[] {
  const found: Tensor[] = [];
  for (const parameter of tensorsOf(op, parameters)) {
    const grad = parameter.peekGrad();
    if (grad) found.push(grad);
  }
  return found;
}

/** @throws {ArgumentError} Neither a tensor nor an iterable of tensors. */
export function tensorsOf(op: string, parameters: Tensor | Iterable<Tensor>): Tensor[] {
  const iterable = typeof parameters === 'object' && parameters !== null && Symbol.iterator in parameters;
  if (!iterable) {
    requireTensor(op, 'parameters', parameters);
    return [parameters as Tensor];
  }
  const list = [...(parameters as Iterable<Tensor>)];
  for (const parameter of list) requireTensor(op, 'parameters', parameter);
  return list;
}

/**
 * Scales all gradients together, in place, so that their joint norm is at most `maxNorm`, and returns the norm they had.
 *
 * The factor `maxNorm / (norm + 1e-6)`, at most 1, is always multiplied in, so nothing waits for the norm's value.
 *
 * @param parameters - A tensor, or tensors; those without a gradient are left out.
 * @param maxNorm - Largest norm.
 * @returns The norm before, a tensor without dimensions; 0 when there are no gradients.
 * @throws {ArgumentError} Not tensors or numbers, or with `errorIfNonfinite` the norm is not finite.
 * @throws {DeviceError} With `errorIfNonfinite`, the device cannot be read at once: use {@link clipGradNormAsync_}.
 * @source PyTorch `nn.utils.clip_grad_norm_`; Pascanu et al. 2012, arXiv:1211.5063.
 * @example
 * clipGradNorm_(model.parameters(), 1)
 */
export function clipGradNorm_(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Tensor {
  const op = 'clipGradNorm_';
  const { normType = 2, errorIfNonfinite = false } = options;
  const grads = checkedGradients(op, parameters, maxNorm, normType);
  const total = totalNorm(grads, normType);
  if (errorIfNonfinite && grads.length > 0) {
    const { backend } = deviceOf(total.device);
    if (!backend.readSync) {
      throw cannotReadNow(op, total.device, 'Use await clipGradNormAsync_() for errorIfNonfinite.');
    }
    requireFinite(op, total.itemSync(), normType);
  }
  scale(grads, maxNorm, total);
  return total;
}

/**
 * {@link clipGradNorm_}, waiting for the norm where `errorIfNonfinite` asks for its value; for every device.
 *
 * @throws {ArgumentError} Not tensors or numbers, or with `errorIfNonfinite` the norm is not finite.
 * @example
 * await clipGradNormAsync_(model.parameters(), 1, { errorIfNonfinite: true })
 */
export async function clipGradNormAsync_(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Promise<Tensor> {
  const op = 'clipGradNormAsync_';
  const { normType = 2, errorIfNonfinite = false } = options;
  const grads = checkedGradients(op, parameters, maxNorm, normType);
  const [first] = grads;
  if (!first) return tensor(0);
  // Taken now, and brought to one device.
  const norms = await Promise.all(noGrad(() => grads.map((grad) => grad.norm(normType).toDevice(first.device))));
  const total = noGrad(() => jointNorm(norms, normType));
  if (errorIfNonfinite) requireFinite(op, await total.item(), normType);
  const devices = [...new Set(grads.map(({ device }) => device))];
  const factors = await Promise.all(noGrad(() => devices.map((device) => factorOf(maxNorm, total).toDevice(device))));
  noGrad(() => {
    for (const grad of grads) grad.mul_(factors[devices.indexOf(grad.device)] as Tensor);
  });
  return total;
}

function checkedGradients(
  op: string,
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  normType: number,
): Tensor[] {
  requireNumber(op, 'maxNorm', maxNorm);
  requireNumber(op, 'normType', normType);
  return gradients(op, parameters);
}

/** The joint norm of gradients; 0 without any. */
function totalNorm(grads: readonly Tensor[], normType: number): Tensor {
  return noGrad(() => {
    const [first] = grads;
    if (!first) return tensor(0);
    const norms = grads.map((grad) => grad.norm(normType).to(first.device));
    return jointNorm(norms, normType);
  });
}

function jointNorm(norms: readonly Tensor[], normType: number): Tensor {
  return norms.length === 1 ? (norms[0] as Tensor) : stack([...norms]).norm(normType);
}

/** What gradients are to be multiplied by. */
function factorOf(maxNorm: number, total: Tensor): Tensor {
  return div(maxNorm, total.add(1e-6)).clampMax(1);
}

function requireFinite(op: string, total: number, normType: number): void {
  if (Number.isFinite(total)) return;
  throw new ArgumentError(
    op,
    `The total norm of order ${normType} for gradients from \`parameters\` is non-finite, so it cannot be clipped. ` +
      'To disable this error and scale the gradients by the non-finite norm anyway, set errorIfNonfinite: false.',
    { normType },
  );
}

function scale(grads: readonly Tensor[], maxNorm: number, total: Tensor): void {
  if (grads.length === 0) return;
  noGrad(() => {
    const factor = factorOf(maxNorm, total);
    for (const grad of grads) grad.mul_(factor.to(grad.device));
  });
}

/**
 * Cuts every element of every gradient off at `±clipValue`, in place.
 *
 * @param parameters - A tensor, or tensors; those without a gradient are left out.
 * @param clipValue - Largest absolute value.
 * @throws {ArgumentError} Not tensors, or not a number.
 * @source PyTorch `nn.utils.clip_grad_value_`.
 * @example
 * clipGradValue_(model.parameters(), 0.5)
 */
export function clipGradValue_(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  requireNumber('clipGradValue_', 'clipValue', clipValue);
  const grads = gradients('clipGradValue_', parameters);
  noGrad(() => {
    for (const grad of grads) grad.clamp_(-clipValue, clipValue);
  });
}
