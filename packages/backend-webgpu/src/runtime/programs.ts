import { DeviceError } from '@flambeau/backend';
import type { Shader } from '../shader.ts';
import type { Faults } from './faults.ts';
import { COMPUTE_STAGE } from './flags.ts';
import type { Program } from './recorder.ts';
import type { WebGpuStatistics } from './statistics.ts';

/** How the buffers of a shader are bound. */
export interface BindingLayout {
  /** A small number of its own. */
  readonly id: number;
  readonly group: GPUBindGroupLayout;
  /** For shaders with launch numbers, and for those without. */
  readonly pipelines: readonly [without: GPUPipelineLayout, withNumbers: GPUPipelineLayout];
}

/** A compiled shader. */
export class CompiledProgram implements Program {
  readonly shader: Shader;
  readonly pipeline: GPUComputePipeline;
  readonly layout: BindingLayout;
  /** Why it cannot run, once that is known. */
  failure: DeviceError | null = null;

  constructor(shader: Shader, pipeline: GPUComputePipeline, layout: BindingLayout) {
    this.shader = shader;
    this.pipeline = pipeline;
    this.layout = layout;
  }
}

/** Compiles shaders, each text once. */
export class Programs {
  /** How launch numbers are bound. */
  readonly numbers: GPUBindGroupLayout;
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #statistics: WebGpuStatistics;
  readonly #byCode = new Map<string, CompiledProgram>();
  readonly #layouts = new Map<string, BindingLayout>();

  constructor(device: GPUDevice, faults: Faults, statistics: WebGpuStatistics) {
    this.#device = device;
    this.#faults = faults;
    this.#statistics = statistics;
    this.numbers = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: COMPUTE_STAGE, buffer: { type: 'uniform', hasDynamicOffset: true } }],
    });
  }

  /** Compiles a shader, or finds it. Errors are reported later; `title` then shows what it was made for. */
  compile(shader: Shader, title: () => string): CompiledProgram {
    const known = this.#byCode.get(shader.code);
    if (known) return known;
    const device = this.#device;
    const layout = this.#layout(shader.bindings);
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ code: shader.code });
    const pipeline = device.createComputePipeline({
      layout: layout.pipelines[shader.words ? 1 : 0],
      compute: { module, entryPoint: 'main' },
    });
    const program = new CompiledProgram(shader, pipeline, layout);
    this.#faults.watch(this.#check(device.popErrorScope(), module, program, title));
    this.#byCode.set(shader.code, program);
    this.#statistics.pipelines++;
    return program;
  }

  clear(): void {
    this.#byCode.clear();
  }

  #layout(bindings: Shader['bindings']): BindingLayout {
    const signature = bindings.join();
    const known = this.#layouts.get(signature);
    if (known) return known;
    const device = this.#device;
    const group = device.createBindGroupLayout({
      entries: bindings.map((access, binding) => ({
        binding,
        visibility: COMPUTE_STAGE,
        buffer: { type: access === 'write' ? 'storage' : 'read-only-storage' },
      })),
    });
    const layout: BindingLayout = {
      id: this.#layouts.size + 1,
      group,
      pipelines: [
        device.createPipelineLayout({ bindGroupLayouts: [group] }),
        device.createPipelineLayout({ bindGroupLayouts: [group, this.numbers] }),
      ],
    };
    this.#layouts.set(signature, layout);
    return layout;
  }

  async #check(
    failure: Promise<GPUError | null>,
    module: GPUShaderModule,
    program: CompiledProgram,
    title: () => string,
  ): Promise<void> {
    const error = await failure.catch(() => null);
    if (!error) return;
    const info = await module.getCompilationInfo().catch(() => null);
    const { code } = program.shader;
    const lines = code.split('\n');
    const messages = (info?.messages ?? [])
      .filter(({ type }) => type === 'error')
      .map(({ lineNum, message }) => `line ${lineNum}: ${message}\n  ${lines[lineNum - 1]?.trim() ?? ''}`);
    const kernel = title();
    const what = messages.length ? messages.join('\n') : error.message;
    program.failure = new DeviceError('webgpu', `the device refused a shader. ${what}\nIt was made for\n${kernel}`, {
      kernel,
      messages: messages.length ? messages : [error.message],
      code,
    });
    this.#faults.report(program.failure);
  }
}
