import { type Access, type LoopInput, type LoopKernel, type Stage, stageAccesses } from '@flambeau/backend';

/** A loop kernel as the generator takes it. */
export interface SizedInput extends LoopInput {
  /** Sizes of short inner axes, by their launch extents. */
  readonly sizes?: ReadonlyMap<number, number>;
  /** Whether the products under float sums may be fused with the addition, as in a contraction. */
  readonly exactSummands?: boolean;
}

/** The accesses of a stage, with their numbers. */
export function accessesOf(kernel: LoopKernel, stage: Stage): Access[] {
  return stageAccesses(stage).map((number) => kernel.accesses[number] as Access);
}
