import type { ScalarOpName } from '@flambeau/backend';
import type { V128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { exp, sigmoid } from './exponential.ts';
import { log } from './logarithm.ts';
import { erf, tanh } from './rational.ts';

/**
 * Functions of float32x4, written as instructions: operands are locals or constants, the result is a local. Each is within
 * 4 ulp of the table of scalar operations, over all floats.
 */
export const floatFunctions: Readonly<Partial<Record<ScalarOpName, (e: Emitter, ...args: readonly V128[]) => V128>>> = {
  exp,
  sigmoid,
  log,
  tanh,
  erf,
} as never;
