import {
  type ContractionKernel,
  type DType,
  evaluateScalarOp,
  exprDType,
  type HostArray,
  innerOffsets,
  isFloat,
  type Kernel,
  type Launch,
  type LoopKernel,
  load,
  stageDType,
  type Value,
  verifyKernel,
  verifyLaunch,
} from '@flambeau/backend';
import { compileExpression, type Evaluate, type Scope, writeAccess } from './expression.ts';
import { Reducer } from './reduce.ts';
import { interpretRoutine } from './routines.ts';
import { forEachIndex } from './walk.ts';

/** Executes one kernel on host arrays: inputs, then outputs. */
export type Execute = (arrays: readonly HostArray[], launch: Launch) => void;

/**
 * Executes a kernel on host arrays, plainly: the meaning against which every backend is compared.
 *
 * @param arrays - The kernel's inputs, then its outputs, which are written.
 * @throws {KernelError} The kernel or the launch is malformed, or touches an element outside its buffer.
 */
export function interpret(kernel: Kernel, arrays: readonly HostArray[], launch: Launch): void {
  verifyKernel(kernel);
  const declared = [...kernel.inputs, ...kernel.outputs];
  const buffers = arrays.map((array, i) => ({ dtype: declared[i] as DType, length: array.length }));
  verifyLaunch(kernel, buffers, launch);
  interpreted(kernel)(arrays, launch);
}

/** Makes a verified kernel ready for the interpreter. */
export function interpreted(kernel: Kernel): Execute {
  switch (kernel.kind) {
    case 'loop':
      return interpretLoop(kernel);
    case 'contraction':
      return interpretContraction(kernel);
    case 'routine':
      return (arrays, launch) => interpretRoutine(kernel, arrays, launch);
  }
}

function interpretLoop(kernel: LoopKernel): Execute {
  const inner = innerOffsets(kernel);
  const evaluate = kernel.stages.map((stage) => compileExpression(kernel, stage.expr));
  const found = kernel.stages.map((stage) => exprDType(kernel, stage.expr));
  return (arrays, launch) => {
    const { extents } = launch;
    const innerExtents = kernel.stages.map((stage, s) =>
      extents.slice(inner[s] as number, (inner[s] as number) + stage.inner),
    );
    const scope: Scope = { kernel, arrays, launch, index: [], stages: [] };
    forEachIndex(extents.slice(0, kernel.outer), (outer) => {
      kernel.stages.forEach((stage, s) => {
        const value = evaluate[s] as Evaluate;
        const reducer = stage.kind === 'reduce' ? new Reducer(stage.op, found[s] as DType) : null;
        forEachIndex(innerExtents[s] as number[], (index) => {
          scope.index = [...outer, ...index];
          if (stage.kind === 'reduce') reducer?.add(value(scope));
          else writeAccess(scope, stage.access, value(scope));
        });
        if (reducer) scope.stages[s] = reducer.result;
      });
    });
  };
}

function interpretContraction(kernel: ContractionKernel): Execute {
  const { batch, m, n } = kernel.axes;
  const a = compileExpression(kernel, load(0));
  const b = compileExpression(kernel, load(1));
  const epilogue = compileExpression(kernel, kernel.epilogue);
  const dtype = stageDType(kernel, 0);
  return (arrays, launch) => {
    const { extents } = launch;
    const depth = extents.slice(batch + m + n);
    const scope: Scope = { kernel, arrays, launch, index: [], stages: [] };
    forEachIndex(extents.slice(0, batch + m + n), (result) => {
      const batches = result.slice(0, batch);
      const rows = result.slice(batch, batch + m);
      const columns = result.slice(batch + m);
      const total = new Reducer('sum', dtype);
      forEachIndex(depth, (k) => {
        scope.index = [...batches, ...rows, ...k];
        const left = a(scope);
        scope.index = [...batches, ...columns, ...k];
        total.add(multiply(dtype, left, b(scope)));
      });
      scope.index = result;
      scope.stages[0] = total.result;
      writeAccess(scope, 2, epilogue(scope));
    });
  };
}

/** Products of floats are not rounded before they are summed. */
function multiply(dtype: DType, a: Value, b: Value): Value {
  return isFloat(dtype) ? (a as number) * (b as number) : evaluateScalarOp('mul', dtype, a, b);
}
