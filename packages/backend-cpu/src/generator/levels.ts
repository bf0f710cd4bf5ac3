/** How a loop runs along its axis: all of it, in chunks, or within the current chunk. */
export type LoopRole = 'full' | 'chunk' | 'within';

/** One loop of a nest. */
export interface Loop {
  /** The axis in scope that it runs along. */
  readonly axis: number;
  /** Where the axis's size stands in the launch's extents. */
  readonly extent: number;
  readonly role: LoopRole;
  /** Length of a chunk (elements); 0 for `full`. */
  readonly chunk: number;
}

/** One place of a nest where code can stand: a loop's body, or straight-line code when there is no loop. */
export class Level {
  /** Name of the counter, unique in the function. */
  readonly counter: string;
  readonly loop: Loop | null;
  /** Ahead of the loop. */
  readonly before: string[] = [];
  /** First in the body. */
  readonly head: string[] = [];
  /** Last in the body. */
  readonly step: string[] = [];

  constructor(loop: Loop | null, counter: string) {
    this.loop = loop;
    this.counter = counter;
  }

  /** Name of what the counter is compared with. */
  get limit(): string {
    const { loop } = this;
    if (!loop) return '1';
    return loop.role === 'within' ? `n${loop.extent}_chunk` : `n${loop.extent}`;
  }

  /** Puts the loop around its body. */
  wrap(body: string): string {
    const { loop, counter, limit } = this;
    const inside = [...this.head, body, ...this.step].join('\n');
    if (!loop) return inside;
    const before = [...this.before, ''].join('\n');
    if (loop.role !== 'chunk')
      return `${before}for (let ${counter} = 0; ${counter} < ${limit}; ${counter}++) {\n${inside}\n}`;
    const size = `const n${loop.extent}_chunk = Math.min(${loop.chunk}, n${loop.extent} - ${counter} | 0);`;
    const step = `${counter} = ${counter} + ${loop.chunk} | 0`;
    return `${before}for (let ${counter} = 0; ${counter} < ${limit}; ${step}) {\n${size}\n${inside}\n}`;
  }
}

/** Length of a group of iterations that share a pass over a row. */
export const LANES = 4;

/**
 * A loop in groups of {@link LANES} iterations, then one by one. Both levels name the same counter and running offsets.
 */
export function wrapLanes(main: Level, mainBody: string, tail: Level, tailBody: string): string {
  const { counter, limit } = main;
  const steps = Array.from({ length: LANES }, () => main.step).flat();
  return [
    ...main.before,
    `let ${counter} = 0;`,
    `for (const whole = ${limit} & ~${LANES - 1}; ${counter} < whole; ${counter} = ${counter} + ${LANES} | 0) {`,
    ...main.head,
    mainBody,
    ...steps,
    '}',
    `for (; ${counter} < ${limit}; ${counter}++) {`,
    ...tail.head,
    tailBody,
    ...tail.step,
    '}',
  ].join('\n');
}

/** Puts the loops of some levels, outermost first, around a body. */
export function wrapAll(levels: readonly Level[], body: string): string {
  return levels.reduceRight((text, level) => level.wrap(text), body);
}
