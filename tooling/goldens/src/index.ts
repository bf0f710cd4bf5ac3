export {
  type Float64Error,
  type GoldenIndex,
  type ModuleCase,
  type ModuleCases,
  type OpCases,
  type OpSample,
  readIndex,
  readModules,
  readOps,
} from './cases.ts';
export { compareTensors, compareZeroSigns, isFloating, type ReadTensor, type Tolerance } from './compare.ts';
export { readDocument, readTensors } from './files.ts';
export { describeInit, type PlainNumbers, plainTensor } from './init-suite.ts';
export { type Library, type LibraryTensor, lookUp } from './library.ts';
export { describeModules, type ModuleSuiteOptions } from './module-suite.ts';
export { describeOps, type OpSuiteOptions } from './op-suite.ts';
export { describeOptimizers, type OptimizerLibrary, type OptimizerSuiteOptions } from './optimizer-suite.ts';
export { describeParameterPrinting, describePrinting, gradFnTexts, type PrintLibrary } from './print-suite.ts';
export {
  describeLayers,
  describeStreams,
  type LayerSuiteOptions,
  type StreamSuiteOptions,
} from './random-suite.ts';
export { construct, type ModuleLibrary, runModule } from './run-module.ts';
export { camelCase } from './signature.ts';
export { type GoldenData, type GoldenDType, type GoldenTensor, goldenTensor, toNumbers } from './tensor.ts';
export { toleranceExceptions, toleranceFor } from './tolerances.ts';
export { decodeValue, type GoldenValue, type Json } from './values.ts';
