export type { Backend, BackendMemory, Capabilities, DeviceBuffer, Executable, Step } from './backend.ts';
export { halfPiParts, lgammaCoefficients } from './coefficients.ts';
export { Collector } from './collector.ts';
export { type ContractionLoop, contractionAsLoop } from './contraction-as-loop.ts';
export { type Decomposition, decompositions, decompositionUlps } from './decompositions.ts';
export {
  castValue,
  type DType,
  type DTypeInfo,
  type DTypeKind,
  dtypeNames,
  dtypes,
  fromBFloat16Bits,
  fromFloat16Bits,
  type HostArray,
  hostArray,
  isDType,
  isFloat,
  isInteger,
  loadValue,
  promoteTypes,
  roundHalfEven,
  roundTo,
  storeValue,
  toBFloat16Bits,
  toFloat16Bits,
  type Value,
} from './dtype.ts';
export {
  ArgumentError,
  DeviceError,
  DisposedError,
  DTypeError,
  type ErrorDetails,
  FlambeauError,
  FormatError,
  GradError,
  IndexError,
  KernelError,
  ShapeError,
  StateDictError,
} from './errors.ts';
export { Executables, type Prepared } from './executables.ts';
export { cast, constant, type Expr, gather, index, load, op, operands, random, scalar, stage, walk } from './expr.ts';
export {
  type Access,
  type Attribute,
  type AxisStep,
  type ContractionAxes,
  type ContractionKernel,
  computeDType,
  innerOffsets,
  inputAccess,
  type Kernel,
  type Launch,
  type LoopKernel,
  outputAccess,
  type ReduceOp,
  type ReduceStage,
  type RoutineKernel,
  type Stage,
  type StoreStage,
  stepsOf,
} from './kernel.ts';
export { accessesIn, bufferOf, countsPositions, type LoopInput, stageAccesses, viewAxis } from './loop-input.ts';
export { randomBits } from './philox.ts';
export { printExpr, printKernel, structuralKey } from './print.ts';
export {
  adoptBackend,
  type BackendFactory,
  backendNames,
  defaultBackend,
  getBackend,
  openBackend,
  registerBackend,
  setDefaultBackend,
  unregisterBackend,
} from './registry.ts';
export { type RoutineName, type RoutineSignature, routines } from './routines.ts';
export { acceptsDType, evaluateScalarOp, type ScalarOp, type ScalarOpName, scalarOps } from './scalar-ops.ts';
export { Specializer } from './specialize.ts';
export { cannotReadNow, requireReadable, requireWritable } from './transfer.ts';
export { exprDType, stageDType } from './typing.ts';
export { verifyKernel } from './verify.ts';
export { accessExtents, verifyLaunch } from './verify-launch.ts';
export {
  type Bound,
  broadcastShapes,
  contiguousStrides,
  contiguousView,
  expandView,
  isContiguous,
  numel,
  padView,
  permuteView,
  reshapeView,
  type Shape,
  sameShape,
  selectView,
  sliceView,
  unsqueezeView,
  type View,
  viewRange,
  type WindowAxis,
  windowView,
} from './view.ts';
