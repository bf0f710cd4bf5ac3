export { type CpuOptions, cpu } from './backend.ts';
export { interpret } from './interpreter/interpret.ts';
