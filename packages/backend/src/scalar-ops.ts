import { floorDivide, remainder } from './division.ts';
import { type DType, dtypes, roundHalfEven, roundTo, type Value } from './dtype.ts';
import { erf, erfc, erfinv } from './erf.ts';
import { DTypeError } from './errors.ts';
import { digamma, lgamma, polygamma } from './gamma.ts';

type NumberFunction = (a: number, b: number, c: number) => number;
type BigFunction = (a: bigint, b: bigint, c: bigint) => bigint | number;

/**
 * One scalar operation: what it accepts, what it gives and its meaning. A kind without a function is not accepted.
 * Operands share one dtype (but for the condition of `where`); the result has it too unless `result` is `'bool'`.
 */
export interface ScalarOp {
  readonly arity: 1 | 2 | 3;
  readonly result: 'operand' | 'bool';
  /** Meaning on floats; the result is rounded to the dtype afterwards. */
  readonly float?: NumberFunction;
  /** Meaning on int32 and narrower (and on bool where `bool` is set); the result wraps afterwards. */
  readonly int?: NumberFunction;
  /** Meaning on int64. */
  readonly big?: BigFunction;
  /** Whether bool operands are accepted, through `int`, as 0 and 1. */
  readonly bool?: true;
  /** Interval of operands that tests should mostly draw from; the whole line when absent. */
  readonly samples?: readonly [number, number];
}

const nan = Number.NaN;

/** Larger of two, NaN if either is NaN. */
const larger = (a: number, b: number): number => (a !== a || b !== b ? nan : a > b ? a : b);
const smaller = (a: number, b: number): number => (a !== a || b !== b ? nan : a < b ? a : b);

const floatOnly = (float: NumberFunction, samples?: readonly [number, number]): ScalarOp => ({
  arity: 1,
  result: 'operand',
  float,
  ...(samples && { samples }),
});

const compare = (number: (a: number, b: number) => boolean, big: (a: bigint, b: bigint) => boolean): ScalarOp => ({
  arity: 2,
  result: 'bool',
  float: (a, b) => +number(a, b),
  int: (a, b) => +number(a, b),
  big: (a, b) => +big(a, b),
  bool: true,
});

const bitwise = (int: NumberFunction, big: BigFunction): ScalarOp => ({
  arity: 2,
  result: 'operand',
  int,
  big,
  bool: true,
});

/** Names of the scalar operations. */
export type ScalarOpName =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc'
  | 'sqrt'
  | 'rsqrt'
  | 'reciprocal'
  | 'exp'
  | 'exp2'
  | 'expm1'
  | 'log'
  | 'log2'
  | 'log10'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf'
  | 'erfc'
  | 'erfinv'
  | 'lgamma'
  | 'digamma'
  | 'polygamma'
  | 'sigmoid'
  | 'isnan'
  | 'signbit'
  | 'not'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'floorDiv'
  | 'truncDiv'
  | 'remainder'
  | 'fmod'
  | 'pow'
  | 'atan2'
  | 'max'
  | 'min'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'and'
  | 'or'
  | 'xor'
  | 'shiftLeft'
  | 'shiftRight'
  | 'where';

