import { castValue, computeDType, type DType, dtypes, isFloat, type ReduceOp } from '@flambeau/backend';
import { f32x4, type Local, shuffle, type V128 } from '../assembler/index.ts';
import type { Emitter, Lanes } from '../vector/emitter.ts';
import { emitCast, emitConstant, emitHorizontal, emitOp, emitSelect } from '../vector/index.ts';

/** What a reduction of nothing gives. */
function identity(op: ReduceOp, dtype: DType): number | bigint {
  const { kind, min, max } = dtypes[dtype];
  switch (op) {
    case 'sum':
      return castValue(0, dtype);
    case 'prod':
      return castValue(1, dtype);
    case 'max':
    case 'argmax':
      return kind === 'float' ? Number.NEGATIVE_INFINITY : min;
    case 'min':
    case 'argmin':
      return kind === 'float' ? Number.POSITIVE_INFINITY : max;
  }
}

/** Locals that hold a value which changes. */
class Register {
  readonly lanes: Lanes;
  readonly #e: Emitter;

  constructor(e: Emitter, initial: Lanes) {
    this.#e = e;
    this.lanes = { dtype: initial.dtype, parts: initial.parts.map((part) => e.f.local(part.type, part)) };
  }

  set(value: Lanes): void {
    this.lanes.parts.forEach((part, i) => this.#e.f.set(part as Local<'v128'>, value.parts[i] as V128));
  }

  /** A copy that stays as it is now. */
  snapshot(): Lanes {
    return { ...this.lanes, parts: this.lanes.parts.map((part) => this.#e.f.local('v128', part)) };
  }
}

/** Folds groups of four values, lane by lane; at the end the lanes are results of their own, or are folded too. */
export interface Accumulator {
  /** Takes four values; those whose lane is not `valid` are left out. */
  add(value: Lanes, valid?: Lanes, position?: Lanes): void;
  /** Takes four products; only sums that may fuse them have it. */
  addProduct?(a: Lanes, b: Lanes): void;
  /** Moves what was summed in few digits to where there are more; sums of float32 want it every {@link FLUSH} additions or so. */
  flush(): void;
  /** Takes what another accumulator of the same kind holds. */
  merge(other: Accumulator): void;
  /** The result of each lane. */
  lanes(): Lanes;
  /** The result of all lanes together, in each lane. */
  total(): Lanes;
}

/** Additions in float32 between two moves to float64: so few that their error stays below that of one rounding or so. */
export const FLUSH = 64;

/** Sums of float32: added in float32, moved to float64 now and then. */
class FloatSum implements Accumulator {
  readonly #e: Emitter;
  readonly #near: Register;
  readonly #far: Register;

  constructor(e: Emitter) {
    this.#e = e;
    this.#near = new Register(e, emitConstant(e, 0, 'float32'));
    this.#far = new Register(e, emitConstant(e, 0, 'float64'));
  }

  add(value: Lanes, valid?: Lanes): void {
    const counted = valid ? emitSelect(this.#e, valid, value, emitConstant(this.#e, 0, 'float32')) : value;
    this.#near.set(emitOp(this.#e, 'add', 'float32', [this.#near.lanes, counted]));
  }

  addProduct(a: Lanes, b: Lanes): void {
    const [x, y, sum] = [a.parts[0] as V128, b.parts[0] as V128, this.#near.lanes.parts[0] as V128];
    const fused = this.#e.features.relaxed ? f32x4.relaxed_madd(x, y, sum) : f32x4.add(sum, f32x4.mul(x, y));
    this.#e.f.set(sum as Local<'v128'>, fused);
  }

  flush(): void {
    const wide = emitCast(this.#e, this.#near.lanes, 'float64');
    this.#far.set(emitOp(this.#e, 'add', 'float64', [this.#far.lanes, wide]));
    this.#near.set(emitConstant(this.#e, 0, 'float32'));
  }

  merge(other: FloatSum): void {
    this.#far.set(emitOp(this.#e, 'add', 'float64', [this.#far.lanes, other.#far.lanes]));
  }

  lanes(): Lanes {
    return emitCast(this.#e, this.#far.lanes, 'float32');
  }

  total(): Lanes {
    return emitCast(this.#e, emitHorizontal(this.#e, 'add', 'float64', this.#far.lanes), 'float32');
  }
}

const FOLDS = { sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const;

/** Everything that folds by one operation of the table; products of float32 in float64, where they do not overflow early. */
class Fold implements Accumulator {
  readonly #e: Emitter;
  readonly #op: 'add' | 'mul' | 'max' | 'min';
  readonly #dtype: DType;
  readonly #work: DType;
  readonly #identity: Lanes;
  readonly #sum: Register;

  constructor(e: Emitter, op: 'sum' | 'prod' | 'max' | 'min', dtype: DType) {
    this.#e = e;
    this.#op = FOLDS[op];
    this.#dtype = dtype;
    this.#work = op === 'prod' && dtype === 'float32' ? 'float64' : dtype;
    this.#identity = emitConstant(e, identity(op, this.#work), this.#work);
    this.#sum = new Register(e, this.#identity);
  }

  add(value: Lanes, valid?: Lanes): void {
    const e = this.#e;
    const wide = this.#work === this.#dtype ? value : emitCast(e, value, this.#work);
    const counted = valid ? emitSelect(e, valid, wide, this.#identity) : wide;
    this.#sum.set(emitOp(e, this.#op, this.#work, [this.#sum.lanes, counted]));
  }

  flush(): void {}

  merge(other: Fold): void {
    this.#sum.set(emitOp(this.#e, this.#op, this.#work, [this.#sum.lanes, other.#sum.lanes]));
  }

  lanes(): Lanes {
    return this.#narrow(this.#sum.snapshot());
  }

  total(): Lanes {
    return this.#narrow(emitHorizontal(this.#e, this.#op, this.#work, this.#sum.lanes));
  }

  #narrow(value: Lanes): Lanes {
    return this.#work === this.#dtype ? value : emitCast(this.#e, value, this.#dtype);
  }
}

/** The four values in another order. */
function rearranged(e: Emitter, { dtype, parts }: Lanes, order: readonly number[]): Lanes {
  const [low, high] = parts as [V128, V128?];
  const bytes = 16 / (4 / parts.length);
  const perPart = 4 / parts.length;
  const positions = order.flatMap((lane) => Array.from({ length: bytes }, (_, byte) => lane * bytes + byte));
  const picked = parts.map((_, i) => shuffle(low, high ?? low, positions.slice(16 * i, 16 * i + perPart * bytes)));
  return { dtype, parts: picked.map((part) => e.f.local('v128', part)) };
}

/** The position of the largest or smallest value; the first one where several are, and NaN is beyond all. */
class ArgFold implements Accumulator {
  readonly #e: Emitter;
  readonly #better: 'gt' | 'lt';
  readonly #dtype: DType;
  readonly #best: Register;
  readonly #at: Register;

  constructor(e: Emitter, op: 'argmax' | 'argmin', dtype: DType) {
    this.#e = e;
    this.#better = op === 'argmax' ? 'gt' : 'lt';
    this.#dtype = dtype;
    this.#best = new Register(e, emitConstant(e, identity(op, dtype), dtype));
    this.#at = new Register(e, emitConstant(e, 0, 'int32'));
  }

  add(value: Lanes, valid: Lanes | undefined, position: Lanes): void {
    const better = this.#isBetter(value, this.#best.lanes);
    this.#take(valid ? this.#and(better, valid) : better, value, position);
  }

  flush(): void {}

  merge(other: ArgFold): void {
    this.#challenge(other.#best.lanes, other.#at.lanes);
  }

  lanes(): Lanes {
    return this.#at.snapshot();
  }

  total(): Lanes {
    // Each half of the lanes challenges the other.
    for (const order of [
      [2, 3, 0, 1],
      [1, 0, 3, 2],
    ]) {
      this.#challenge(rearranged(this.#e, this.#best.lanes, order), rearranged(this.#e, this.#at.lanes, order));
    }
    return this.#at.snapshot();
  }

  /** Takes a value found elsewhere: better, or as good and earlier. */
  #challenge(value: Lanes, position: Lanes): void {
    const e = this.#e;
    const better = this.#isBetter(value, this.#best.lanes);
    const worse = this.#isBetter(this.#best.lanes, value);
    const earlier = emitOp(e, 'lt', 'int32', [position, this.#at.lanes]);
    const equal = emitOp(e, 'not', 'bool', [emitOp(e, 'or', 'bool', [better, worse])]);
    this.#take(emitOp(e, 'or', 'bool', [better, this.#and(equal, earlier)]), value, position);
  }

  /** Beyond the best, or the first NaN: not at or before the best, unless that is NaN. */
  #isBetter(value: Lanes, best: Lanes): Lanes {
    const e = this.#e;
    if (!isFloat(this.#dtype)) return emitOp(e, this.#better, this.#dtype, [value, best]);
    const within = emitOp(e, this.#better === 'gt' ? 'le' : 'ge', this.#dtype, [value, best]);
    const beyond = emitOp(e, 'not', 'bool', [within]);
    return this.#and(beyond, emitOp(e, 'eq', this.#dtype, [best, best]));
  }

  #and(a: Lanes, b: Lanes): Lanes {
    return emitOp(this.#e, 'and', 'bool', [a, b]);
  }

  #take(where: Lanes, value: Lanes, position: Lanes): void {
    this.#best.set(emitSelect(this.#e, where, value, this.#best.lanes));
    this.#at.set(emitSelect(this.#e, where, position, this.#at.lanes));
  }
}

/** Makes the accumulator of a reduction of values of a compute dtype; its code starts here. */
export function accumulator(e: Emitter, op: ReduceOp, dtype: DType): Accumulator {
  const work = computeDType(dtype);
  if (op === 'argmax' || op === 'argmin') return new ArgFold(e, op, work);
  return op === 'sum' && work === 'float32' ? new FloatSum(e) : new Fold(e, op, work);
}
