import {
  type Access,
  type AxisStep,
  accessesIn,
  bufferOf,
  type LoopInput,
  type LoopKernel,
  type Stage,
  stageAccesses,
} from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { deviceShape, type Work } from './device-shape.ts';
import { layoutNumbers } from './launch-numbers.ts';
import { partSlots, passesOf } from './passes.ts';
import type { Slide } from './slides.ts';
import { isStill, stageOfAccess } from './stages.ts';
import type { LoopSize, Variant } from './variant.ts';
import { BLOCK } from './walk.ts';
import { weigh } from './weight.ts';

/** How one launch's work is laid out. */
export interface Layout {
  /** One for each pass. */
  readonly variants: readonly Variant[];
  readonly workgroups: number;
  /** The launch numbers that say so. */
  readonly numbers: Int32Array;
  /** Memory for parts of reductions (bytes). */
  readonly scratch: number;
}

const WEIGHT: Readonly<Record<AxisStep, number>> = { unit: 2, zero: 1, strided: 0 };

/** Columns are walked side by side from this extent on; below, neighbouring invocations would not find neighbouring memory. */
const FEWEST_COLUMNS = 4;

/** Most instructions that are written four times so that memory moves in fours: more would take too long to compile. */
const MOST_IN_FOURS = 48;

/** Most steps of a loop that are written out, and most instructions in all of them: SwiftShader takes minutes to compile thrice as many. */
const MOST_STEPS = 8;
const MOST_WRITTEN = 192;

/** Instructions that an access is worth, besides those of expressions. */
const ACCESS_WEIGHT = 4;

/** Decides how a launch's work is laid out, by its extents, by which accesses start and move in fours, and by which windows slide. */
export function layOut(
  input: LoopInput,
  extents: readonly number[],
  aligned: readonly boolean[],
  sharing: readonly number[] | undefined,
  limits: DeviceLimits,
  slides: readonly Slide[],
): Layout {
  const { kernel } = input;
  const order = new Order(kernel, extents);
  const weight = weigh(kernel);
  const isLight = weight <= MOST_IN_FOURS;
  const { fast, along, loops, slides: slid } = order.choose(isLight && limits.software ? slides : []);
  const wide = isLight
    ? wideBuffers(input, fast, along, loops, aligned, sharing, order)
    : [...kernel.inputs, ...kernel.outputs].map(() => false);
  const width = wide.includes(true) || slid.length > 0 ? 4 : 1;
  const cuts = kernel.stages.map((stage, s) => order.longest(s, stage));
  const rows = extents.slice(0, kernel.outer).reduce((product, extent) => product * extent, 1);
  const fastExtent = fast < 0 ? 1 : (extents[fast] as number);
  const groups = along === 'outer' ? Math.ceil(fastExtent / width) : fastExtent;
  const others = fastExtent === 0 ? 0 : rows / fastExtent;
  const passes = passesOf(kernel);
  const bindings = sharing ? new Set(sharing).size : wide.length;
  const work: Work = {
    rows: groups * others,
    groups,
    width,
    along,
    isElements: kernel.stages.every((stage) => stage.inner === 0),
    elements: (along === 'outer' ? width : 1) * kernel.stages.reduce((sum, _, s) => sum + order.count(s), 0),
    lane: Math.max(0, ...kernel.stages.map((_, s) => order.extent(s, loops[s]?.at(-1) ?? -1))),
    cut: Math.max(0, ...cuts.map((axis, s) => order.extent(s, axis))),
    maySplit: passes.last > 0 && mayCut(kernel, sharing) && bindings < limits.storageBuffers,
  };
  const shape = deviceShape(work, limits);
  const { chunks, run, lanes } = shape;
  const runs = Math.ceil(groups / run);
  const total = shape.runs ? runs * others : groups * others;
  const numbers = new Int32Array(layoutNumbers.length + kernel.stages.length);
  numbers.set([total, groups, run, runs, chunks]);
  const grain = 4 * lanes;
  cuts.forEach((axis, s) => {
    numbers[layoutNumbers.length + s] = grain * Math.ceil(order.extent(s, axis) / chunks / grain);
  });
  const elementWeight = weight + ACCESS_WEIGHT * kernel.accesses.length;
  const variant: Variant = {
    sharing,
    width,
    even: order.isEven(along === 'outer' ? fast : -1, loops),
    along,
    fast,
    loops,
    slides: slid,
    sizes: loops.map((axes, s) => {
      const isWide = along === 'inner' && width > 1;
      const cut = chunks > 1 ? (cuts[s] as number) : -1;
      const slide = slid.find(({ stage }) => stage === s);
      if (!slide)
        return order.sizes(s, axes, elementWeight * (along === 'outer' ? width : 1), cut, lanes > 1 || isWide);
      // Of the elements of a window, one more is loaded at each step.
      const steps = order.extent(s, slide.inner);
      const loads = ACCESS_WEIGHT * stageAccesses(kernel.stages[s] as Stage).length * (width + steps - 1);
      return order.sizes(s, axes, (weight * width * steps + loads) / steps, cut, lanes > 1);
    }),
    cuts,
    wide,
    rows: shape.rows,
    lanes,
    lanesFirst: along === 'inner',
    runs: shape.runs,
  };
  const workgroups = lanes === 1 ? Math.ceil((total * chunks) / shape.rows) : Math.ceil(total / shape.rows) * chunks;
  if (chunks === 1) return { variants: [variant], workgroups, numbers, scratch: 0 };
  const slots = partSlots(kernel, along === 'outer' ? width : 1).count;
  return {
    variants: Array.from({ length: passes.last + 1 }, (_, pass) => ({ ...variant, pass })),
    workgroups,
    numbers,
    scratch: 4 * slots * total * chunks,
  };
}

