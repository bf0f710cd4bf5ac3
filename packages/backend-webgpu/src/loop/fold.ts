import { type DType, dtypes, isFloat, type ReduceOp } from '@flambeau/backend';
import { emitConstant, emitOp, valueType } from '../wgsl/scalar.ts';
import type { Context } from './context.ts';

type ValueType = 'f32' | 'i32' | 'bool';

/** How a reduce stage combines values. What it carries is one value, or a rank and a position. */
export interface Fold {
  readonly types: readonly ValueType[];
  /** What nothing folds to. */
  readonly identity: readonly string[];
  /** Whether long folds are taken in blocks, so that small summands do not meet a large sum. */
  readonly inBlocks: boolean;
  /** What an element contributes. */
  element(value: string, position: string): readonly string[];
  /** Two parts in one. */
  combine(a: readonly string[], b: readonly string[]): readonly string[];
  /** What the invocations of a subgroup hold, in one, by subgroup operations; absent where there are none for it. */
  readonly inSubgroup?: ((parts: readonly string[]) => readonly string[]) | undefined;
  /** The stage's result. */
  result(parts: readonly string[]): string;
}

const FOLDS = { sum: 'add', prod: 'mul', max: 'max', min: 'min' } as const;

function identity(op: keyof typeof FOLDS, dtype: DType): number {
  const { kind, min, max } = dtypes[dtype];
  if (op === 'sum') return 0;
  if (op === 'prod') return 1;
  if (op === 'max') return kind === 'float' ? Number.NEGATIVE_INFINITY : Number(min);
  return kind === 'float' ? Number.POSITIVE_INFINITY : Number(max);
}

/** The fold of a reduce stage over values of a dtype. */
export function foldOf(context: Context, op: ReduceOp, dtype: DType): Fold {
  if (op === 'argmax' || op === 'argmin') return positionFold(context, op, dtype);
  const { library } = context;
  const combine = FOLDS[op];
  const inBlocks = op === 'sum' && isFloat(dtype);
  return {
    types: [valueType(dtype)],
    identity: [inBlocks ? `bitcast<f32>(${context.zero})` : emitConstant(library, identity(op, dtype), dtype)],
    inBlocks,
    element: (value) => [value],
    combine: (a, b) => [emitOp(library, combine, dtype, [a[0] as string, b[0] as string])],
    inSubgroup: subgroupFold(context, op as keyof typeof FOLDS, dtype),
    result: ([value]) => value as string,
  };
}

const IN_SUBGROUP = { sum: 'subgroupAdd', prod: 'subgroupMul', max: 'subgroupMax', min: 'subgroupMin' } as const;

/** Orders floats as integers, -0 below 0, and back; NaN is what `nan` says. */
const KEYS = `fn float_key(x: f32, nan: i32) -> i32 {
  let bits = bitcast<i32>(x);
  return select(bits ^ ((bits >> 31u) & 0x7fffffff), nan, (bits & 0x7fffffff) > 0x7f800000);
}
fn key_float(key: i32, nan: i32) -> f32 {
  return bitcast<f32>(select(key ^ ((key >> 31u) & 0x7fffffff), 0x7fc00000, key == nan));
}
`;

function subgroupFold(context: Context, op: keyof typeof FOLDS, dtype: DType): Fold['inSubgroup'] {
  const name = IN_SUBGROUP[op];
  if (!isFloat(dtype)) return dtype === 'int32' ? ([value]) => [`${name}(${value})`] : undefined;
  if (op === 'sum' || op === 'prod') return ([value]) => [`${name}(${value})`];
  // Subgroup operations may overlook NaN, which here is beyond all.
  const nan = op === 'max' ? '0x7fffffff' : 'i32(-2147483648)';
  return ([value]) => {
    context.declarations.set('keys', KEYS);
    return [`key_float(${name}(float_key(${value}, ${nan})), ${nan})`];
  };
}

/** Ranks floats as integers: shaders need not know NaN, which here is beyond all. */
const RANK = `fn float_rank(x: f32, flip: i32) -> i32 {
  let bits = bitcast<i32>(x);
  let size = bits & 0x7fffffff;
  let rank = select(size, -size, bits < 0);
  return select(rank ^ flip, 0x7fffffff, size > 0x7f800000);
}
`;

/** Positions that no element has. */
const NOWHERE = '0x7fffffff';

function positionFold(context: Context, op: 'argmax' | 'argmin', dtype: DType): Fold {
  const { lines } = context;
  const flip = op === 'argmin';
  // The smallest has the largest complement.
  const rank = (value: string): string => {
    if (isFloat(dtype)) {
      context.declarations.set('rank', RANK);
      return `float_rank(${value}, ${flip ? -1 : 0})`;
    }
    const number = dtype === 'bool' ? `select(0, 1, ${value})` : value;
    return flip ? `~${number}` : number;
  };
  return {
    types: ['i32', 'i32'],
    identity: ['i32(-2147483648)', NOWHERE],
    inBlocks: false,
    element: (value, position) => [lines.let(rank(value)), position],
    combine: ([rankA, atA], [rankB, atB]) => {
      const better = lines.let(`${rankB} > ${rankA} || (${rankB} == ${rankA} && ${atB} < ${atA})`);
      return [`select(${rankA}, ${rankB}, ${better})`, `select(${atA}, ${atB}, ${better})`];
    },
    inSubgroup: ([rank, at]) => {
      const best = lines.let(`subgroupMax(${rank})`);
      return [best, `subgroupMin(select(${NOWHERE}, ${at}, ${rank} == ${best}))`];
    },
    result: ([, at]) => `select(${at}, 0, ${at} == ${NOWHERE})`,
  };
}

/** Variables that hold what was folded so far. */
export class Accumulator {
  readonly names: readonly string[];
  readonly #context: Context;
  readonly #fold: Fold;

  constructor(context: Context, fold: Fold) {
    this.#context = context;
    this.#fold = fold;
    this.names = fold.types.map((type, i) => context.lines.var(type, fold.identity[i] as string));
  }

  take(parts: readonly string[]): void {
    this.#fold.combine(this.names, parts).forEach((text, i) => {
      this.#context.lines.add(`${this.names[i]} = ${text};`);
    });
  }
}
