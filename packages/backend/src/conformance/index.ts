export type { Numerics, Tolerance } from './compare.ts';
export { describeConformance } from './describe.ts';
export { CaseBuilder, type KernelCase } from './kernel-case.ts';
export type { ConformanceOptions, Reference } from './options.ts';
