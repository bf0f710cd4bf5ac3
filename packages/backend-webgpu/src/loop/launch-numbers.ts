import { type Bound, type DType, isFloat, type Launch, type LoopInput, type View, viewAxis } from '@flambeau/backend';
import type { Recorder } from '../runtime/recorder.ts';
import { Parameters } from '../shader.ts';

/** What a launch number is: how the work is laid out, or one of the launch's own sizes, strides, bounds and scalars. */
export type NumberSource =
  | { readonly kind: 'layout'; readonly at: number }
  | { readonly kind: 'extent'; readonly at: number }
  | { readonly kind: 'offset'; readonly view: number }
  | { readonly kind: 'stride' | 'size'; readonly view: number; readonly at: number }
  | { readonly kind: 'start' | 'end'; readonly view: number; readonly at: number }
  | { readonly kind: 'coefficient'; readonly view: number; readonly bound: number; readonly at: number }
  | { readonly kind: 'float' | 'int'; readonly at: number };

/** Numbers that say how the work is laid out over invocations; those of single stages follow. */
export const layoutNumbers = ['total', 'groups', 'run', 'runs', 'chunks'] as const;

/** The launch numbers that a shader uses: each is declared when it is first asked for. */
export class LaunchNumbers {
  readonly parameters: Parameters = new Parameters();
  readonly sources: NumberSource[] = [];
  readonly #input: LoopInput;
  readonly #reads: string[] = [];

  constructor(input: LoopInput) {
    this.#input = input;
  }

  layout(name: (typeof layoutNumbers)[number]): string {
    return this.#number(name, { kind: 'layout', at: layoutNumbers.indexOf(name) });
  }

  /** Elements of a stage's inner axes that belong to one chunk. */
  chunk(stage: number): string {
    return this.#number(`chunk${stage}`, { kind: 'layout', at: layoutNumbers.length + stage });
  }

  /** A size of the launch. */
  extent(at: number): string {
    return this.#number(`n${at}`, { kind: 'extent', at });
  }

  offset(view: number): string {
    return this.#number(`a${view}_offset`, { kind: 'offset', view });
  }

  /** The stride along an axis in scope, or along a computed index after them. */
  stride(view: number, axis: number): string {
    return this.#number(`a${view}_stride${axis}`, { kind: 'stride', view, at: viewAxis(this.#input, view, axis) });
  }

  /** The size along a computed index. */
  size(view: number, axis: number): string {
    return this.#number(`a${view}_size${axis}`, { kind: 'size', view, at: viewAxis(this.#input, view, axis) });
  }

  boundStart(view: number, bound: number): string {
    return this.#number(`a${view}_start${bound}`, { kind: 'start', view, at: bound });
  }

  boundExtent(view: number, bound: number): string {
    return this.#number(`a${view}_end${bound}`, { kind: 'end', view, at: bound });
  }

  coefficient(view: number, bound: number, axis: number): string {
    const at = viewAxis(this.#input, view, axis);
    return this.#number(`a${view}_move${bound}_${axis}`, { kind: 'coefficient', view, bound, at });
  }

  /** A run-time scalar. */
  scalar(slot: number): string {
    const dtype = this.#input.kernel.scalars[slot] as DType;
    const isReal = isFloat(dtype);
    const name = this.#number(`s${slot}`, { kind: isReal ? 'float' : 'int', at: slot }, isReal ? 'f32' : 'i32');
    return dtype === 'bool' ? `(${name} != 0)` : name;
  }

  #number(name: string, source: NumberSource, type: 'i32' | 'f32' = 'i32'): string {
    if (this.parameters.add(name, type) === this.sources.length) {
      this.sources.push(source);
      this.#reads.push(`  let ${name} = ${this.parameters.ref(name)};\n`);
    }
    return name;
  }

  /** Statements that read all numbers, once and ahead of loops. */
  get reads(): string {
    return this.#reads.join('');
  }
}

/** Writes the numbers of a launch to where a dispatch finds them. */
export function writeNumbers(
  recorder: Recorder,
  at: number,
  sources: readonly NumberSource[],
  launch: Launch,
  layout: Int32Array,
): void {
  const { ints, floats } = recorder;
  const { extents, views, scalars } = launch;
  for (let i = 0; i < sources.length; i++) {
    const source = sources[i] as NumberSource;
    switch (source.kind) {
      case 'layout':
        ints[at + i] = layout[source.at] as number;
        break;
      case 'extent':
        ints[at + i] = extents[source.at] as number;
        break;
      case 'offset':
        ints[at + i] = (views[source.view] as View).offset;
        break;
      case 'stride':
        ints[at + i] = (views[source.view] as View).strides[source.at] as number;
        break;
      case 'size':
        ints[at + i] = (views[source.view] as View).shape[source.at] as number;
        break;
      case 'start':
        ints[at + i] = boundOf(views, source.view, source.at).start;
        break;
      case 'end':
        ints[at + i] = boundOf(views, source.view, source.at).extent;
        break;
      case 'coefficient':
        ints[at + i] = boundOf(views, source.view, source.bound).coefficients[source.at] as number;
        break;
      case 'float':
        floats[at + i] = Number(scalars[source.at]);
        break;
      case 'int':
        ints[at + i] = Number(scalars[source.at]);
        break;
    }
  }
}

function boundOf(views: readonly View[], view: number, bound: number): Bound {
  return ((views[view] as View).bounds as readonly Bound[])[bound] as Bound;
}