/** The table of scalar operations; every backend computes each row, natively or through its decomposition. */
export const scalarOps: Readonly<Record<ScalarOpName, ScalarOp>> = {
  neg: { arity: 1, result: 'operand', float: (a) => -a, int: (a) => -a, big: (a) => -a },
  abs: { arity: 1, result: 'operand', float: Math.abs, int: Math.abs, big: (a) => (a < 0n ? -a : a) },
  sign: {
    arity: 1,
    result: 'operand',
    // PyTorch's sign of NaN is 0, and so is that of -0.
    float: (a) => (a > 0 ? 1 : a < 0 ? -1 : 0),
    int: Math.sign,
    big: (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n),
  },
  floor: floatOnly(Math.floor),
  ceil: floatOnly(Math.ceil),
  round: floatOnly(roundHalfEven),
  trunc: floatOnly(Math.trunc),
  sqrt: floatOnly(Math.sqrt, [0, 100]),
  rsqrt: floatOnly((a) => 1 / Math.sqrt(a), [0, 100]),
  reciprocal: floatOnly((a) => 1 / a),
  exp: floatOnly(Math.exp, [-20, 20]),
  exp2: floatOnly((a) => 2 ** a, [-20, 20]),
  expm1: floatOnly(Math.expm1, [-20, 20]),
  log: floatOnly(Math.log, [0, 100]),
  log2: floatOnly(Math.log2, [0, 100]),
  log10: floatOnly(Math.log10, [0, 100]),
  log1p: floatOnly(Math.log1p, [-1, 100]),
  sin: floatOnly(Math.sin),
  cos: floatOnly(Math.cos),
  tan: floatOnly(Math.tan, [-1.5, 1.5]),
  asin: floatOnly(Math.asin, [-1, 1]),
  acos: floatOnly(Math.acos, [-1, 1]),
  atan: floatOnly(Math.atan),
  sinh: floatOnly(Math.sinh, [-20, 20]),
  cosh: floatOnly(Math.cosh, [-20, 20]),
  tanh: floatOnly(Math.tanh, [-20, 20]),
  asinh: floatOnly(Math.asinh),
  acosh: floatOnly(Math.acosh, [1, 100]),
  atanh: floatOnly(Math.atanh, [-1, 1]),
  erf: floatOnly(erf, [-5, 5]),
  erfc: floatOnly(erfc, [-5, 5]),
  erfinv: floatOnly(erfinv, [-1, 1]),
  lgamma: floatOnly(lgamma, [0.1, 30]),
  digamma: floatOnly(digamma, [0.1, 30]),
  /** Of order a (an integer) at b. */
  polygamma: { arity: 2, result: 'operand', float: polygamma, samples: [0, 6] },
  sigmoid: floatOnly((a) => 1 / (1 + Math.exp(-a)), [-20, 20]),
  isnan: { arity: 1, result: 'bool', float: (a) => +(a !== a) },
  signbit: {
    arity: 1,
    result: 'bool',
    float: (a) => +(a < 0 || Object.is(a, -0)),
    int: (a) => +(a < 0),
    big: (a) => +(a < 0n),
  },
  not: {
    arity: 1,
    result: 'operand',
    int: (a) => ~a,
    big: (a) => ~a,
    bool: true,
  },
  add: { arity: 2, result: 'operand', float: (a, b) => a + b, int: (a, b) => a + b, big: (a, b) => a + b },
  sub: { arity: 2, result: 'operand', float: (a, b) => a - b, int: (a, b) => a - b, big: (a, b) => a - b },
  mul: { arity: 2, result: 'operand', float: (a, b) => a * b, int: Math.imul, big: (a, b) => a * b },
  div: { arity: 2, result: 'operand', float: (a, b) => a / b },
  // Integer division by zero gives 0 and remainder by zero gives 0: no device traps.
  floorDiv: {
    arity: 2,
    result: 'operand',
    float: floorDivide,
    int: (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
    big: (a, b) => (b === 0n ? 0n : a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n)),
  },
  truncDiv: {
    arity: 2,
    result: 'operand',
    // Of the quotient as the dtype holds it, as PyTorch's rounding mode 'trunc'; see evaluateScalarOp.
    float: (a, b) => Math.trunc(a / b),
    int: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
    big: (a, b) => (b === 0n ? 0n : a / b),
  },
  remainder: {
    arity: 2,
    result: 'operand',
    float: remainder,
    int: (a, b) => (b === 0 ? 0 : remainder(a, b)),
    big: (a, b) => {
      if (b === 0n) return 0n;
      const rest = a % b;
      return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
    },
  },
  fmod: {
    arity: 2,
    result: 'operand',
    float: (a, b) => a % b,
    int: (a, b) => (b === 0 ? 0 : a % b),
    big: (a, b) => (b === 0n ? 0n : a % b),
  },
  pow: { arity: 2, result: 'operand', float: power, int: integerPower, big: bigPower, samples: [0, 8] },
  atan2: { arity: 2, result: 'operand', float: Math.atan2 },
  max: {
    arity: 2,
    result: 'operand',
    float: larger,
    int: (a, b) => Math.max(a, b),
    big: (a, b) => (a > b ? a : b),
    bool: true,
  },
  min: {
    arity: 2,
    result: 'operand',
    float: smaller,
    int: (a, b) => Math.min(a, b),
    big: (a, b) => (a < b ? a : b),
    bool: true,
  },
  eq: compare(
    (a, b) => a === b,
    (a, b) => a === b,
  ),
  ne: compare(
    (a, b) => a !== b,
    (a, b) => a !== b,
  ),
  lt: compare(
    (a, b) => a < b,
    (a, b) => a < b,
  ),
  le: compare(
    (a, b) => a <= b,
    (a, b) => a <= b,
  ),
  gt: compare(
    (a, b) => a > b,
    (a, b) => a > b,
  ),
  ge: compare(
    (a, b) => a >= b,
    (a, b) => a >= b,
  ),
  and: bitwise(
    (a, b) => a & b,
    (a, b) => a & b,
  ),
  or: bitwise(
    (a, b) => a | b,
    (a, b) => a | b,
  ),
  xor: bitwise(
    (a, b) => a ^ b,
    (a, b) => a ^ b,
  ),
  // Shifting by the width or more gives 0 (or the sign), as on no particular machine but everywhere alike.
  shiftLeft: {
    arity: 2,
    result: 'operand',
    int: (a, b) => (b < 0 || b > 31 ? 0 : a << b),
    big: (a, b) => (b < 0n || b > 63n ? 0n : a << b),
    samples: [0, 31],
  },
  shiftRight: {
    arity: 2,
    result: 'operand',
    int: (a, b) => (b < 0 || b > 31 ? (a < 0 ? -1 : 0) : a >> b),
    big: (a, b) => (b < 0n || b > 63n ? (a < 0n ? -1n : 0n) : a >> b),
    samples: [0, 31],
  },
  where: {
    arity: 3,
    result: 'operand',
    float: (a, b, c) => (a ? b : c),
    int: (a, b, c) => (a ? b : c),
    big: (a, b, c) => (a ? b : c),
    bool: true,
  },
};

