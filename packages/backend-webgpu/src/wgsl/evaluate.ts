import {
  computeDType,
  type DType,
  type Expr,
  exprDType,
  isFloat,
  type Kernel,
  type ScalarOpName,
  scalarOps,
} from '@flambeau/backend';
import type { Library } from './library.ts';
import type { Lines } from './lines.ts';
import { emitCast, emitConstant, emitOp, emitRandom } from './scalar.ts';

/** Where an expression's code goes and how it reaches what lies outside of it; all texts are in value form. */
export interface Site {
  readonly kernel: Kernel;
  readonly library: Library;
  readonly lines: Lines;
  /** The element of an access at the current indices. */
  load(access: number): string;
  /** The element of an access at computed indices, given by names or literals. */
  gather(access: number, indices: readonly string[]): string;
  /** The index along an axis: a name or a literal. */
  index(axis: number): string;
  stage(stage: number): string;
  scalar(slot: number): string;
  /** An i32 that is 0, which no compiler can know. */
  zero(): string;
}

/** What is known of an expression: a name or literal, and its dtype. */
interface Known {
  readonly text: string;
  readonly dtype: DType;
  readonly isLiteral?: boolean;
  /** Whether it is the literal 0 or -0 of a float. */
  readonly isZero?: boolean;
}

/** Operations that compilers leave out where an operand is 0, as if there were no -0 and no NaN. */
const FOLDED: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>(['add', 'sub', 'mul', 'div']);

/** Writes statements that compute expressions, each occurring expression and each load once. */
export class Evaluation {
  readonly #site: Site;
  readonly #known = new Map<Expr, Known>();
  readonly #loads = new Map<string, Known>();

  /** @param known - Names of what is computed already. */
  constructor(site: Site, known: ReadonlyMap<Expr, string> = new Map()) {
    this.#site = site;
    for (const [expr, text] of known) this.#known.set(expr, { text, dtype: exprDType(site.kernel, expr) });
  }

  /** The name of an expression's value. */
  of(expr: Expr): string {
    const found = this.#find(expr);
    return (found.isLiteral ? this.#unknown(found) : found).text;
  }

  #find(expr: Expr): Known {
    const known = this.#known.get(expr);
    if (known) return known;
    const found = this.#compute(expr);
    this.#known.set(expr, found);
    return found;
  }

  #compute(expr: Expr): Known {
    const { library, lines } = this.#site;
    const named = (text: string, dtype: DType): Known => ({ text: lines.let(text), dtype });
    switch (expr.kind) {
      case 'const':
        return {
          text: emitConstant(library, expr.value, expr.dtype),
          dtype: computeDType(expr.dtype),
          isLiteral: true,
          isZero: isFloat(expr.dtype) && Number(expr.value) === 0,
        };
      case 'cast': {
        const arg = this.#find(expr.arg);
        const [text = ''] = this.#operands([arg]);
        return named(emitCast(library, text, arg.dtype, expr.dtype), computeDType(expr.dtype));
      }
      case 'random':
        return named(emitRandom(library, this.#find(expr.key).text, this.#find(expr.counter).text), 'int32');
      case 'op': {
        const found = expr.args.map((arg) => this.#find(arg));
        const args = FOLDED.has(expr.op) ? found.map((arg) => (arg.isZero ? this.#unknown(arg) : arg)) : found;
        const dtype = (expr.op === 'where' ? args[1] : args[0])?.dtype as DType;
        const text = emitOp(library, expr.op, dtype, this.#operands(args));
        return named(text, scalarOps[expr.op].result === 'bool' ? 'bool' : dtype);
      }
      case 'gather': {
        const indices = expr.indices.map((at) => this.#find(at).text);
        return this.#once(`gather ${expr.access} ${indices}`, expr, () => this.#site.gather(expr.access, indices));
      }
      case 'load':
        return this.#once(`load ${expr.access}`, expr, () => this.#site.load(expr.access));
      case 'scalar':
        return this.#once(`scalar ${expr.slot}`, expr, () => this.#site.scalar(expr.slot));
      case 'index': {
        const text = this.#site.index(expr.axis);
        // Where a loop is written out, compilers know it.
        if (/^\d+$/.test(text)) return { text: `${text}i`, dtype: 'int32', isLiteral: true };
        return this.#once(`index ${expr.axis}`, expr, () => text);
      }
      case 'stage':
        return this.#once(`stage ${expr.stage}`, expr, () => this.#site.stage(expr.stage));
    }
  }

  /** What is not computed here: the site's text under a name. */
  #once(key: string, expr: Expr, text: () => string): Known {
    const known = this.#loads.get(key);
    if (known) return known;
    const found = { text: this.#site.lines.let(text()), dtype: exprDType(this.#site.kernel, expr) };
    this.#loads.set(key, found);
    return found;
  }

  /**
   * WGSL refuses operations on literals alone where the result is no number, or too large, and a result that compilers know may be a
   * 0: they shall not know one operand.
   */
  #operands(args: readonly Known[]): string[] {
    const isKnown = args.every(({ isLiteral }) => isLiteral);
    return args.map((arg, i) => (isKnown && i === 0 ? this.#unknown(arg) : arg).text);
  }

  /** A literal's value, which compilers do not know. */
  #unknown({ text, dtype }: Known): Known {
    const { lines, zero } = this.#site;
    if (dtype === 'bool') return { text: lines.let(`${text} | (${zero()} != 0)`), dtype };
    const bits = isFloat(dtype) ? `bitcast<f32>(bitcast<i32>(${text}) | ${zero()})` : `${text} | ${zero()}`;
    return { text: lines.let(bits), dtype };
  }
}