/** Ways to walk the axes of a kernel. */
class Order {
  readonly #kernel: LoopKernel;
  readonly #extents: readonly number[];
  readonly #first: readonly number[];

  constructor(kernel: LoopKernel, extents: readonly number[]) {
    this.#kernel = kernel;
    this.#extents = extents;
    let next = kernel.outer;
    this.#first = kernel.stages.map((stage) => {
      const at = next;
      next += stage.inner;
      return at;
    });
  }

  /** The size of an axis in a stage's scope; 0 for no axis. */
  extent(s: number, axis: number): number {
    const { outer } = this.#kernel;
    if (axis < 0) return 0;
    return this.#extents[axis < outer ? axis : (this.#first[s] as number) + axis - outer] as number;
  }

  /** Number of elements of a stage's inner axes. */
  count(s: number): number {
    const { outer, stages } = this.#kernel;
    let product = 1;
    for (let i = 0; i < (stages[s] as Stage).inner; i++) product *= this.extent(s, outer + i);
    return product;
  }

  /** The longest inner axis; -1 where there is none. */
  longest(s: number, stage: Stage): number {
    const { outer } = this.#kernel;
    let found = -1;
    for (let axis = outer; axis < outer + stage.inner; axis++) {
      if (this.extent(s, axis) > this.extent(s, found)) found = axis;
    }
    return found < 0 && stage.inner > 0 ? outer : found;
  }

  /** What is known of the sizes of a stage's loops: the innermost are written out as long as that is not much. */
  sizes(s: number, axes: readonly number[], weight: number, cut: number, isLastShared: boolean): LoopSize[] {
    let written = weight;
    return axes
      .toReversed()
      .map((axis, i): LoopSize => {
        const extent = this.extent(s, axis);
        const isWhole = axis !== cut && (i > 0 || !isLastShared);
        if (isWhole && extent > 0 && extent <= MOST_STEPS && written * extent <= MOST_WRITTEN) {
          written *= extent;
          return extent;
        }
        // Loops around this one are not written out, unless they have one step.
        written = MOST_WRITTEN;
        return extent > BLOCK ? 'long' : 'short';
      })
      .toReversed();
  }

  /** Whether the sizes along an outer axis, or else along the last loops of all stages, are multiples of four. */
  isEven(outer: number, loops: readonly (readonly number[])[]): boolean {
    if (outer >= 0) return this.extent(0, outer) % 4 === 0;
    return loops.every((axes, s) => this.extent(s, axes.at(-1) ?? -1) % 4 === 0);
  }

  /** @param slides - Windows that had better be walked with neighbours side by side. */
  choose(slides: readonly Slide[]): Pick<Variant, 'fast' | 'along' | 'loops' | 'slides'> {
    const { outer, stages, accesses } = this.#kernel;
    const inner = stages.map((stage) => Array.from({ length: stage.inner }, (_, i) => outer + i));
    const all = [...accesses.keys()];
    const folding = stages.flatMap((stage, s) => (stage.inner > 0 ? [s] : []));
    if (!folding.length) return { fast: this.#best(all, 0, 0, outer), along: 'outer', loops: inner, slides: [] };
    const touched = folding.map((s) => stageAccesses(stages[s] as Stage));
    const column = this.#best(touched.flat(), 0, 0, outer);
    let byLines = 0;
    const lasts = new Map<number, number>();
    folding.forEach((s, i) => {
      const numbers = touched[i] as readonly number[];
      const last = this.#best(numbers, s, outer, outer + (stages[s] as Stage).inner);
      lasts.set(s, last);
      byLines += this.#score(numbers, last);
    });
    const byRows = column < 0 ? -1 : this.#score(touched.flat(), column);
    const own = slides.filter((slide) => slide.outer === column && this.extent(slide.stage, slide.inner) <= MOST_STEPS);
    if ((own.length > 0 || byRows > byLines) && (this.#extents[column] as number) >= FEWEST_COLUMNS) {
      const loops = inner.map((axes, s) => {
        const slide = own.find(({ stage }) => stage === s);
        return lastly(axes, slide?.inner ?? this.longest(s, stages[s] as Stage));
      });
      return { fast: column, along: 'outer', loops, slides: own };
    }
    return {
      fast: this.#best(all, 0, 0, outer),
      along: 'inner',
      loops: inner.map((axes, s) => lastly(axes, lasts.get(s) ?? -1)),
      slides: [],
    };
  }

  #score(numbers: readonly number[], axis: number): number {
    const { accesses } = this.#kernel;
    return numbers.reduce((sum, number) => sum + WEIGHT[(accesses[number] as Access).steps[axis] as AxisStep], 0);
  }

  /** Of some axes, the one with the best score; the longer where equal, then the later; -1 where there is none. */
  #best(numbers: readonly number[], s: number, from: number, to: number): number {
    let found = -1;
    for (let axis = from; axis < to; axis++) {
      const gain = found < 0 ? 1 : this.#score(numbers, axis) - this.#score(numbers, found);
      if (gain > 0 || (gain === 0 && this.extent(s, axis) >= this.extent(s, found))) found = axis;
    }
    return found;
  }
}

