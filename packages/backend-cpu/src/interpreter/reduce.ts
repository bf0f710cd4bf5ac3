import { type DType, dtypes, evaluateScalarOp, isFloat, type ReduceOp, roundTo, type Value } from '@flambeau/backend';

const isNaNValue = (value: Value): boolean => value !== value;

/** What a reduction of nothing gives. */
export function reduceIdentity(op: ReduceOp, dtype: DType): Value {
  const integer = (value: number): Value => (dtype === 'int64' ? BigInt(value) : value);
  switch (op) {
    case 'sum':
      return integer(0);
    case 'prod':
      return integer(1);
    case 'max':
      return isFloat(dtype) ? Number.NEGATIVE_INFINITY : dtypes[dtype].min;
    case 'min':
      return isFloat(dtype) ? Number.POSITIVE_INFINITY : dtypes[dtype].max;
    case 'argmax':
    case 'argmin':
      return 0;
  }
}

/** Folds values of one dtype, in order. */
export class Reducer {
  readonly #op: ReduceOp;
  readonly #dtype: DType;
  /** The running result; for `argmax` and `argmin` the best value so far. */
  #value: Value;
  #position = 0;
  #count = 0;

  constructor(op: ReduceOp, dtype: DType) {
    this.#op = op;
    this.#dtype = dtype;
    this.#value = reduceIdentity(op, dtype);
  }

  /** Takes the next value. */
  add(value: Value): void {
    if (this.#op === 'sum' || this.#op === 'prod') this.#value = this.#combine(value);
    else if (this.#count === 0 || this.#isBetter(value)) {
      this.#value = value;
      this.#position = this.#count;
    }
    this.#count++;
  }

  /** The result, rounded to its dtype. */
  get result(): Value {
    if (this.#op === 'argmax' || this.#op === 'argmin') return this.#position;
    return roundTo(this.#dtype, this.#value);
  }

  /** Floats accumulate in float64, integers wrap at each step. */
  #combine(value: Value): Value {
    if (isFloat(this.#dtype)) {
      const total = this.#value as number;
      return this.#op === 'sum' ? total + (value as number) : total * (value as number);
    }
    return evaluateScalarOp(this.#op === 'sum' ? 'add' : 'mul', this.#dtype, this.#value, value);
  }

  /** NaN beats everything, and nothing beats the first NaN. */
  #isBetter(value: Value): boolean {
    if (isNaNValue(this.#value)) return false;
    if (isNaNValue(value)) return true;
    return this.#op === 'max' || this.#op === 'argmax' ? value > this.#value : value < this.#value;
  }
}
