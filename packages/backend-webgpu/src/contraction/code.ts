/** The number of a workgroup, in a line or in a plane. */
export const WORKGROUP = 'group.x + group.y * groups.x';

/** Parameters of `main` that {@link WORKGROUP} needs. */
export const WORKGROUP_INPUTS = '@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>';
