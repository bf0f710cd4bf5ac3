import { ArgumentError, DTypeError, dtypes, type HostArray, hostArray, isFloat, storeValue } from '@flambeau/backend';
import { requireInteger, requireTensor } from '../core/arguments.ts';
import { emptyLike, isTensor, KEEP, recordInPlace, requireSameDevice, requireWritable } from '../core/dispatch.ts';
import { copyInto } from '../kernels/copy.ts';
import { defaultGenerator, type Generator, type RandomFloat } from '../random/generator.ts';
import type { Tensor } from '../tensor.ts';
import { expand } from './movement.ts';
import { lt } from './pointwise.ts';

/** Where random numbers come from. */
export interface RandomOptions {
  /** The default generator when absent. */
  readonly generator?: Generator;
}

/** Writes host elements, in row-major order, into a tensor of any layout. */
function writeElements(target: Tensor, data: HostArray): void {
  const { backend } = target.runtime;
  if (target.isContiguous()) {
    backend.write(target.buffer, data, target.layout.offset);
    return;
  }
  const dense = emptyLike(target, target.shape, target.dtype);
  backend.write(dense.buffer, data);
  copyInto(target, dense);
}

function fillHost<T extends Tensor>(
  op: string,
  target: T,
  options: RandomOptions | undefined,
  fill: (generator: Generator, n: number) => HostArray,
): T {
  requireTensor(op, target);
  requireWritable(op, target);
  writeElements(target, fill(options?.generator ?? defaultGenerator(), target.numel()));
  recordInPlace('cast', { dtype: target.dtype }, [0], target, KEEP.nothing);
  return target;
}

/** Draws floats in the precision of a dtype and stores them as it. */
function drawFloats(dtype: Tensor['dtype'], n: number, draw: (out: RandomFloat) => RandomFloat): HostArray {
  const drawn = draw(dtype === 'float64' ? new Float64Array(n) : new Float32Array(n));
  if (dtype === 'float32' || dtype === 'float64') return drawn;
  const stored = hostArray(dtype, n);
  drawn.forEach((value, i) => {
    storeValue(stored, dtype, i, value);
  });
  return stored;
}

function requireFloat(op: string, target: Tensor): void {
  requireTensor(op, target);
  if (!isFloat(target.dtype)) throw new DTypeError(op, `fills floating-point tensors; got ${target.dtype}.`);
}

/** Uniform numbers in [from, to). @throws {ArgumentError} from > to. */
export function uniform_<T extends Tensor>(target: T, from = 0, to = 1, options?: RandomOptions): T {
  requireFloat('uniform_', target);
  if (!(from <= to))
    throw new ArgumentError('uniform_', `expects to return a [from, to) range, but found from=${from} > to=${to}.`);
  return fillHost('uniform_', target, options, (generator, n) =>
    drawFloats(target.dtype, n, (out) => generator.fillUniform(out, from, to)),
  );
}

/** Normal numbers. @throws {ArgumentError} std < 0. */
export function normal_<T extends Tensor>(target: T, mean = 0, std = 1, options?: RandomOptions): T {
  requireFloat('normal_', target);
  if (!(std >= 0)) throw new ArgumentError('normal_', `expects std >= 0.0, but found std ${std}.`);
  return fillHost('normal_', target, options, (generator, n) =>
    drawFloats(target.dtype, n, (out) => generator.fillNormal(out, mean, std)),
  );
}

/** 1 with probability p, else 0; p may be a tensor of probabilities (drawn with as many bits as its dtype has), a number (53 bits). */
export function bernoulli_<T extends Tensor>(target: T, p: number | Tensor = 0.5, options?: RandomOptions): T {
  requireTensor('bernoulli_', target);
  if (isTensor(p)) return bernoulliOf(target, p, options);
  if (!(p >= 0 && p <= 1)) throw new ArgumentError('bernoulli_', `expects p to be in [0, 1], but got p=${p}.`);
  return fillHost('bernoulli_', target, options, (generator, n) => {
    const out = hostArray(target.dtype, n);
    for (let i = 0; i < n; i++) storeValue(out, target.dtype, i, generator.uniform53() < p ? 1 : 0);
    return out;
  });
}

/** Probabilities stay on their device: what is drawn goes there to be compared. */
function bernoulliOf<T extends Tensor>(target: T, p: Tensor, options: RandomOptions | undefined): T {
  requireSameDevice('bernoulli_', [target, p]);
  requireWritable('bernoulli_', target);
  const chances = expand(p.detach(), target.shape);
  const generator = options?.generator ?? defaultGenerator();
  const fine = p.dtype === 'float64';
  const draws = fine ? new Float64Array(target.numel()) : new Float32Array(target.numel());
  for (let i = 0; i < draws.length; i++) draws[i] = fine ? generator.uniform53() : generator.uniform24();
  const drawn = emptyLike(target, target.shape, fine ? 'float64' : 'float32');
  writeElements(drawn, draws);
  copyInto(target, lt(drawn, chances));
  recordInPlace('cast', { dtype: target.dtype }, [0], target, KEEP.nothing);
  return target;
}

/** Exponentially distributed numbers of rate λ. @throws {ArgumentError} λ ≤ 0. */
export function exponential_<T extends Tensor>(target: T, lambd = 1, options?: RandomOptions): T {
  requireFloat('exponential_', target);
  if (!(lambd > 0)) throw new ArgumentError('exponential_', `expects lambda > 0.0, but found lambda=${lambd}.`);
  return fillHost('exponential_', target, options, (generator, n) =>
    drawFloats(target.dtype, n, (out) => out.map(() => -Math.log1p(-generator.uniform53()) / lambd)),
  );
}

/** Integers in [from, to); without bounds, all that the dtype holds exactly. */
export function random_<T extends Tensor>(target: T, from?: number, to?: number, options?: RandomOptions): T {
  requireTensor('random_', target);
  if (from !== undefined) requireInteger('random_', from, "'from'");
  if (to !== undefined) requireInteger('random_', to, "'to'");
  const { dtype } = target;
  const limit = isFloat(dtype) ? 2 / dtypes[dtype].epsilon + 1 : Math.min(2 ** 31, Number(dtypes[dtype].max) + 1);
  const [low, high] = to === undefined ? [0, from ?? limit] : [from ?? 0, to];
  if (!(low < high))
    throw new ArgumentError('random_', `expects 'from' to be less than 'to', but got from=${low} >= to=${high}.`);
  return fillHost('random_', target, options, (generator, n) => {
    const out = hostArray(dtype, n);
    const range = high - low;
    for (let i = 0; i < n; i++) {
      const bits = range >= 2 ** 32 ? Number(generator.random64() % BigInt(range)) : generator.random32() % range;
      storeValue(out, dtype, i, dtype === 'int64' ? BigInt(bits + low) : bits + low);
    }
    return out;
  });
}
