import type { ScalarOpName } from '@flambeau/backend';
import type { V128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { erfc } from './error-function.ts';
import { cosh, exp, exp2, expm1, sigmoid, sinh } from './exponential.ts';
import { acosh, asinh, atanh, erfinv } from './inverse-other.ts';
import { acos, asin, atan, atan2 } from './inverse-trigonometric.ts';
import { log, log1p, log2, log10 } from './logarithm.ts';
import { pow } from './power.ts';
import { erf, tanh } from './saturating.ts';
import { cos, sin, tan } from './trigonometric.ts';

type FloatFunction = (e: Emitter, ...args: readonly V128[]) => V128;

const unary =
  (write: (e: Emitter, x: V128) => V128): FloatFunction =>
  (e, ...args) =>
    write(e, args[0] as V128);

const binary =
  (write: (e: Emitter, a: V128, b: V128) => V128): FloatFunction =>
  (e, ...args) =>
    write(e, args[0] as V128, args[1] as V128);

/**
 * Functions of float32x4, written as instructions: operands are locals or constants, the result is a local. Each is within
 * 4 ulp of the table of scalar operations, for all floats.
 */
export const floatFunctions: Readonly<Partial<Record<ScalarOpName, FloatFunction>>> = {
  exp: unary(exp),
  exp2: unary(exp2),
  expm1: unary(expm1),
  log: unary(log),
  log2: unary(log2),
  log10: unary(log10),
  log1p: unary(log1p),
  sin: unary(sin),
  cos: unary(cos),
  tan: unary(tan),
  sinh: unary(sinh),
  cosh: unary(cosh),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  erfc: unary(erfc),
  asin: unary(asin),
  acos: unary(acos),
  atan: unary(atan),
  asinh: unary(asinh),
  acosh: unary(acosh),
  atanh: unary(atanh),
  erfinv: unary(erfinv),
  atan2: binary(atan2),
  pow: binary(pow),
};
