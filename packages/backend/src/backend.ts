import type { DType, HostArray } from './dtype.ts';
import type { Kernel, Launch } from './kernel.ts';

/** A piece of device memory that holds `length` elements of one dtype. Backends extend it with their own fields. */
export interface DeviceBuffer {
  readonly dtype: DType;
  /** Capacity (elements). */
  readonly length: number;
}

/** A kernel made ready to run by one backend; opaque to everybody else. */
export interface Executable {
  readonly kernel: Kernel;
}

/** What a backend can hold and do. */
export interface Capabilities {
  /** Dtypes that can be stored and computed. */
  readonly dtypes: ReadonlySet<DType>;
  /** Largest single buffer (bytes). */
  readonly maxBufferBytes: number;
  /** Worker threads that share one kernel; 1 when everything runs on the caller's thread. */
  readonly threads: number;
  /** Whether the JavaScript garbage collector reclaims dropped buffers, so that `free` is only a hint. */
  readonly collected: boolean;
}

/** Memory that a backend holds now. */
export interface BackendMemory {
  readonly buffers: number;
  /** Bytes in live buffers. */
  readonly bytes: number;
  /** Largest value of `bytes` so far. */
  readonly peakBytes: number;
  /** Bytes kept for reuse. */
  readonly pooledBytes: number;
}

/** One step of a planned program. */
export interface Step {
  readonly executable: Executable;
  /** Inputs, then outputs. */
  readonly buffers: readonly DeviceBuffer[];
  readonly launch: Launch;
}

/**
 * A device. Implementing this, and passing `@flambeau/backend/conformance`, is all it takes to add one.
 *
 * `run` enqueues and returns; operations on a buffer take effect in the order of the calls.
 */
export interface Backend {
  /** The device name that users write, e.g. `'cpu'`. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /**
   * Whether the device went away by itself, as a GPU may, and all that was on it: every call then throws. It is opened anew, under
   * its name, when somebody opens it next.
   */
  readonly lost?: boolean;
  /**
   * Allocates a buffer; its content is undefined.
   * @throws {DeviceError} The memory is not available, or the dtype not supported.
   */
  allocate(dtype: DType, length: number): DeviceBuffer;
  /** Gives a buffer back; work already enqueued still sees it. */
  free(buffer: DeviceBuffer): void;
  /** Copies host elements into a buffer, starting at element `offset`. The host memory may be reused on return. */
  write(buffer: DeviceBuffer, data: HostArray, offset?: number): void;
  /** Reads `length` elements from `offset`, after all work enqueued before. */
  read(buffer: DeviceBuffer, offset: number, length: number): Promise<HostArray>;
  /** As `read`, at once; absent where the device cannot. */
  readSync?(buffer: DeviceBuffer, offset: number, length: number): HostArray;
  /** Compiles a kernel, or finds it among those compiled before under the same structural key. */
  prepare(kernel: Kernel): Executable;
  /** Executes a kernel on buffers: inputs, then outputs. */
  run(executable: Executable, buffers: readonly DeviceBuffer[], launch: Launch): void;
  /** Executes a whole program at once; absent where it would be no better than running each step. */
  replay?(program: readonly Step[]): void;
  /** Resolves when everything enqueued has finished. */
  synchronize(): Promise<void>;
  memory(): BackendMemory;
  /** Releases everything; the backend cannot be used afterwards. */
  dispose(): void;
}
