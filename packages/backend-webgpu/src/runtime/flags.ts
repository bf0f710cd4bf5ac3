/** WebGPU's constants by value: their usual objects (`GPUBufferUsage`...) are missing in Node until somebody puts them there. */
export const usage = {
  mapRead: 0x0001,
  copySource: 0x0004,
  copyDestination: 0x0008,
  uniform: 0x0040,
  storage: 0x0080,
} as const;

/** `GPUMapMode.READ`. */
export const MAP_READ = 0x0001;

/** `GPUShaderStage.COMPUTE`. */
export const COMPUTE_STAGE = 0x0004;
