import {
  type Access,
  type Bound,
  castValue,
  type DType,
  type HostArray,
  hostArray,
  type Launch,
  storeValue,
  type Value,
  type View,
} from '@flambeau/backend';
import type { Run } from './generate-loop.ts';
import type { LoopPlan } from './loop-plan.ts';
import type { LoopInput } from './loop-source.ts';

/** Sizes that reach every part of a loop: groups and a rest in the innermost two, more than one elsewhere. */
const INNER = 5;
const OUTER = 2;
const STRIDE = 3;

/**
 * Runs a fresh function once on a tiny launch. Engines compile a long loop while it runs for the first time; what they
 * have not seen executed by then they leave out, and fall back to slow code there at every later call.
 */
export function prime(run: Run, input: LoopInput, plan: LoopPlan): void {
  const { kernel } = input;
  const count = kernel.stages.reduce((sum, stage) => sum + stage.inner, kernel.outer);
  const extents = new Array<number>(count).fill(OUTER);
  for (const inner of plan.inner) {
    for (const loop of [...plan.outer, ...inner].slice(-2)) extents[loop.extent] = INNER;
  }
  const views = kernel.accesses.map((access, i) => tinyView(access, input.viewAxes?.[i]));
  const lengths = [...kernel.inputs, ...kernel.outputs].map(() => 1);
  kernel.accesses.forEach((access, i) => {
    const buffer = access.role === 'input' ? access.buffer : kernel.inputs.length + access.buffer;
    const reach = (views[i] as View).strides.reduce((sum, stride) => sum + stride * (INNER - 1), 1);
    lengths[buffer] = Math.max(lengths[buffer] as number, reach);
  });
  const buffers = [...kernel.inputs, ...kernel.outputs].map((dtype, i) => ({
    data: sample(dtype, lengths[i] as number),
  }));
  const launch: Launch = { extents, views, scalars: kernel.scalars.map((dtype) => ordinary(dtype)) };
  run(buffers, launch);
}

function tinyView(access: Access, viewAxes: readonly number[] | undefined): View {
  const steps = viewAxes ? access.steps.filter((_, axis) => viewAxes[axis] !== -1) : access.steps;
  const strides = steps.map((step) => (step === 'zero' ? 0 : step === 'unit' ? 1 : STRIDE));
  const shape = steps.map(() => INNER);
  // Inside at first, outside at the last index of any axis.
  const bound: Bound = { start: 0, coefficients: steps.map(() => 1), extent: INNER - 1 };
  return { shape, strides, offset: 0, bounds: new Array<Bound>(access.bounds).fill(bound) };
}

/** A value that tells an engine what the dtype's values are like: floats are not integers. */
function ordinary(dtype: DType): Value {
  return castValue(dtype.includes('float') ? 0.5 : 1, dtype);
}

function sample(dtype: DType, length: number): HostArray {
  const array = hostArray(dtype, length);
  for (let i = 0; i < length; i++) storeValue(array, dtype, i, ordinary(dtype));
  return array;
}
