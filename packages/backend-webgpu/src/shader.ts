import type { DType } from '@flambeau/backend';
import type { DeviceLimits } from './limits.ts';

/** A compute shader with its entry point `main`: data, so that it can be printed, compared and cached. */
export interface Shader {
  readonly code: string;
  /** What group 0 binds, in order: buffers that are only read, and buffers that are written too. */
  readonly bindings: readonly ('read' | 'write')[];
  /** Number of 32-bit launch numbers, which group 1 binds as a uniform (binding 0). */
  readonly words: number;
}

/** How elements of a dtype lie in memory: what does not have 16 bits of its own takes 32. */
export function storageType(dtype: DType, limits: DeviceLimits): 'f32' | 'i32' | 'f16' {
  switch (dtype) {
    case 'float16':
      return limits.f16 ? 'f16' : 'f32';
    case 'float32':
    case 'bfloat16':
      return 'f32';
    default:
      return 'i32';
  }
}

/** Bytes that one element takes in device memory. */
export function storageBytes(dtype: DType, limits: DeviceLimits): number {
  return storageType(dtype, limits) === 'f16' ? 2 : 4;
}

/** What a shader must say first to hold 16-bit floats, and to exchange values between invocations. */
export function enables({ f16 }: DeviceLimits, declarations: string, subgroups = false): string {
  return `${f16 && /\bf16\b/.test(declarations) ? 'enable f16;\n' : ''}${subgroups ? 'enable subgroups;\n' : ''}`;
}

/** The type of a launch number. */
export type ParameterType = 'i32' | 'u32' | 'f32';

/** The launch numbers of a shader, in the order in which they are written. */
export class Parameters {
  readonly #names = new Map<string, { readonly type: ParameterType; readonly word: number }>();

  /** Adds a launch number and returns the word it stands in; a name that is known keeps its place. */
  add(name: string, type: ParameterType = 'i32'): number {
    const known = this.#names.get(name);
    if (known) return known.word;
    const word = this.#names.size;
    this.#names.set(name, { type, word });
    return word;
  }

  /** The launch number in the shader's text. */
  ref(name: string): string {
    if (!this.#names.has(name)) throw new Error(`there is no launch number '${name}'`);
    return `launch.${name}`;
  }

  get words(): number {
    return this.#names.size;
  }

  /** The declaration of the uniform; nothing when there are no numbers. */
  get declaration(): string {
    if (!this.#names.size) return '';
    const members = [...this.#names].map(([name, { type }]) => `  ${name}: ${type},\n`).join('');
    return `struct Launch {\n${members}}\n@group(1) @binding(0) var<uniform> launch: Launch;\n`;
  }
}

/** For each buffer, where the same one stands first: what decides which bindings a launch needs. */
export function sharing(buffers: readonly unknown[]): readonly number[] {
  return buffers.map((buffer) => buffers.indexOf(buffer));
}

interface Binding {
  readonly name: string;
  readonly access: 'read' | 'write';
  readonly type: string;
}

/**
 * The bindings of a shader. WebGPU refuses a buffer that one dispatch both reads and writes under two bindings, so buffers
 * of a kernel that are one buffer share a binding.
 */
export class Bindings {
  readonly #list: Binding[] = [];
  readonly #names: string[] = [];
  /** Which of the kernel's buffers each binding takes. */
  readonly #sources: number[] = [];

  /**
   * @param dtypes - Of the kernel's inputs, then of its outputs.
   * @param inputs - How many of them are inputs.
   * @param shared - {@link sharing} of the launch's buffers.
   */
  constructor(dtypes: readonly DType[], inputs: number, limits: DeviceLimits, shared?: readonly number[]) {
    dtypes.forEach((dtype, i) => {
      const first = shared?.[i] ?? i;
      if (first < i) {
        this.#names.push(this.#names[first] as string);
        return;
      }
      const isWritten = dtypes.some((_, j) => j >= inputs && (shared?.[j] ?? j) === i);
      this.#sources.push(i);
      const name = i < inputs ? `in${i}` : `out${i - inputs}`;
      this.#names.push(this.add(name, isWritten ? 'write' : 'read', storageType(dtype, limits)));
    });
  }

  /** Adds memory beside the kernel's own, e.g. for parts of sums; it comes after the kernel's buffers. */
  add(name: string, access: 'read' | 'write', type: string): string {
    this.#list.push({ name, access, type });
    return name;
  }

  /** The variable behind one of the kernel's buffers (inputs, then outputs). */
  name(buffer: number): string {
    return this.#names[buffer] as string;
  }

  get access(): readonly ('read' | 'write')[] {
    return this.#list.map(({ access }) => access);
  }

  /**
   * The variables' declarations.
   *
   * @param types - Element types that take the place of the usual ones, by variable: `vec4<f32>` where four are read at once.
   */
  declaration(types: ReadonlyMap<string, string> = new Map()): string {
    return this.#list
      .map(({ name, access, type }, i) => {
        const mode = access === 'write' ? 'read_write' : 'read';
        return `@group(0) @binding(${i}) var<storage, ${mode}> ${name}: array<${types.get(name) ?? type}>;\n`;
      })
      .join('');
  }

  /** Of a launch's buffers, those to bind, in order; `more` are those that were added. */
  select<B>(buffers: readonly B[], more: readonly B[] = []): B[] {
    return [...this.#sources.map((i) => buffers[i] as B), ...more];
  }
}
