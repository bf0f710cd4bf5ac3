import type { DeviceLimits } from '../limits.ts';

/** What a shader must say first to hold 16-bit floats, and to exchange values between invocations. */
export function enables({ f16 }: DeviceLimits, types: string, quads = false): string {
  return `${f16 && /\bf16\b/.test(types) ? 'enable f16;\n' : ''}${quads ? 'enable subgroups;\n' : ''}`;
}

/** The number of a workgroup, in a line or in a plane. */
export const WORKGROUP = 'group.x + group.y * groups.x';

/** Parameters of `main` that {@link WORKGROUP} needs. */
export const WORKGROUP_INPUTS = '@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>';
