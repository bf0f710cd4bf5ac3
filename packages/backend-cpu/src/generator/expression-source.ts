import { castValue, computeDType, type DType, type Expr, exprDType, type Kernel, operands } from '@flambeau/backend';
import type { Level } from './levels.ts';
import { isHalf } from './library.ts';
import { asNumber, castSource, literal, mentionsTwice, opSource, roundSource, type Source } from './scalar-source.ts';
import type { AccessSource, Position } from './walker.ts';

/** What an expression's source depends on. */
export interface Surroundings {
  readonly kernel: Kernel;
  readonly accesses: readonly AccessSource[];
  /** Where an access stands in the innermost body; asked once per access. */
  position(access: number, gathered: boolean): Position;
  /** The outermost position in the chain where an access's element is known. */
  accessLevel(access: number): number;
  /** Levels from the top of the function to the innermost body. */
  readonly chain: readonly Level[];
  /** Source of a stage's result, and the position in the chain where it is known. */
  stage(stage: number): { readonly source: Source; readonly level: number };
  /** Source of the current index along an axis in scope, and the position in the chain of its loop. */
  index(axis: number): { readonly text: string; readonly level: number };
  /** Distinguishes the names made here. */
  readonly prefix: string;
}

const IDENTIFIER = /^\w+$/;

interface Node {
  readonly expr: Expr;
  readonly dtype: DType;
  readonly args: readonly Node[];
  /** Position in the chain from where the value can be computed. */
  readonly level: number;
  uses: number;
  name?: Source;
}

/**
 * Writes expressions as source: equal subexpressions once, each at the outermost level where its operands are known.
 */
export class ExpressionSource {
  readonly #around: Surroundings;
  readonly #nodes = new Map<string, Node>();
  readonly #ids = new Map<Node, number>();
  readonly #positions = new Map<number, Position>();
  #names = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Adds an expression; call for every root before {@link write}. */
  add(expr: Expr): void {
    this.#node(expr).uses++;
  }

  /**
   * Source of an expression at the innermost level.
   *
   * @param rounded - False where what consumes the value rounds it to its dtype anyway.
   */
  write(expr: Expr, rounded: boolean): Source {
    const node = this.#node(expr);
    if (node.expr.kind === 'op' && !rounded && node.uses === 1 && node.level === this.#innermost) {
      return this.#operation(node, false);
    }
    return this.#use(node, this.#innermost);
  }

  /** Position of an access at the innermost body. */
  position(access: number, gathered = false): Position {
    let found = this.#positions.get(access);
    if (!found) {
      found = this.#around.position(access, gathered);
      this.#positions.set(access, found);
    }
    return found;
  }

