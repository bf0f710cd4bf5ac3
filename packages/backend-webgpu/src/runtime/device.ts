import { DeviceError } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';

/** How a device is chosen. */
export interface DeviceOptions {
  /** Where adapters come from; by default `navigator.gpu`, or the package `webgpu` in Node. */
  readonly gpu?: GPU | undefined;
  /** Which of a machine's GPUs is wanted; by default what the browser or the driver prefers. */
  readonly powerPreference?: GPUPowerPreference | undefined;
  /** Overrides {@link DeviceLimits.software}, for tests. */
  readonly software?: boolean | undefined;
}

/** An open device, and what it can do. */
export interface OpenDevice {
  readonly device: GPUDevice;
  readonly limits: DeviceLimits;
}

/** Features used where a device offers them. */
const FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups'];

/** Limits asked for as high as the adapter goes. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** Adapters that are programs; browsers without `isFallbackAdapter` name them. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|warp/i;

/** The npm package that brings WebGPU to Node; in a variable, so that bundlers do not follow it. */
const PACKAGE = 'webgpu';

/** Held for ever: the process crashes when the object is collected while devices of it live. */
let dawn: GPU | undefined;

/**
 * Opens a GPU.
 *
 * @throws {DeviceError} There is no WebGPU here, no adapter, or the adapter gives no device.
 */
export async function openDevice({ gpu, powerPreference, software }: DeviceOptions): Promise<OpenDevice> {
  const source = gpu ?? (globalThis.navigator as Navigator | undefined)?.gpu ?? (await gpuOfPackage());
  const adapter = await source.requestAdapter(powerPreference ? { powerPreference } : {});
  if (!adapter) {
    throw unavailable(
      'no GPU adapter was found. Install a driver for Vulkan, Metal or Direct3D 12; in a browser, look whether hardware ' +
        "acceleration is on; or use the devices 'wasm' and 'cpu'.",
    );
  }
  const requiredLimits: Record<string, number> = {};
  for (const name of LIMITS) {
    const value: number | undefined = adapter.limits[name];
    if (value !== undefined) requiredLimits[name] = value;
  }
  const requiredFeatures = FEATURES.filter((name) => adapter.features.has(name));
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  } catch (error) {
    throw unavailable(`the adapter gave no device: ${(error as Error).message}`);
  }
  return { device, limits: limitsOf(device, software ?? isSoftware(adapter.info)) };
}

function limitsOf({ limits, features }: GPUDevice, software: boolean): DeviceLimits {
  return {
    storageBuffers: limits.maxStorageBuffersPerShaderStage,
    // Vectors of four are bound to the end.
    bindingBytes: Math.floor(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) / 16) * 16,
    workgroups: limits.maxComputeWorkgroupsPerDimension,
    invocations: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    subgroups: features.has('subgroups'),
    f16: features.has('shader-f16'),
    software,
  };
}

function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  if (!info) return false;
  return info.isFallbackAdapter === true || SOFTWARE.test(`${info.vendor} ${info.architecture} ${info.description}`);
}

async function gpuOfPackage(): Promise<GPU> {
  if (dawn) return dawn;
  try {
    const { create } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ PACKAGE)) as {
      create(options: readonly string[]): GPU;
    };
    dawn ??= create([]);
    return dawn;
  } catch (error) {
    throw unavailable(
      'there is no WebGPU here. In a browser, use one that has it, over https or on localhost; in Node, run ' +
        `npm install webgpu (${(error as Error).message}).`,
    );
  }
}

function unavailable(what: string): DeviceError {
  return new DeviceError('webgpu', what, { device: 'webgpu' });
}
