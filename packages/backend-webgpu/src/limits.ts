/** What generators need to know about a device; everything that makes the WGSL of one kernel differ between devices. */
export interface DeviceLimits {
  /** Storage buffers that one shader may bind. */
  readonly storageBuffers: number;
  /** Largest piece of memory that a shader may bind (bytes). */
  readonly bindingBytes: number;
  /** Workgroups along one dimension of a dispatch. */
  readonly workgroups: number;
  /** Invocations of one workgroup. */
  readonly invocations: number;
  /** Memory that the invocations of a workgroup share (bytes). */
  readonly workgroupBytes: number;
  /** Whether shaders may use subgroup operations; nothing is known about a subgroup's size. */
  readonly subgroups: boolean;
  /** Whether memory can hold 16-bit floats as they are. */
  readonly f16: boolean;
  /**
   * Whether the device is a program on the main processor: a few wide threads, for which barriers are very slow, starting an
   * invocation costs as much as a hundred operations, and loads of four elements cost little more than loads of one.
   */
  readonly software: boolean;
}
