import { usage } from './flags.ts';
import type { CompiledProgram } from './programs.ts';
import type { WebGpuStatistics } from './statistics.ts';

/** Dispatches and copies submitted together, at most: more would leave the device idle for long. */
const MOST_COMMANDS = 1024;

/** Memory that waits for a submit to be given up, at most (bytes). */
const MOST_DOOMED = 2 ** 28;

/** Launch numbers of one batch, at most (bytes). */
const NUMBER_BYTES = 2 ** 18;

/** Launch numbers of one dispatch, at most; WebGPU's default for bindings of uniforms (bytes). */
const MOST_NUMBER_BYTES = 2 ** 16;

/** What the offset of a uniform is a multiple of, on every device (bytes). */
const ALIGNMENT = 256;

/** What is recorded outside of passes, and goes into the same command buffer. */
export interface Followers {
  /** Records what was put off, before other work is recorded or all is submitted. */
  record(encoder: () => GPUCommandEncoder): void;
  /** What was recorded has been submitted. */
  submitted(): void;
}

/** Work that is recorded and not yet submitted. */
export class Batch {
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  /** Grows with each submit. */
  number = 1;
  /** Set once, by whom this one needs in turn. */
  followers: Followers | null = null;
  readonly #device: GPUDevice;
  readonly #statistics: WebGpuStatistics;
  readonly #layout: GPUBindGroupLayout;
  readonly #numbers: GPUBuffer;
  /** Bind groups of the launch numbers, by size. */
  readonly #groups = new Map<number, GPUBindGroup>();
  readonly #offset = new Uint32Array(1);
  readonly #doomed: GPUBuffer[] = [];
  #doomedBytes = 0;
  #bytes = 0;
  #commands = 0;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #pipeline: GPUComputePipeline | null = null;
  #group: GPUBindGroup | null = null;

  /** @param layout - How launch numbers are bound. */
  constructor(device: GPUDevice, layout: GPUBindGroupLayout, statistics: WebGpuStatistics) {
    this.#device = device;
    this.#layout = layout;
    this.#statistics = statistics;
    const memory = new ArrayBuffer(NUMBER_BYTES);
    this.ints = new Int32Array(memory);
    this.floats = new Float32Array(memory);
    // The last numbers are bound in their whole size class.
    this.#numbers = device.createBuffer({
      size: NUMBER_BYTES + MOST_NUMBER_BYTES,
      usage: usage.uniform | usage.copyDestination,
    });
  }

  /** Makes room for launch numbers, and returns the index of the first. */
  reserve(words: number): number {
    if (words === 0) return 0;
    const bytes = Math.ceil((words * 4) / ALIGNMENT) * ALIGNMENT;
    if (bytes > MOST_NUMBER_BYTES) throw new Error(`a shader cannot have ${words} launch numbers`);
    if (this.#bytes + bytes > NUMBER_BYTES) this.submit();
    const at = this.#bytes;
    this.#bytes += bytes;
    return at >> 2;
  }

  /** Records a dispatch of `x` by `y` workgroups. */
  dispatch(program: CompiledProgram, group: GPUBindGroup, at: number, x: number, y: number): void {
    const pass = this.#pass ?? this.#openPass();
    if (program.pipeline !== this.#pipeline) {
      this.#pipeline = program.pipeline;
      pass.setPipeline(program.pipeline);
    }
    if (group !== this.#group) {
      this.#group = group;
      pass.setBindGroup(0, group);
    }
    const { words } = program.shader;
    if (words) {
      this.#offset[0] = at * 4;
      pass.setBindGroup(1, this.#groupOf(words), this.#offset, 0, 1);
    }
    pass.dispatchWorkgroups(x, y);
    this.#statistics.dispatches++;
    if (++this.#commands >= MOST_COMMANDS || this.#doomedBytes > MOST_DOOMED) this.submit();
  }

  /** Records a copy. */
  copy(from: GPUBuffer, to: GPUBuffer, at: number, bytes: number): void {
    this.flush().copyBufferToBuffer(from, 0, to, at, bytes);
    if (++this.#commands >= MOST_COMMANDS || this.#doomedBytes > MOST_DOOMED) this.submit();
  }

  /** Records what {@link followers} put off, and returns the encoder. */
  flush(): GPUCommandEncoder {
    this.endPass();
    this.followers?.record(this.#encoderNow);
    return this.#encoderNow();
  }

  /** Lets what {@link followers} put off come before the next dispatch. */
  endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  /** Destroys memory as soon as nothing recorded needs it. */
  destroy(memory: GPUBuffer, lastUse: number): void {
    if (lastUse !== this.number) {
      memory.destroy();
      return;
    }
    this.#doomed.push(memory);
    this.#doomedBytes += memory.size;
  }

  /** Hands everything recorded to the device. */
  submit(): void {
    this.endPass();
    this.followers?.record(this.#encoderNow);
    const encoder = this.#encoder;
    if (encoder) {
      this.#encoder = null;
      const { queue } = this.#device;
      if (this.#bytes) {
        queue.writeBuffer(this.#numbers, 0, this.ints, 0, this.#bytes >> 2);
        this.#statistics.launchBytes += this.#bytes;
      }
      queue.submit([encoder.finish()]);
      this.#statistics.submits++;
    }
    this.#bytes = 0;
    this.#commands = 0;
    this.number++;
    for (const memory of this.#doomed) memory.destroy();
    this.#doomed.length = 0;
    this.#doomedBytes = 0;
    this.followers?.submitted();
  }

  #openPass(): GPUComputePassEncoder {
    const pass = this.flush().beginComputePass();
    this.#pass = pass;
    this.#pipeline = null;
    this.#group = null;
    return pass;
  }

  #encoderNow = (): GPUCommandEncoder => {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  };

  #groupOf(words: number): GPUBindGroup {
    let size = ALIGNMENT;
    while (size < words * 4) size *= 2;
    const known = this.#groups.get(size);
    if (known) return known;
    const group = this.#device.createBindGroup({
      layout: this.#layout,
      entries: [{ binding: 0, resource: { buffer: this.#numbers, size } }],
    });
    this.#groups.set(size, group);
    return group;
  }
}
