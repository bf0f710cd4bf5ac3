export { Adam, type AdamOptions, type AdamState } from './adam.ts';
export { AdamW } from './adam-w.ts';
export { CosineAnnealingLR, type CosineAnnealingLROptions } from './cosine-annealing-lr.ts';
export type { HookHandle, HookOptions } from './hooks.ts';
export { LRScheduler, type SchedulerOptions, type SchedulerStateDict } from './lr-scheduler.ts';
export {
  type Closure,
  Optimizer,
  type OptimizerHook,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  type StateDictHook,
  type StepArguments,
  type StepPostHook,
  type StepPreHook,
} from './optimizer.ts';
export type { GroupMembers, GroupOptions, ParamGroup, ParamGroupInit, ParamList, Params } from './param-groups.ts';
export { SGD, type SGDOptions, type SGDState } from './sgd.ts';
export type { OptimizerStateDict, PackedGroup, ParamState } from './state-dict.ts';
export { StepLR, type StepLROptions } from './step-lr.ts';
