import { castValue, computeDType, type DType, type Expr, exprDType, operands } from '@flambeau/backend';
import type { Lanes } from '../vector/emitter.ts';
import { emitCast, emitConstant, emitOp, emitRandom } from '../vector/index.ts';
import { gatherElements, indexLanes, loadElements } from './element-access.ts';
import type { Nest, Site } from './nest.ts';

/** What is known at a place of the code: results of stages, and expressions that were computed ahead of loops. */
export class Known {
  readonly results: ReadonlyMap<number, Lanes>;
  readonly values: ReadonlyMap<Expr, Lanes>;

  constructor(results: ReadonlyMap<number, Lanes> = new Map(), values: ReadonlyMap<Expr, Lanes> = new Map()) {
    this.results = results;
    this.values = values;
  }

  /** With the result of one more stage. */
  and(stage: number, result: Lanes): Known {
    return new Known(new Map([...this.results, [stage, result]]), this.values);
  }

  /** Computes here, ahead of a loop, what in an expression depends on no element and no index. */
  ahead(nest: Nest, expr: Expr): Known {
    const values = new Map(this.values);
    const evaluation = new Evaluation(nest, { position: nest.start, axis: -1, block: 0 }, this);
    const visit = (each: Expr): void => {
      if (values.has(each)) return;
      if (isFixed(each, this.results)) {
        if (each.kind === 'op' || each.kind === 'cast') values.set(each, evaluation.of(each));
      } else for (const operand of operands(each)) visit(operand);
    };
    visit(expr);
    return values.size === this.values.size ? this : new Known(this.results, values);
  }
}

/** Whether an expression has one value per outer index, which is known already. */
function isFixed(expr: Expr, results: ReadonlyMap<number, Lanes>): boolean {
  if (expr.kind === 'const' || expr.kind === 'scalar') return true;
  if (expr.kind === 'stage') return results.has(expr.stage);
  return (expr.kind === 'op' || expr.kind === 'cast') && operands(expr).every((operand) => isFixed(operand, results));
}

/** Writes the code of expressions at one site; an expression that occurs twice is computed once. */
export class Evaluation {
  readonly #nest: Nest;
  readonly #site: Site;
  readonly #results: ReadonlyMap<number, Lanes>;
  readonly #known: Map<Expr, Lanes>;
  readonly #loads = new Map<number, Lanes>();

  constructor(nest: Nest, site: Site, known: Known) {
    this.#nest = nest;
    this.#site = site;
    this.#results = known.results;
    this.#known = new Map(known.values);
  }

  /** The four values of an expression. */
  of(expr: Expr): Lanes {
    let found = this.#known.get(expr);
    if (!found) {
      found = this.#compute(expr);
      this.#known.set(expr, found);
    }
    return found;
  }

  #compute(expr: Expr): Lanes {
    const { e, kernel } = this.#nest;
    switch (expr.kind) {
      case 'const':
        return emitConstant(e, castValue(expr.value, expr.dtype), computeDType(expr.dtype));
      case 'scalar':
        return this.#nest.scalar(expr.slot);
      case 'load': {
        const found = this.#loads.get(expr.access) ?? loadElements(this.#nest, expr.access, this.#site);
        this.#loads.set(expr.access, found);
        return found;
      }
      case 'gather':
        return gatherElements(this.#nest, expr.access, this.#site, expr.indices, (index) => this.of(index));
      case 'index':
        return indexLanes(this.#nest, expr.axis, this.#site);
      case 'stage':
        return this.#results.get(expr.stage) as Lanes;
      case 'op': {
        const dtype = exprDType(kernel, expr.args.at(-1) as Expr) as DType;
        return emitOp(
          e,
          expr.op,
          dtype,
          expr.args.map((arg) => this.of(arg)),
        );
      }
      case 'cast':
        return emitCast(e, this.of(expr.arg), expr.dtype);
      case 'random':
        return emitRandom(e, this.of(expr.key), this.of(expr.counter));
    }
  }
}
