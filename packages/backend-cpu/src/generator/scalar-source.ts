import { type DType, dtypes, isFloat, type ScalarOpName, scalarOps, type Value } from '@flambeau/backend';

/** How a piece of source represents its value. `flag` is a JavaScript boolean, for the dtype bool. */
export type Form = 'number' | 'bigint' | 'flag';

/** Source of a value and how it represents it. */
export interface Source {
  readonly text: string;
  readonly form: Form;
}

type Template = (a: string, b: string, c: string) => string;

const call =
  (name: string): Template =>
  (...args) =>
    `Math.${name}(${args.filter(Boolean).join(', ')})`;

const infix =
  (operator: string): Template =>
  (a, b) =>
    `(${a} ${operator} ${b})`;

const COMPARISONS: Readonly<Partial<Record<ScalarOpName, string>>> = {
  eq: '===',
  ne: '!==',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

/** Operations on floats that JavaScript has; the others call the contract's own function. */
const FLOAT: Readonly<Partial<Record<ScalarOpName, Template>>> = {
  neg: (a) => `(-${a})`,
  abs: call('abs'),
  floor: call('floor'),
  ceil: call('ceil'),
  trunc: call('trunc'),
  sqrt: call('sqrt'),
  rsqrt: (a) => `(1 / Math.sqrt(${a}))`,
  reciprocal: (a) => `(1 / ${a})`,
  exp: call('exp'),
  expm1: call('expm1'),
  log: call('log'),
  log2: call('log2'),
  log10: call('log10'),
  log1p: call('log1p'),
  sin: call('sin'),
  cos: call('cos'),
  tan: call('tan'),
  asin: call('asin'),
  acos: call('acos'),
  atan: call('atan'),
  atan2: call('atan2'),
  sinh: call('sinh'),
  cosh: call('cosh'),
  tanh: call('tanh'),
  sigmoid: (a) => `(1 / (1 + Math.exp(-${a})))`,
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: infix('/'),
  fmod: infix('%'),
  pow: (a, b) => `fastPower(${a}, ${b})`,
  sign: (a) => `((${a} > 0) - (${a} < 0))`,
  max: (a, b) => largerSource(a, b, '>'),
  min: (a, b) => largerSource(a, b, '<'),
};

/** Operations on float32 that are faster than on float64. */
const FLOAT32: Readonly<Partial<Record<ScalarOpName, Template>>> = {
  exp: (a) => `exp32(${a})`,
  sigmoid: (a) => `sigmoid32(${a})`,
  tanh: (a) => `tanh32(${a})`,
  log: (a) => `log32(${a})`,
  erf: (a) => `erf32(${a})`,
  max: (a, b) => clampedAtZero(a, b, '>') ?? largerSource(a, b, '>'),
  min: (a, b) => clampedAtZero(a, b, '<') ?? largerSource(a, b, '<'),
};

const LITERAL = /^\(?-?\d[\d.e+-]*\)?$/;

/** Picks one of two floats without a branch; the condition is 0 or 1. */
function pick(condition: string, yes: string, no: string): string {
  return `(pair[0] = ${no}, pair[1] = ${yes}, pair[${condition}])`;
}

/** The larger (or smaller) of two floats, the second where they are equal; NaN where either is. */
function largerSource(a: string, b: string, wins: '<' | '>'): string {
  const loses = wins === '>' ? '<' : '>';
  if (LITERAL.test(b)) return pick(`+!(${a} ${loses}= ${b})`, a, b);
  if (LITERAL.test(a)) return pick(`+!(${b} ${loses} ${a})`, b, a);
  return pick(`(${a} ${wins} ${b}) | (${a} !== ${a})`, a, b);
}

/** `max(a, 0)` and `min(a, 0)` of a float32: the sum is exact in float64. The last term turns -0 into 0. */
function clampedAtZero(a: string, b: string, wins: '<' | '>'): string | null {
  if (b !== '0' || LITERAL.test(a)) return null;
  const [infinite, sign] = wins === '>' ? ['-Infinity', '+'] : ['Infinity', '-'];
  return `(${a} === ${infinite} ? 0 : 0.5 * (${a} ${sign} Math.abs(${a})) + 0)`;
}

/** Whether the source of an operation mentions operands more than once, or in between others' evaluation. */
export function mentionsTwice(op: ScalarOpName, dtype: DType): boolean {
  if (op === 'isnan' || op === 'where') return true;
  return isFloat(dtype) && (op === 'sign' || op === 'max' || op === 'min');
}

/** Operations on int32 and narrower that need no call; the result is wrapped afterwards. */
const INT: Readonly<Partial<Record<ScalarOpName, Template>>> = {
  neg: (a) => `(-${a})`,
  abs: call('abs'),
  sign: call('sign'),
  not: (a) => `(~${a})`,
  add: infix('+'),
  sub: infix('-'),
  mul: call('imul'),
  max: call('max'),
  min: call('min'),
  and: infix('&'),
  or: infix('|'),
  xor: infix('^'),
};

const BIG: Readonly<Partial<Record<ScalarOpName, Template>>> = {
  neg: (a) => `(-${a})`,
  not: (a) => `(~${a})`,
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  and: infix('&'),
  or: infix('|'),
  xor: infix('^'),
};

/** Operations on floats whose result is representable whenever their operands are. */
const EXACT: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>([
  'neg',
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'trunc',
  'fmod',
  'max',
  'min',
]);

/** The name under which the generated code calls the contract's function of an operation. */
export function referenceName(op: ScalarOpName, dtype: DType): string {
  return `${op}_${dtype === 'int64' ? 'big' : isFloat(dtype) ? 'float' : 'int'}`;
}

/** A value as a literal; 16-bit floats and float32 are already rounded. */
export function literal(value: Value): string {
  if (typeof value === 'bigint') return value < 0n ? `(${value}n)` : `${value}n`;
  if (value !== value) return 'NaN';
  if (Object.is(value, -0)) return '(-0)';
  return value < 0 ? `(${value})` : `${value}`;
}

/** The source as a number (or bigint), never as a flag. */
export function asNumber({ text, form }: Source): string {
  return form === 'flag' ? `(+${text})` : text;
}

/** The source as a JavaScript condition. */
function asFlag({ text, form }: Source): string {
  return form === 'flag' ? text : `(${text} !== ${form === 'bigint' ? '0n' : '0'})`;
}

/** Wraps or rounds the exact result of an operation to its dtype. */
export function roundSource(text: string, dtype: DType): string {
  switch (dtype) {
    case 'float32':
      return `Math.fround(${text})`;
    case 'float64':
      return text;
    case 'float16':
    case 'bfloat16':
      return `${dtype}Round(${text})`;
    case 'int32':
      return `(${text} | 0)`;
    case 'int8':
      return `(${text} << 24 >> 24)`;
    case 'uint8':
      return `(${text} & 255)`;
    case 'bool':
      return `(${text} !== 0 ? 1 : 0)`;
    case 'int64':
      return `BigInt.asIntN(64, ${text})`;
  }
}

/** What an operation's result looks like in source, and whether it still has to be rounded. */
export interface OpSource extends Source {
  readonly exact: boolean;
  /** Name of a function of the contract that the source calls. */
  readonly reference?: string;
}

/**
 * Writes an operation on operands of `dtype`.
 *
 * The result of an operation that is not `exact` must go through {@link roundSource}, unless it is stored at once into
 * a typed array that rounds in the same way.
 */
export function opSource(op: ScalarOpName, dtype: DType, args: readonly Source[]): OpSource {
  const form: Form = dtype === 'int64' ? 'bigint' : 'number';
  if (op === 'where') {
    const [condition, yes, no] = args as [Source, Source, Source];
    return { text: whereSource(dtype, condition, asNumber(yes), asNumber(no)), form, exact: true };
  }
  const [a = '', b = '', c = ''] = args.map(asNumber);
  const comparison = COMPARISONS[op];
  if (comparison) return { text: `(${a} ${comparison} ${b})`, form: 'flag', exact: true };
  if (op === 'isnan') return { text: `(${a} !== ${a})`, form: 'flag', exact: true };
  if (op === 'truncDiv' && isFloat(dtype)) {
    return { text: `Math.trunc(${roundSource(`(${a} / ${b})`, dtype)})`, form, exact: true };
  }
  if (dtype === 'bool') {
    if (op === 'not') return { text: `!${asFlag(args[0] as Source)}`, form: 'flag', exact: true };
    const text = INT[op]?.(a, b, c);
    if (text) return { text, form, exact: true };
  }
  const table = dtype === 'int64' ? BIG : isFloat(dtype) ? FLOAT : INT;
  const text = ((dtype === 'float32' && FLOAT32[op]) || table[op])?.(a, b, c);
  const flag = scalarOps[op].result === 'bool';
  const exact = flag || (isFloat(dtype) && EXACT.has(op));
  if (text) return { text, form, exact };
  const reference = referenceName(op, dtype);
  return {
    text: `${reference}(${[a, b, c].filter(Boolean).join(', ')})`,
    form: flag ? 'number' : form,
    exact,
    reference,
  };
}

function whereSource(dtype: DType, condition: Source, yes: string, no: string): string {
  if (dtype === 'int64') return `(${asFlag(condition)} ? ${yes} : ${no})`;
  const index = asNumber(condition);
  return isFloat(dtype) ? pick(index, yes, no) : `(${no} ^ (${yes} ^ ${no}) & (0 - ${index} | 0))`;
}

/** Writes a conversion, as `castValue` does it. */
export function castSource(source: Source, from: DType, to: DType): Source {
  if (to === from) return source;
  if (to === 'bool') return { text: asFlag(source), form: 'flag' };
  const text = asNumber(source);
  if (to === 'int64') {
    return { text: isFloat(from) ? `toInt64(${text})` : `BigInt(${text})`, form: 'bigint' };
  }
  if (from === 'int64') {
    if (!isFloat(to)) return { text: roundSource(`Number(BigInt.asIntN(32, ${text}))`, to), form: 'number' };
    return { text: roundSource(`Number(${text})`, to), form: 'number' };
  }
  const same = isFloat(to) ? fits(from, to) : from === 'bool' || (!isFloat(from) && to === 'int32');
  return { text: same ? text : roundSource(text, to), form: 'number' };
}

/** Whether a float dtype represents every value of another dtype. */
function fits(from: DType, to: DType): boolean {
  if (from === 'bool') return true;
  if (isFloat(from)) return dtypes[from].bytes <= dtypes[to].bytes && dtypes[from].bytes > 2;
  const digits = { float64: 32, float32: 24, float16: 11, bfloat16: 8 }[to as 'float32'];
  return dtypes[from].bytes * 8 <= digits;
}
