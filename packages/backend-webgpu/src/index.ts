export { type WebGpuOptions, webgpu, webgpuStatistics } from './backend.ts';
export type { WebGpuStatistics } from './runtime/statistics.ts';
