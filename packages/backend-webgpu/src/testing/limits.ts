import type { DeviceLimits } from '../limits.ts';

/** The limits that every device of WebGPU has, for tests of generators; on hardware, without subgroups and 16-bit floats. */
export const leastLimits: DeviceLimits = {
  storageBuffers: 8,
  bindingBytes: 2 ** 27,
  workgroups: 65535,
  invocations: 256,
  workgroupBytes: 16384,
  subgroups: false,
  f16: false,
  software: false,
};