/** C's pow: differs from JavaScript's only where the base is ±1 and the exponent is infinite or NaN. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && !Number.isFinite(b) && b === b) ? 1 : a ** b;
}

/** Wrapping integer power; a negative exponent gives 0 unless the base is ±1. @source PyTorch's integer `pow`. */
function integerPower(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  let base = a;
  for (let e = b; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

function bigPower(a: bigint, b: bigint): bigint {
  if (b < 0n) return a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
  let result = 1n;
  let base = a;
  for (let e = b; e > 0n; e >>= 1n) {
    if (e & 1n) result = BigInt.asIntN(64, result * base);
    base = BigInt.asIntN(64, base * base);
  }
  return result;
}

/** Whether an operation accepts operands of a dtype. */
export function acceptsDType(name: ScalarOpName, dtype: DType): boolean {
  const row = scalarOps[name];
  if (dtype === 'bool') return row.bool === true;
  if (dtype === 'int64') return row.big !== undefined;
  return dtypes[dtype].kind === 'float' ? row.float !== undefined : row.int !== undefined;
}

/**
 * Computes one scalar operation exactly as every backend must: on operands of `dtype` (for `where`, the dtype of the
 * branches), result rounded to its dtype.
 *
 * @throws {DTypeError} The operation does not accept the dtype.
 */
export function evaluateScalarOp(name: ScalarOpName, dtype: DType, a: Value, b: Value = 0, c: Value = 0): Value {
  const row = scalarOps[name];
  if (!acceptsDType(name, dtype)) throw new DTypeError(name, `does not accept ${dtype}.`, { dtype });
  const target = row.result === 'bool' ? 'bool' : dtype;
  if (dtype === 'int64') return roundTo(target, (row.big as BigFunction)(a as bigint, b as bigint, c as bigint));
  const isFloat = dtypes[dtype].kind === 'float';
  if (isFloat && name === 'truncDiv') return Math.trunc(roundTo(dtype, (a as number) / (b as number)) as number);
  const compute = (isFloat ? row.float : row.int) as NumberFunction;
  const value = compute(a as number, b as number, c as number);
  // For bool, "not" flips the lowest bit only.
  return dtype === 'bool' && name === 'not' ? value & 1 : roundTo(target, value);
}
