import type { Access } from '@flambeau/backend';
import type { Level } from './levels.ts';

/** How generated code names the numbers of one access. */
export class AccessSource {
  readonly number: number;
  readonly access: Access;
  /** For each axis in scope, the axis of the launch's view; -1 where the view does not have it. */
  readonly viewAxes: readonly number[];

  constructor(number: number, access: Access, viewAxes: readonly number[]) {
    this.number = number;
    this.access = access;
    this.viewAxes = viewAxes;
  }

  /** The name of the typed array. */
  get array(): string {
    return `${this.access.role === 'input' ? 'in' : 'out'}${this.access.buffer}`;
  }

  /** The stride along an axis in scope, or along a computed index that follows them. */
  stride(axis: number): string {
    const step = this.access.steps[axis];
    if (step === 'zero') return '0';
    return step === 'unit' ? '1' : `s${this.number}_${axis}`;
  }

  /** Declarations of everything the access needs, for the top of the function. */
  declarations(): string[] {
    const { number, access } = this;
    const view = `v${number}`;
    const lines = [`const ${view} = views[${number}];`, `let o${number} = ${view}.offset | 0;`];
    access.steps.forEach((step, axis) => {
      if (step === 'strided') lines.push(`const s${number}_${axis} = ${view}.strides[${this.#viewAxis(axis)}] | 0;`);
      if (axis >= this.viewAxes.length)
        lines.push(`const z${number}_${axis} = ${view}.shape[${this.#viewAxis(axis)}] | 0;`);
    });
    for (let bound = 0; bound < access.bounds; bound++) {
      const name = `${number}_${bound}`;
      lines.push(`const b${name} = ${view}.bounds[${bound}];`);
      lines.push(`let t${name} = b${name}.start | 0;`, `const e${name} = b${name}.extent | 0;`);
      access.steps.forEach((_, axis) => {
        const at = this.#viewAxis(axis);
        if (at >= 0) lines.push(`const c${name}_${axis} = b${name}.coefficients[${at}] | 0;`);
      });
    }
    return lines;
  }

  /** The coefficient of a bound along an axis. */
  coefficient(bound: number, axis: number): string {
    return this.#viewAxis(axis) < 0 ? '0' : `c${this.number}_${bound}_${axis}`;
  }

  #viewAxis(axis: number): number {
    if (axis < this.viewAxes.length) return this.viewAxes[axis] as number;
    const used = this.viewAxes.filter((at) => at >= 0).length;
    return used + axis - this.viewAxes.length;
  }
}

/** Where an access stands in the innermost body of a nest. */
export interface Position {
  /** Source of the element. */
  readonly element: string;
  /** Condition under which all bounds hold; empty when there are none. */
  readonly inside: string;
  /** Running values of the bounds at the innermost body, for a gather. */
  readonly bounds: readonly string[];
}

/** One of several copies of a body that stand side by side: `index` iterations of `level` ahead of its counter. */
export interface Lane {
  readonly level: Level;
  readonly index: number;
}

/**
 * Adds to the levels of a nest what keeps an access's position: running offsets that grow by a stride per iteration,
 * never a multiplication, and for bounds the range of the innermost loop in which they hold.
 */
export function walkAccess(source: AccessSource, chain: readonly Level[], gathered: boolean, lane?: Lane): Position {
  const { number, access } = source;
  const loops = chain.filter((level) => level.loop);
  const innermost = loops.at(-1);
  let element = `o${number}`;
  let stem = element;
  for (const level of loops) {
    const stride = source.stride(level.loop?.axis as number);
    const plain = level.loop?.role !== 'chunk';
    if (stride === '0') continue;
    if (lane?.level === level && lane.index > 0) {
      stem = `o${number}l${lane.index}`;
      const ahead = stride === '1' ? lane.index : `Math.imul(${lane.index}, ${stride})`;
      level.head.push(`const ${stem} = o${number}_${level.counter} + ${ahead} | 0;`);
      element = stem;
      continue;
    }
    if (level === innermost && stride === '1' && plain) element = `${element} + ${level.counter} | 0`;
    else element = advance(level, stem, element, plain ? stride : `Math.imul(${stride}, ${level.loop?.chunk})`);
  }
  const running: string[] = [];
  const conditions: string[] = [];
  for (let bound = 0; bound < access.bounds; bound++) {
    let at = `t${number}_${bound}`;
    for (const level of loops) {
      const { axis, role, chunk } = level.loop as NonNullable<Level['loop']>;
      const coefficient = source.coefficient(bound, axis);
      if (coefficient === '0' || (level === innermost && !gathered)) continue;
      const amount = role === 'chunk' ? `Math.imul(${chunk}, ${coefficient})` : coefficient;
      at = advance(level, `t${number}_${bound}`, at, amount);
    }
    running.push(at);
    if (!gathered && !innermost) conditions.push(`(${at} >>> 0) < e${number}_${bound}`);
  }
  if (access.bounds && innermost && !gathered) conditions.push(rangeGuard(source, innermost, running));
  return { element, inside: conditions.join(' && '), bounds: running };
}

function advance(level: Level, stem: string, from: string, amount: string): string {
  const name = `${stem}_${level.counter}`;
  const start = `let ${name} = ${from};`;
  // Copies of a body share the loops around them.
  if (level.before.includes(start)) return name;
  level.before.push(start);
  level.step.push(`${name} = ${name} + ${amount} | 0;`);
  return name;
}

/** One comparison per element: whether the innermost counter is in the range where every bound holds. */
function rangeGuard(source: AccessSource, innermost: Level, running: readonly string[]): string {
  const { number } = source;
  const stem = `${number}_${innermost.counter}`;
  const [low, length] = [`low${stem}`, `length${stem}`];
  const axis = innermost.loop?.axis as number;
  const lows = ['0'];
  const highs = [innermost.limit];
  running.forEach((at, bound) => {
    const numbers = `(${at}, ${source.coefficient(bound, axis)}, e${number}_${bound})`;
    lows.push(`firstInside${numbers}`);
    highs.push(`pastInside${numbers}`);
  });
  innermost.before.push(`const ${low} = Math.max(${lows.join(', ')}) | 0;`);
  innermost.before.push(`const ${length} = Math.max(0, Math.min(${highs.join(', ')}) - ${low}) | 0;`);
  return `(${innermost.counter} - ${low} >>> 0) < ${length}`;
}
