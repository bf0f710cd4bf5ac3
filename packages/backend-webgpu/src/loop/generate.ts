import { type Launch, type LoopInput, printKernel, Specializer, type View } from '@flambeau/backend';
import type { GpuBuffer, Program, Recorder, Run } from '../runtime/recorder.ts';
import { Bindings, sharing } from '../shader.ts';
import { writeNumbers } from './launch-numbers.ts';
import { type Layout, layOut } from './layout.ts';
import { type LoopShader, loopShader } from './loop-shader.ts';
import { Slides } from './slides.ts';
import { launchOf, type Part, splitStores } from './split.ts';
import type { Variant } from './variant.ts';

/** Layouts that a kernel remembers. */
const REMEMBERED = 64;

/** One pass, compiled. */
interface Pass {
  readonly shader: LoopShader;
  readonly program: Program;
}

/** What tells launches of one kernel apart. */
interface Traits {
  /** {@link Specializer.stridesKey} */
  readonly strides: number;
  /** {@link Specializer.boundsKey} */
  readonly bounds: number;
  /** {@link alignment} */
  readonly aligned: number;
  /** {@link Slides.key} */
  readonly slides: number;
  readonly sharing: readonly number[] | undefined;
  readonly extents: readonly number[];
}

/** What is known of launches that look alike. */
interface Plan extends Layout, Traits {
  readonly passes: readonly Pass[];
  readonly bindings: Bindings | undefined;
}

/** Generates shaders for a loop kernel: one for each way in which launches walk memory, made when first needed. */
export function generateLoop(input: LoopInput, recorder: Recorder): Run {
  const { inputs, outputs } = input.kernel;
  const loop = new Loop(input, recorder);
  const most = recorder.limits.storageBuffers;
  if (inputs.length + outputs.length <= most) return (buffers, launch) => loop.run(buffers, launch);
  const splits = new Map<string, readonly [Part, Run][]>();
  return (buffers, launch) => {
    const same = sharing(buffers);
    if (new Set(same).size <= most) {
      loop.run(buffers, launch, same);
      return;
    }
    const key = same.join();
    let split = splits.get(key);
    if (!split) {
      split = splitStores(input, same, most).map((part) => [part, generateLoop(part.input, recorder)]);
      splits.set(key, split);
    }
    for (const [part, run] of split) {
      const bound = part.buffers.map((buffer) => buffers[buffer] as GpuBuffer);
      run(bound, launchOf(part, launch));
    }
  };
}

class Loop {
  readonly #input: LoopInput;
  readonly #recorder: Recorder;
  readonly #specializer: Specializer;
  readonly #slides: Slides;
  readonly #specialized = new Map<string, LoopInput>();
  readonly #passes = new Map<string, Pass>();
  readonly #plans: Plan[] = [];
  #oldest = 0;
  #last: Plan | undefined;

  constructor(input: LoopInput, recorder: Recorder) {
    this.#input = input;
    this.#recorder = recorder;
    this.#specializer = new Specializer(input);
    this.#slides = new Slides(input);
  }

  /** @param same - Which buffers are the same, where they are to share bindings although none of them is written. */
  run(buffers: readonly GpuBuffer[], launch: Launch, same?: readonly number[]): void {
    const { workgroups, scratch, passes, numbers, bindings } = this.#plan(launch, same ?? this.#sharing(buffers));
    if (workgroups === 0) return;
    const recorder = this.#recorder;
    let bound = bindings ? bindings.select(buffers) : buffers;
    if (scratch > 0) bound = [...bound, recorder.borrow(scratch)];
    for (const { program, shader } of passes) {
      const at = recorder.reserve(program);
      writeNumbers(recorder, at, shader.numbers, launch, numbers);
      recorder.dispatch(program, bound, at, workgroups);
    }
  }

