import { printKernel, type RoutineKernel } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import type { GpuBuffer, Program, Recorder } from '../runtime/recorder.ts';
import { type Bindings, enables, Parameters, type Shader } from '../shader.ts';
import { Library } from '../wgsl/library.ts';
import { Lines } from '../wgsl/lines.ts';

/** Invocations of a workgroup: few on software devices, so that few lines still make work for several threads. */
function groupSize(limits: DeviceLimits): number {
  return limits.software ? 16 : 64;
}

/** A shader in the making, with one unit of work for each invocation; `unit` is its number. */
export class Draft {
  readonly bindings: Bindings;
  readonly limits: DeviceLimits;
  readonly parameters: Parameters = new Parameters();
  readonly library: Library = new Library();
  readonly lines: Lines = new Lines();
  /** Element types of variables that are read or written four elements at a time. */
  readonly types: Map<string, string> = new Map<string, string>();

  constructor(bindings: Bindings, limits: DeviceLimits) {
    this.bindings = bindings;
    this.limits = limits;
    this.parameters.add('units', 'u32');
  }

  /** A launch number; they are written in the order in which they are first named, after the number of units. */
  number(name: string): string {
    this.parameters.add(name);
    return this.parameters.ref(name);
  }

  /** The shader with one unit for each invocation. */
  finish(): Shader {
    const size = groupSize(this.limits);
    return this.#assemble(size, '', `let unit = (group.x + group.y * groups.x) * ${size}u + local;`);
  }

  /** The shader with one unit for each workgroup, whose invocations are numbered `local`. */
  finishGroups(size: number, shared: string): Shader {
    return this.#assemble(size, shared, 'let unit = group.x + group.y * groups.x;');
  }

  #assemble(size: number, shared: string, unit: string): Shader {
    const { bindings, parameters, library, limits, lines, types } = this;
    const memory = bindings.declaration(types);
    const code = `${enables(limits, memory)}${parameters.declaration}${memory}${library.declarations}${shared}
@compute @workgroup_size(${size})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  ${unit}
  if (unit >= ${parameters.ref('units')}) { return; }
${lines.text}
}
`;
    return { code, bindings: bindings.access, words: parameters.words };
  }
}

/** The programs of one routine kernel, made when they are first needed. */
export class Programs {
  readonly #recorder: Recorder;
  readonly #kernel: RoutineKernel;
  readonly #made = new Map<string, Program>();

  constructor(kernel: RoutineKernel, recorder: Recorder) {
    this.#kernel = kernel;
    this.#recorder = recorder;
  }

  get(key: string, make: (limits: DeviceLimits) => Shader): Program {
    let program = this.#made.get(key);
    if (!program) {
      program = this.#recorder.program(make(this.#recorder.limits), () => printKernel(this.#kernel));
      this.#made.set(key, program);
    }
    return program;
  }
}

/** Enqueues a program with its launch numbers; each workgroup has `perGroup` units. */
export function enqueue(
  recorder: Recorder,
  program: Program,
  buffers: readonly GpuBuffer[],
  units: number,
  numbers: readonly number[],
  perGroup: number = groupSize(recorder.limits),
): void {
  const at = recorder.reserve(program);
  recorder.ints[at] = units;
  for (let i = 0; i < numbers.length; i++) recorder.ints[at + 1 + i] = numbers[i] as number;
  recorder.dispatch(program, buffers, at, Math.ceil(units / perGroup));
}
