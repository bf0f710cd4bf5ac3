import {
  type DType,
  exprDType,
  type LoopKernel,
  type ReduceStage,
  type Stage,
  stageDType,
  walk,
} from '@flambeau/backend';
import { ExpressionSource, type Surroundings } from './expression-source.ts';
import { Level } from './levels.ts';
import { finishSource, isArg } from './reduce-source.ts';
import type { Source } from './scalar-source.ts';
import { type AccessSource, type Lane, walkAccess } from './walker.ts';

/** The counter along rows; every stage uses the same name. */
export const ROW_COUNTER = 'w';

/** One stage of a loop kernel while it is written: its levels, and expressions in them. */
export class StageSource {
  readonly number: number;
  readonly kernel: LoopKernel;
  readonly accesses: readonly AccessSource[];
  /** Whether stage results are rows of values. */
  readonly rows: boolean;
  /** Straight-line code ahead of the stage's loops. */
  readonly prelude: Level;
  /** Levels around all stages: the top of the function and the outer loops. */
  readonly #around: readonly Level[];

  constructor(
    number: number,
    kernel: LoopKernel,
    accesses: readonly AccessSource[],
    rows: boolean,
    around: readonly Level[],
  ) {
    this.number = number;
    this.kernel = kernel;
    this.accesses = accesses;
    this.rows = rows;
    this.prelude = new Level(null, `p${number}`);
    this.#around = around;
  }

  /** A writer of expressions inside the stage's loops. */
  expressions(levels: readonly Level[], lane?: Lane): ExpressionSource {
    return new ExpressionSource(this.#surroundings([...this.#around, this.prelude, ...levels], lane));
  }

  /** Whether the stage's expression reads without bounds and asks for nothing that depends on its position. */
  get isPlain(): boolean {
    let plain = true;
    walk((this.kernel.stages[this.number] as Stage).expr, (expr) => {
      if (expr.kind === 'gather' || expr.kind === 'index' || expr.kind === 'random') plain = false;
      if (expr.kind === 'load' && this.kernel.accesses[expr.access]?.bounds) plain = false;
    });
    return plain;
  }

  #surroundings(chain: readonly Level[], lane?: Lane): Surroundings {
    const { number, kernel, accesses } = this;
    return {
      kernel,
      accesses,
      chain,
      prefix: lane ? `q${number}${'abcd'[lane.index]}` : `q${number}_`,
      position: (access, gathered) => walkAccess(accesses[access] as AccessSource, chain, gathered, lane),
      accessLevel: (access) =>
        chain.findLastIndex((level) => level.loop && accesses[access]?.stride(level.loop.axis) !== '0'),
      stage: (stage) =>
        this.rows
          ? { source: this.#rowResult(stage), level: chain.length - 1 }
          : { source: { text: `r${stage}`, form: formOf(stageDType(kernel, stage)) }, level: this.#around.length },
      index: (axis) => {
        const at = chain.findLastIndex((level) => level.loop?.axis === axis);
        const level = chain[at] as Level;
        if (level.loop?.role !== 'within') return { text: level.counter, level: at };
        const chunk = chain.find((other) => other.loop?.axis === axis) as Level;
        return { text: `(${chunk.counter} + ${level.counter} | 0)`, level: at };
      },
    };
  }

  #rowResult(stage: number): Source {
    const { op, expr } = this.kernel.stages[stage] as ReduceStage;
    const dtype = exprDType(this.kernel, expr);
    const row = `${isArg(op) ? 'at' : 'row'}${stage}[${ROW_COUNTER}]`;
    return { text: finishSource(op, dtype, row), form: isArg(op) ? 'number' : formOf(dtype) };
  }
}

function formOf(dtype: DType): Source['form'] {
  return dtype === 'int64' ? 'bigint' : 'number';
}
