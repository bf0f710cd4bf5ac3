import type { DeviceLimits } from '../../limits.ts';
import type { Shader } from '../../shader.ts';
import { openDevice } from '../device.ts';
import { GpuRuntime } from '../gpu-runtime.ts';
import type { GpuBuffer } from '../recorder.ts';

/** A runtime, and the device below it. */
export interface OpenRuntime {
  readonly runtime: GpuRuntime;
  readonly device: GPUDevice;
  /** Enqueues `to = from + term` for the first `length` elements. */
  add(from: GpuBuffer, to: GpuBuffer, length: number, term: number): void;
}

/** {@link OpenRuntime.add} */
const addition: Shader = {
  bindings: ['read', 'write'],
  words: 2,
  code: `struct Launch {
  length: u32,
  term: f32,
}
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@group(1) @binding(0) var<uniform> launch: Launch;

@compute @workgroup_size(16)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.x + workgroup.y * workgroups.x) * 16u + local;
  if (i < launch.length) {
    result[i] = source[i] + launch.term;
  }
}
`,
};

/** Opens a device for one test. */
export async function openRuntime(limits: Partial<DeviceLimits> = {}): Promise<OpenRuntime> {
  const opened = await openDevice({});
  const runtime = new GpuRuntime('webgpu', { device: opened.device, limits: { ...opened.limits, ...limits } });
  const program = runtime.program(addition, () => 'addition');
  return {
    runtime,
    device: opened.device,
    add(from, to, length, term) {
      const at = runtime.reserve(program);
      runtime.ints[at] = length;
      runtime.floats[at + 1] = term;
      runtime.dispatch(program, [from, to], at, Math.ceil(length / 16));
    },
  };
}
