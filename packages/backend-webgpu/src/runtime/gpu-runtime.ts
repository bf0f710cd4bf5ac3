import { type BackendMemory, DeviceError, type DType, type HostArray, hostArray, type Launch } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { type Shader, storageBytes, storageType } from '../shader.ts';
import { Batch } from './batch.ts';
import { BindGroups } from './bind-groups.ts';
import { Buffers, OwnedBuffer, type Piece } from './buffers.ts';
import type { OpenDevice } from './device.ts';
import { narrow, widen } from './elements.ts';
import { Faults } from './faults.ts';
import { Naps } from './naps.ts';
import { type CompiledProgram, Programs } from './programs.ts';
import { Reads } from './reads.ts';
import type { GpuBuffer, Program, Recorder, Run } from './recorder.ts';
import { noStatistics, type WebGpuStatistics } from './statistics.ts';
import { Uploads } from './uploads.ts';

/** Memory, compiled shaders and recorded work of one device. */
export class GpuRuntime implements Recorder {
  readonly device: GPUDevice;
  readonly limits: DeviceLimits;
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  readonly faults: Faults;
  readonly statistics: WebGpuStatistics = noStatistics();
  readonly #batch: Batch;
  readonly #programs: Programs;
  readonly #groups: BindGroups;
  readonly #buffers: Buffers;
  readonly #reads: Reads;
  readonly #uploads: Uploads;
  readonly #naps = new Naps();
  readonly #borrowed: OwnedBuffer[] = [];

  /** @param name - What users call the device. */
  constructor(name: string, { device, limits }: OpenDevice) {
    const { statistics } = this;
    this.limits = limits;
    this.device = device;
    const faults = new Faults(name, device);
    this.faults = faults;
    this.#programs = new Programs(device, faults, statistics);
    const batch = new Batch(device, this.#programs.numbers, statistics);
    this.#batch = batch;
    this.ints = batch.ints;
    this.floats = batch.floats;
    this.#groups = new BindGroups(device, statistics);
    this.#buffers = new Buffers({ name, device, limits, batch, faults, statistics });
    this.#reads = new Reads(device, batch, faults, this.#naps, statistics);
    batch.followers = this.#reads;
    this.#uploads = new Uploads(device.queue, batch, this.#buffers, this);
  }

  program(shader: Shader, title: () => string): Program {
    return this.#programs.compile(shader, title);
  }

  reserve(program: Program): number {
    return this.#batch.reserve(program.shader.words);
  }

  dispatch(program: Program, buffers: readonly GpuBuffer[], at: number, workgroups: number): void {
    if (workgroups <= 0) return;
    const compiled = program as CompiledProgram;
    if (compiled.failure) throw compiled.failure;
    const owned = buffers as readonly OwnedBuffer[];
    const { number } = this.#batch;
    for (let i = 0; i < owned.length; i++) {
      const { piece } = owned[i] as OwnedBuffer;
      if (!piece) throw freed('run', owned[i] as OwnedBuffer);
      piece.holding.lastUse = number;
    }
    const group = this.#groups.find(compiled.layout, owned);
    const most = this.limits.workgroups;
    if (workgroups <= most) {
      this.#batch.dispatch(compiled, group, at, workgroups, 1);
    } else {
      const rows = Math.ceil(workgroups / most);
      this.#batch.dispatch(compiled, group, at, Math.ceil(workgroups / rows), rows);
    }
  }

  /** @throws {DeviceError} The device cannot bind so much memory. */
  borrow(bytes: number): GpuBuffer {
    if (bytes > this.limits.bindingBytes) {
      throw new DeviceError(
        'run',
        `a step needs ${bytes} bytes beside its tensors, and the device binds at most ${this.limits.bindingBytes}. Split the tensor.`,
        { requestedBytes: bytes, maxBufferBytes: this.limits.bindingBytes },
      );
    }
    const buffer = new OwnedBuffer('float32', Math.ceil(bytes / 4), this.#buffers.take(bytes));
    this.#borrowed.push(buffer);
    return buffer;
  }

  release(buffer: GpuBuffer): void {
    const owned = buffer as OwnedBuffer;
    if (!owned.piece) return;
    this.#buffers.put(owned.piece);
    owned.piece = null;
  }

  /** Enqueues a launch, and takes back what it borrowed, also where it fails. */
  launch(run: Run, buffers: readonly OwnedBuffer[], launch: Launch): void {
    try {
      run(buffers, launch);
    } finally {
      for (const buffer of this.#borrowed) this.release(buffer);
      this.#borrowed.length = 0;
    }
  }

  /** @throws {DeviceError} The device has no such dtype, or cannot bind so much memory. */
  allocate(dtype: DType, length: number): OwnedBuffer {
    return this.#buffers.allocate(dtype, length);
  }

  free(buffer: OwnedBuffer): void {
    this.#buffers.free(buffer);
  }

  /** Copies host elements to a buffer; what is enqueued before still sees what was there. */
  write(buffer: OwnedBuffer, data: HostArray, offset: number): void {
    if (data.length === 0) return;
    const { dtype, length } = buffer;
    const elements = widen(data, dtype, storageType(dtype, this.limits));
    this.statistics.uploadedBytes += elements.byteLength;
    if (elements instanceof Uint16Array) this.#uploads.writeHalves(buffer, elements, offset);
    else this.#uploads.write(buffer, elements, offset * 4, data.length === length);
  }

  /** Reads elements of a buffer, after all work enqueued before. */
  read({ dtype, piece }: OwnedBuffer, offset: number, length: number): Promise<HostArray> {
    if (length === 0) return Promise.resolve(hostArray(dtype, 0));
    const storage = storageType(dtype, this.limits);
    const size = storageBytes(dtype, this.limits);
    const skip = (offset * size) % 4;
    const from = offset * size - skip;
    const bytes = Math.ceil((skip + length * size) / 4) * 4;
    return this.#reads.request(piece as Piece, from, bytes, (memory, at) =>
      narrow(memory, at + skip, length, dtype, storage),
    );
  }

  /** Submits what is recorded, and waits until the device is done. */
  async synchronize(): Promise<void> {
    this.#batch.submit();
    const waiter = this.faults.wait();
    try {
      await this.#naps.during(this.device.queue.onSubmittedWorkDone());
    } catch (error) {
      throw await this.faults.explain('synchronize', waiter, error);
    }
    await this.faults.settle('synchronize', waiter);
  }

  /** {@link Collector.relief} */
  relief(): Promise<void> | undefined {
    return this.#buffers.relief();
  }

  memory(): BackendMemory {
    return this.#buffers.stats();
  }

  /** Releases everything. */
  dispose(): void {
    // Who waits for a result is told.
    this.#batch.submit();
    this.faults.dispose();
    this.#groups.clear();
    this.#programs.clear();
    this.#buffers.dispose();
    this.device.destroy();
  }
}

function freed(op: string, { length, dtype }: OwnedBuffer): DeviceError {
  return new DeviceError(op, `the buffer of ${length} ${dtype} was freed.`);
}
