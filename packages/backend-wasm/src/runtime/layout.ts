import { PARAMETER_BYTES, SCRATCH_BYTES } from './runtime.ts';

/** Where things lie in linear memory (bytes): first the words by which threads agree, see `worker-source.ts`. */
export const CONTROL = 0;

/** Numbers of the launch that runs now. */
export const PARAMETERS = 1024;

/** Private memory of the main thread. */
export const SCRATCH: number = PARAMETERS + PARAMETER_BYTES;

/** Where memory to hand out begins. */
export const BASE: number = SCRATCH + SCRATCH_BYTES;