  /** The plan of a launch, known or new. */
  #plan(launch: Launch, shared: readonly number[] | undefined): Plan {
    const traits: Traits = {
      strides: this.#specializer.stridesKey(launch),
      bounds: this.#specializer.boundsKey(launch),
      aligned: this.#specializer.knowsStrides ? alignment(launch.views) : 0,
      slides: this.#slides.key(launch),
      sharing: shared,
      extents: launch.extents,
    };
    const plans = this.#plans;
    if (this.#last && fits(this.#last, traits)) return this.#last;
    for (let i = 0; i < plans.length; i++) {
      const plan = plans[i] as Plan;
      if (!fits(plan, traits)) continue;
      this.#last = plan;
      return plan;
    }
    const plan = this.#newPlan(traits, launch);
    if (plans.length < REMEMBERED) plans.push(plan);
    else {
      plans[this.#oldest] = plan;
      this.#oldest = (this.#oldest + 1) % REMEMBERED;
    }
    this.#last = plan;
    return plan;
  }

  #newPlan(traits: Traits, launch: Launch): Plan {
    const { strides, bounds, aligned, slides, sharing: shared, extents } = traits;
    const { limits } = this.#recorder;
    const key = `${strides} ${bounds}`;
    let input = this.#specialized.get(key);
    if (!input) {
      input = this.#specializer.specialize(launch);
      this.#specialized.set(key, input);
    }
    const { inputs, outputs, accesses } = input.kernel;
    const flags = accesses.map((_, number) => number < MOST_FLAGS && ((aligned >>> number) & 1) === 1);
    const layout = layOut(input, extents, flags, shared, limits, this.#slides.find(slides));
    const isEmpty = layout.workgroups === 0;
    const found = input;
    return {
      ...traits,
      ...layout,
      extents: [...extents],
      passes: isEmpty ? [] : layout.variants.map((variant) => this.#pass(key, found, variant)),
      bindings: shared && new Bindings([...inputs, ...outputs], inputs.length, limits, shared),
    };
  }

  #pass(key: string, input: LoopInput, variant: Variant): Pass {
    const name = `${key} ${JSON.stringify(variant)}`;
    let pass = this.#passes.get(name);
    if (!pass) {
      const shader = loopShader(input, variant, this.#recorder.limits);
      pass = { shader, program: this.#recorder.program(shader, () => printKernel(input.kernel)) };
      this.#passes.set(name, pass);
    }
    return pass;
  }

  /** Which buffers are the same where one of them is written; nothing when that is not so. */
  #sharing(buffers: readonly GpuBuffer[]): readonly number[] | undefined {
    for (let i = this.#input.kernel.inputs.length; i < buffers.length; i++) {
      if (buffers.indexOf(buffers[i] as GpuBuffer) !== i) return sharing(buffers);
    }
    return undefined;
  }
}

/** Whether a plan suits a launch. */
function fits(plan: Plan, { strides, bounds, aligned, slides, sharing: shared, extents }: Traits): boolean {
  return (
    plan.strides === strides &&
    plan.bounds === bounds &&
    plan.aligned === aligned &&
    plan.slides === slides &&
    isSame(plan.extents, extents) &&
    isSame(plan.sharing, shared)
  );
}

/** Accesses whose alignment is looked at. */
const MOST_FLAGS = 30;

/** Bits that tell which views start at a multiple of four elements and move by such, but for axes along which they move by one. */
function alignment(views: readonly View[]): number {
  let flags = 0;
  const count = Math.min(views.length, MOST_FLAGS);
  for (let i = 0; i < count; i++) {
    const { offset, strides, shape } = views[i] as View;
    let bits = offset;
    for (let axis = 0; axis < strides.length; axis++) {
      if (strides[axis] !== 1 && shape[axis] !== 1) bits |= strides[axis] as number;
    }
    if ((bits & 3) === 0) flags |= 1 << i;
  }
  return flags;
}

function isSame(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (a === b) return true;
  if (!a || !b || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