function lastly(axes: readonly number[], last: number): readonly number[] {
  return last < 0 ? axes : [...axes.filter((axis) => axis !== last), last];
}

/** Which buffers are read and written four elements at a time. */
function wideBuffers(
  input: LoopInput,
  fast: number,
  along: 'outer' | 'inner',
  loops: readonly (readonly number[])[],
  aligned: readonly boolean[],
  sharing: readonly number[] | undefined,
  order: Order,
): boolean[] {
  const { kernel } = input;
  const buffers = kernel.inputs.length + kernel.outputs.length;
  const at = (buffer: number): number => sharing?.[buffer] ?? buffer;
  const use: ('no' | 'maybe' | 'yes')[] = new Array(buffers).fill('maybe');
  const stages = stageOfAccess(kernel);
  const gathered = gatheredIn(kernel);
  kernel.accesses.forEach((access, number) => {
    const s = stages[number] as number;
    const axis = along === 'outer' ? fast : (loops[s]?.at(-1) ?? -1);
    const buffer = at(bufferOf(kernel, access));
    if (axis < 0 || gathered.has(number) || access.steps[axis] !== 'unit') {
      // Invocations that write neighbours of one vector would meet.
      if (access.role === 'output') use[buffer] = 'no';
      return;
    }
    const isOnly = access.steps.every((step, other) => other === axis || step !== 'unit');
    if (!isOnly || !aligned[number] || !isStill(input, number, axis)) use[buffer] = 'no';
    else if (use[buffer] === 'maybe' && order.extent(s, axis) >= 4) use[buffer] = 'yes';
  });
  return use.map((_, buffer) => use[at(buffer)] === 'yes');
}

function gatheredIn(kernel: LoopKernel): Set<number> {
  const found = new Set<number>();
  kernel.stages.forEach((stage) => {
    for (const number of accessesIn(stage.expr)) {
      if ((kernel.accesses[number] as Access).steps.length > kernel.outer + stage.inner) found.add(number);
    }
  });
  return found;
}

/** Whether several workgroups may share a row: not when one may overwrite what another still reads. */
function mayCut(kernel: LoopKernel, sharing: readonly number[] | undefined): boolean {
  if (!sharing) return true;
  const stores = kernel.stages.filter((stage) => stage.kind === 'store');
  return stores.length === 1 && kernel.stages.every((stage) => stage.inner > 0);
}
