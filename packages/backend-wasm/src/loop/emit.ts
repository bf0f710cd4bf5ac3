import { type ReduceStage, type Stage, type StoreStage, stageAccesses, walk } from '@flambeau/backend';
import { ModuleBuilder } from '../assembler/index.ts';
import type { Program, Runtime } from '../runtime/runtime.ts';
import { storeElements } from './element-access.ts';
import { Evaluation, Known } from './evaluate.ts';
import type { LaunchLayout } from './launch-layout.ts';
import { Nest, type Position, type Range, type Site } from './nest.ts';
import type { Loop, LoopPlan } from './plan.ts';
import { isSmall, type Reduction, reduceLines, reduceRows } from './reduce.ts';
import type { SizedInput } from './sized-input.ts';

/** Writes a loop kernel's module in the order that a plan says. */
export function emitLoop(input: SizedInput, plan: LoopPlan, layout: LaunchLayout, runtime: Runtime): Program {
  const module = new ModuleBuilder(runtime.memory);
  const f = module.function({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, 'run');
  const nest = new Nest({ module, f, features: runtime.features }, input, layout);
  new Emission(nest, input, plan).write();
  return runtime.load(module.encode(), module.imports);
}

class Emission {
  readonly #nest: Nest;
  readonly #input: SizedInput;
  readonly #plan: LoopPlan;
  readonly #stages: readonly Stage[];
  readonly #all: readonly number[];

  constructor(nest: Nest, input: SizedInput, plan: LoopPlan) {
    this.#nest = nest;
    this.#input = input;
    this.#plan = plan;
    this.#stages = input.kernel.stages;
    this.#all = [...input.kernel.accesses.keys()];
  }

  write(): void {
    const nest = this.#nest;
    const { mode, outer, lanes, inner } = this.#plan;
    // Whatever is loaded or computed once must be ahead of the loops.
    for (const { expr } of this.#stages) {
      walk(expr, (each) => {
        if (each.kind === 'scalar') nest.scalar(each.slot);
      });
    }
    for (const loop of inner.flat()) nest.extent(loop.extent);
    const known = this.#stages.reduce((before, { expr }) => before.ahead(nest, expr), new Known());
    const shares = new Map([...outer, ...(lanes ? [lanes] : [])].map((loop) => [loop, nest.share(loop)]));
    const share = (loop: Loop): Range => shares.get(loop) as Range;
    this.#outer(outer, nest.start, share, (at, tile) => {
      if (mode === 'lines') this.#lines(known, at);
      else if (lanes) this.#rows(known, at, lanes, tile ?? share(lanes));
      else this.#sites(known, [{ position: at, axis: -1, block: 0 }]);
    });
  }

  /** The loops around all stages; where an axis is walked in tiles, so is the one that lanes run along. */
  #outer(
    loops: readonly Loop[],
    at: Position,
    share: (loop: Loop) => Range,
    body: (at: Position, tile?: Range) => void,
  ): void {
    const nest = this.#nest;
    const { lanes } = this.#plan;
    const [first, ...rest] = loops;
    if (!first) body(at);
    else if (!first.tile || !lanes) {
      nest.scalarLoop(at, this.#all, first.axis, share(first), (inside) => this.#outer(rest, inside, share, body));
    } else {
      nest.tiles(share(first), first.tile, (across) => {
        nest.tiles(share(lanes), lanes.tile, (along) => {
          nest.scalarLoop(at, this.#all, first.axis, across, (inside) => body(inside, along));
        });
      });
    }
  }

  /** The stages at one outer index, each with lanes along its own inner axis. */
  #lines(base: Known, at: Position): void {
    const nest = this.#nest;
    let earlier = base;
    this.#stages.forEach((stage, s) => {
      const loops = this.#plan.inner[s] as readonly Loop[];
      const known = loops.length ? earlier.ahead(nest, stage.expr) : earlier;
      if (stage.kind === 'reduce') {
        earlier = earlier.and(s, reduceLines(this.#reduction(stage, loops, known), at));
        return;
      }
      const last = loops.at(-1);
      if (!last) {
        this.#store(stage, { position: at, axis: -1, block: 0 }, known);
        return;
      }
      const accesses = stageAccesses(stage);
      const store = (site: Site): void => this.#store(stage, site, known);
      nest.loops(at, accesses, loops.slice(0, -1), (inside) => {
        const blocks = isSmall(stage.expr) ? 2 : 1;
        nest.lanesLoop(inside, accesses, last.axis, nest.range(last), blocks, (sites) => sites.forEach(store));
      });
    });
  }

  /** The stages with lanes along an outer axis. */
  #rows(known: Known, at: Position, { axis }: Loop, range: Range): void {
    this.#nest.lanesLoop(at, this.#all, axis, range, this.#blocks(), (sites) => this.#sites(known, sites));
  }

  /** Groups of the row that are worked on side by side: whole cache lines where a column is walked down. */
  #blocks(): number {
    if (!this.#stages.every(({ expr }) => isSmall(expr))) return 1;
    return this.#stages.some(({ kind }) => kind === 'reduce') ? 4 : 2;
  }

  /** The stages at some sites, each of which has results of its own. */
  #sites(base: Known, sites: readonly Site[]): void {
    const nest = this.#nest;
    let earlier = sites.map(() => base);
    this.#stages.forEach((stage, s) => {
      const loops = this.#plan.inner[s] as readonly Loop[];
      const known = loops.length ? earlier.map((each) => each.ahead(nest, stage.expr)) : earlier;
      if (stage.kind === 'reduce') {
        const reductions = known.map((each) => this.#reduction(stage, loops, each));
        const found = reduceRows(reductions, sites);
        earlier = earlier.map((each, i) => each.and(s, found[i] as (typeof found)[number]));
        return;
      }
      const { position } = sites[0] as Site;
      nest.loops(position, stageAccesses(stage), loops, (inside) => {
        sites.forEach((site, i) => this.#store(stage, { ...site, position: inside }, known[i] as Known));
      });
    });
  }

  #store({ access, expr }: StoreStage, site: Site, known: Known): void {
    storeElements(this.#nest, access, site, new Evaluation(this.#nest, site, known).of(expr));
  }

  #reduction(stage: ReduceStage, loops: readonly Loop[], known: Known): Reduction {
    return { nest: this.#nest, stage, loops, fuse: this.#input.exactSummands === true, known };
  }
}
