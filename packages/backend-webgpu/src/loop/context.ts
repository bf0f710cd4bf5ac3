import { type Access, bufferOf, type DType, innerOffsets, type LoopInput, type LoopKernel } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { Bindings } from '../shader.ts';
import { Library } from '../wgsl/library.ts';
import { Lines } from '../wgsl/lines.ts';
import { LaunchNumbers } from './launch-numbers.ts';
import type { Variant } from './variant.ts';

/** What everything that writes one shader shares. */
export class Context {
  readonly input: LoopInput;
  readonly kernel: LoopKernel;
  readonly variant: Variant;
  readonly limits: DeviceLimits;
  readonly library: Library = new Library();
  readonly lines: Lines = new Lines();
  readonly numbers: LaunchNumbers;
  readonly bindings: Bindings;
  /** Declarations beside the library's: functions and workgroup memory, by name. */
  readonly declarations: Map<string, string> = new Map();
  /** Whether the shader uses subgroup operations. */
  usesSubgroups = false;
  /** For each stage, where its inner extents start. */
  readonly innerExtents: readonly number[];

  constructor(input: LoopInput, variant: Variant, limits: DeviceLimits) {
    this.input = input;
    this.kernel = input.kernel;
    this.variant = variant;
    this.limits = limits;
    this.numbers = new LaunchNumbers(input);
    const { inputs, outputs } = input.kernel;
    this.bindings = new Bindings([...inputs, ...outputs], inputs.length, limits, variant.sharing);
    this.innerExtents = innerOffsets(input.kernel);
  }

  /** {@link Site.zero} */
  get zero(): string {
    return `min(${this.numbers.layout('total')}, 0)`;
  }

  access(number: number): Access {
    return this.kernel.accesses[number] as Access;
  }

  /** Whether an access moves along an inner axis as along that of elements side by side: 1, -1 for backwards, 0 when not. */
  slide(number: number, axis: number): number {
    return this.variant.slides.find((slide) => slide.access === number && slide.inner === axis)?.direction ?? 0;
  }

  /** The dtype of the elements behind an access. */
  dtype(number: number): DType {
    const { role, buffer } = this.access(number);
    return (role === 'input' ? this.kernel.inputs : this.kernel.outputs)[buffer] as DType;
  }

  /** The variable behind an access, and whether it holds vectors of four elements. */
  memory(number: number): { readonly name: string; readonly wide: boolean } {
    const buffer = bufferOf(this.kernel, this.access(number));
    return { name: this.bindings.name(buffer), wide: this.variant.wide[buffer] as boolean };
  }

  /** The size of an axis in a stage's scope. */
  extent(stage: number, axis: number): string {
    const { outer } = this.kernel;
    return this.numbers.extent(axis < outer ? axis : (this.innerExtents[stage] as number) + axis - outer);
  }
}
