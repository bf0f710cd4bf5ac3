export { difference, type Numerics, type Tolerance } from './compare.ts';
export { describeConformance } from './describe.ts';
export { Draw } from './draw.ts';
export { CaseBuilder, type KernelCase } from './kernel-case.ts';
export { garbage, type Laid, type Layout, lay, layAs, layouts, lengthFor, room } from './layouts.ts';
export type { ConformanceOptions, Reference } from './options.ts';
export { routineCase } from './routine-case.ts';
export { Session } from './session.ts';
export { tiedValues, wholeValues, withoutMinusZero } from './values.ts';
