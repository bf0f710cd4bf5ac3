import { castValue, computeDType, type DType, type Expr, exprDType } from '@flambeau/backend';
import type { Lanes } from '../vector/emitter.ts';
import { emitCast, emitConstant, emitOp, emitRandom } from '../vector/index.ts';
import { gatherElements, indexLanes, loadElements } from './element-access.ts';
import type { Nest, Site } from './nest.ts';

/** Writes the code of expressions at one site; an expression that occurs twice is computed once. */
export class Evaluation {
  readonly #nest: Nest;
  readonly #site: Site;
  /** Results of the stages so far. */
  readonly #results: ReadonlyMap<number, Lanes>;
  readonly #known = new Map<Expr, Lanes>();
  readonly #loads = new Map<number, Lanes>();

  constructor(nest: Nest, site: Site, results: ReadonlyMap<number, Lanes>) {
    this.#nest = nest;
    this.#site = site;
    this.#results = results;
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