  get #innermost(): number {
    return this.#around.chain.length - 1;
  }

  #node(expr: Expr): Node {
    const args = operands(expr).map((arg) => this.#node(arg));
    const key = `${this.#keyOf(expr)}(${args.map((arg) => this.#ids.get(arg)).join(',')})`;
    const known = this.#nodes.get(key);
    if (known) return known;
    for (const arg of args) arg.uses++;
    const node: Node = {
      expr,
      dtype: exprDType(this.#around.kernel, expr),
      args,
      level: this.#levelOf(expr, args),
      uses: 0,
    };
    this.#ids.set(node, this.#ids.size);
    this.#nodes.set(key, node);
    return node;
  }

  #keyOf(expr: Expr): string {
    switch (expr.kind) {
      case 'const':
        return `const ${expr.dtype} ${literal(castValue(expr.value, expr.dtype))}`;
      case 'scalar':
        return `scalar ${expr.slot}`;
      case 'load':
      case 'gather':
        return `${expr.kind} ${expr.access}`;
      case 'index':
        return `index ${expr.axis}`;
      case 'stage':
        return `stage ${expr.stage}`;
      case 'op':
        return expr.op;
      case 'cast':
        return `cast ${expr.dtype}`;
      case 'random':
        return 'random';
    }
  }

  #levelOf(expr: Expr, args: readonly Node[]): number {
    const level = args.reduce((deepest, arg) => Math.max(deepest, arg.level), 0);
    if (expr.kind === 'stage') return this.#around.stage(expr.stage).level;
    if (expr.kind === 'index') return this.#around.index(expr.axis).level;
    if (expr.kind !== 'load' && expr.kind !== 'gather') return level;
    const source = this.#around.accesses[expr.access] as AccessSource;
    return Math.max(level, source.access.bounds > 0 ? this.#innermost : this.#around.accessLevel(expr.access));
  }

  /** Source of a node for a consumer at some level. */
  #use(node: Node, consumer: number): Source {
    if (node.name) return node.name;
    const { expr } = node;
    if (expr.kind === 'const') return this.#constant(expr.dtype, castValue(expr.value, expr.dtype));
    if (expr.kind === 'scalar') return { text: `x${expr.slot}`, form: node.dtype === 'int64' ? 'bigint' : 'number' };
    if (expr.kind === 'index') return { text: this.#around.index(expr.axis).text, form: 'number' };
    if (expr.kind === 'stage' && IDENTIFIER.test(this.#around.stage(expr.stage).source.text)) return this.#render(node);
    if (node.uses === 1 && node.level >= consumer) return this.#render(node);
    const level = this.#around.chain[node.level] as Level;
    const { text, form } = this.#render(node);
    const name = `${this.#around.prefix}${this.#names++}`;
    level.head.push(`const ${name} = ${text};`);
    node.name = { text: name, form };
    return node.name;
  }

  #constant(dtype: DType, value: number | bigint): Source {
    return { text: literal(value), form: dtype === 'int64' ? 'bigint' : 'number' };
  }

  #render(node: Node): Source {
    const { expr } = node;
    switch (expr.kind) {
      case 'op':
        return this.#operation(node, true);
      case 'cast': {
        const [arg] = node.args as [Node];
        return castSource(this.#use(arg, node.level), arg.dtype, expr.dtype);
      }
      case 'random': {
        const [key, counter] = node.args.map((arg) => asNumber(this.#use(arg, node.level)));
        return { text: `randomBits(${key}, ${counter})`, form: 'number' };
      }
      case 'load': {
        const { element, inside } = this.position(expr.access);
        return this.#element(expr.access, element, inside);
      }
      case 'gather':
        return this.#gather(node, expr.access);
      case 'stage':
        return this.#around.stage(expr.stage).source;
      default:
        return this.#use(node, node.level);
    }
  }

  #operation(node: Node, rounded: boolean): Source {
    const { expr, args } = node;
    if (expr.kind !== 'op') return this.#render(node);
    const dtype = computeDType((args.at(-1) as Node).dtype);
    const names = mentionsTwice(expr.op, dtype);
    const sources = args.map((arg) => {
      const source = this.#use(arg, node.level);
      return names && arg.expr.kind !== 'const' ? this.#named(arg, source) : source;
    });
    const { text, form, exact } = opSource(expr.op, dtype, sources);
    return { text: exact || !rounded ? text : roundSource(text, node.dtype), form };
  }

  /** A name for a value that the source mentions twice. */
  #named(node: Node, source: Source): Source {
    if (node.name || IDENTIFIER.test(source.text)) return source;
    const name = `${this.#around.prefix}${this.#names++}`;
    (this.#around.chain[node.level] as Level).head.push(`const ${name} = ${source.text};`);
    node.name = { text: name, form: source.form };
    return node.name;
  }

  /** A read, or the fill value where the condition fails. */
  #element(access: number, element: string, inside: string): Source {
    const source = this.#around.accesses[access] as AccessSource;
    const dtype = this.#around.kernel.inputs[source.access.buffer] as DType;
    const raw = `${source.array}[${element}]`;
    const text = isHalf(dtype) ? `${dtype}Values[${raw}]` : raw;
    const form = dtype === 'int64' ? 'bigint' : 'number';
    if (!inside) return { text, form };
    return { text: `(${inside} ? ${text} : ${literal(castValue(source.access.fill, dtype))})`, form };
  }

  #gather(node: Node, access: number): Source {
    const source = this.#around.accesses[access] as AccessSource;
    const position = this.position(access, true);
    const scope = source.viewAxes.length;
    const at = node.args.map((arg) => this.#named(arg, this.#use(arg, node.level)).text);
    const conditions = at.map((index, i) => `(${index} >>> 0) < z${source.number}_${scope + i}`);
    position.bounds.forEach((running, bound) => {
      const moved = at.map((index, i) => ` + Math.imul(${index}, ${source.coefficient(bound, scope + i)})`);
      conditions.push(`(${running}${moved.join('')} >>> 0) < e${source.number}_${bound}`);
    });
    const terms = at.map((index, i) => {
      const stride = source.stride(scope + i);
      return stride === '0' ? '' : stride === '1' ? ` + ${index}` : ` + Math.imul(${index}, ${stride})`;
    });
    const element = `(${position.element})${terms.join('')} | 0`;
    return this.#element(access, element, conditions.join(' && '));
  }
}
