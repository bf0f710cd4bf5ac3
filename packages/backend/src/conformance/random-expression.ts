import { castValue, type DType, isFloat, type Value } from '../dtype.ts';
import { cast, constant, type Expr, gather, index, load, op, random, stage } from '../expr.ts';
import { computeDType } from '../kernel.ts';
import { acceptsDType, type ScalarOpName, scalarOps } from '../scalar-ops.ts';
import type { Shape } from '../view.ts';
import type { Choices } from './choices.ts';
import type { CaseBuilder } from './kernel-case.ts';
import { allowedUlps, type ConformanceOptions } from './options.ts';
import { randomView } from './random-view.ts';

/** What random expressions of one kernel share. */
export interface RandomContext {
  readonly choices: Choices;
  readonly builder: CaseBuilder;
  readonly options: ConformanceOptions;
  /** Dtypes of the device. */
  readonly dtypes: readonly DType[];
  /** An input buffer of a dtype: its number. */
  readonly buffer: (dtype: DType) => number;
  /** Results of stages so far, in the dtype they are computed in. */
  readonly results: { readonly stage: number; readonly dtype: DType }[];
}

const names = Object.keys(scalarOps) as ScalarOpName[];

/** A number that a dtype holds: small ones, edges, and for floats what is not finite. */
function randomConstant(dtype: DType, choices: Choices): Value {
  const floats = [0.5, -0.25, -0, 0.1, 1e10, -3.5, Number.POSITIVE_INFINITY, Number.NaN];
  const integers = [-3, 7, 31, -1, 100, 2 ** 31 - 1];
  const value = choices.pick([0, 1, 2, -1, 3, ...(isFloat(dtype) ? floats : integers)]);
  return castValue(value, dtype);
}

/** Which of -0 and 0 is the larger is left to the device; adding 0 makes both into 0. */
export function sureZero(expr: Expr, dtype: DType): Expr {
  return isFloat(dtype) ? op('add', expr, constant(0, dtype)) : expr;
}

/** Random expressions over the axes of one stage. */
export class ExpressionSource {
  readonly #context: RandomContext;
  readonly #extents: Shape;

  constructor(context: RandomContext, extents: Shape) {
    this.#context = context;
    this.#extents = extents;
  }

  /** An expression of a compute dtype made of operations that have one certain result. */
  exact(dtype: DType, depth: number): Expr {
    const { choices } = this.#context;
    if (depth <= 0) return this.#leaf(dtype, depth);
    switch (choices.int(0, 5)) {
      case 1:
      case 2:
        return this.#operation(dtype, depth);
      case 3:
        return op('where', this.exact('bool', depth - 1), this.exact(dtype, depth - 1), this.exact(dtype, depth - 1));
      case 4:
        return this.#converted(dtype, depth);
      case 5:
        return dtype === 'bool' ? this.#comparison(depth) : this.#operation(dtype, depth);
      default:
        return this.#leaf(dtype, depth);
    }
  }

  /** An operation that may differ in the last places, applied to exact operands within its samples. */
  rounded(dtype: DType, depth: number): { expr: Expr; name: ScalarOpName } {
    const { choices, options } = this.#context;
    const name = choices.pick(
      names.filter((each) => acceptsDType(each, dtype) && allowedUlps(each, dtype, options) > 0),
    );
    const { arity, samples = [-100, 100] } = scalarOps[name];
    const args = Array.from({ length: arity }, () => {
      const value = this.exact(dtype, depth - 1);
      return sureZero(op('max', op('min', value, constant(samples[1], dtype)), constant(samples[0], dtype)), dtype);
    });
    return { expr: op(name, ...args), name };
  }

  /** A float that is a small whole number, so that sums of it are exact in any order. */
  whole(dtype: DType): Expr {
    const { choices, dtypes } = this.#context;
    const narrow = (['bool', 'int8', 'uint8'] as const).filter((each) => dtypes.includes(each));
    const number = cast(this.exact(choices.pick(narrow), 1), dtype);
    return choices.int(0, 1) ? op('mul', number, constant(choices.int(-3, 3), dtype)) : number;
  }

  /** The result of an earlier stage, as a dtype. */
  result(dtype: DType): Expr {
    const found = this.#context.choices.pick(this.#context.results);
    const value = stage(found.stage);
    return found.dtype === dtype ? value : cast(value, dtype);
  }

  #operation(dtype: DType, depth: number): Expr {
    const { choices, options } = this.#context;
    const candidates = names.filter(
      (name) =>
        name !== 'where' &&
        acceptsDType(name, dtype) &&
        (scalarOps[name].result === 'operand' || dtype === 'bool') &&
        (!isFloat(dtype) || allowedUlps(name, dtype, options) === 0),
    );
    const name = choices.pick(candidates);
    const value = op(name, ...Array.from({ length: scalarOps[name].arity }, () => this.exact(dtype, depth - 1)));
    return name === 'max' || name === 'min' ? sureZero(value, dtype) : value;
  }

  #comparison(depth: number): Expr {
    const { choices } = this.#context;
    const dtype = this.#anyDType();
    const name = choices.pick(names.filter((each) => scalarOps[each].result === 'bool' && acceptsDType(each, dtype)));
    return op(name, ...Array.from({ length: scalarOps[name].arity }, () => this.exact(dtype, depth - 1)));
  }

  #converted(dtype: DType, depth: number): Expr {
    const { choices, dtypes } = this.#context;
    const halves = (['float16', 'bfloat16'] as const).filter((half) => dtypes.includes(half));
    if (dtype === 'float32' && halves.length && choices.rarely(3))
      return cast(this.exact(this.#anyDType(), depth - 1), choices.pick(halves));
    return cast(this.exact(this.#anyDType(), depth - 1), dtype);
  }

  #leaf(dtype: DType, depth: number): Expr {
    const { choices, builder, results, dtypes } = this.#context;
    switch (choices.int(0, 8)) {
      case 1:
        return constant(randomConstant(dtype, choices), dtype);
      case 2:
        return builder.scalar(dtype, randomConstant(dtype, choices));
      case 3: {
        if (this.#extents.length === 0) break;
        const at = index(choices.int(0, this.#extents.length - 1));
        return dtype === 'int32' ? at : cast(at, dtype);
      }
      case 4:
      case 7:
        if (!results.length) break;
        return this.result(dtype);
      case 5:
        return this.#lookup(dtype, depth);
      case 6:
        if (dtype !== 'int32') break;
        return random(this.exact('int32', depth - 1), this.exact('int32', depth - 1));
    }
    const stored = choices.pick([dtype, ...dtypes.filter((each) => computeDType(each) === dtype)]);
    const fill = randomConstant(stored, choices);
    return load(builder.read(this.#context.buffer(stored), randomView(this.#extents, choices), fill));
  }

  /** A gather along one or two computed indices, of which some lie outside. */
  #lookup(dtype: DType, depth: number): Expr {
    const { choices, builder } = this.#context;
    const sizes = Array.from({ length: choices.int(1, 2) }, () => choices.int(0, 5));
    const extents = [...this.#extents, ...sizes];
    const view = randomView(extents, choices);
    const indices = sizes.map((size) => op('remainder', this.exact('int32', depth - 1), constant(size + 1, 'int32')));
    return gather(builder.read(this.#context.buffer(dtype), view, randomConstant(dtype, choices)), indices);
  }

  #anyDType(): DType {
    const { choices, dtypes } = this.#context;
    return computeDType(choices.pick(dtypes));
  }
}
