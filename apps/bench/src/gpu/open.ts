function textOf({ info }: GPUAdapter): string {
  const kind = info.isFallbackAdapter ? ', software' : '';
  return `${info.description || info.device || 'unnamed'} (${info.vendor}, ${info.architecture}${kind})`;
}

/** Engines ask for adapters and devices themselves; this gives all of them the same one. */
function shareAdapter(): void {
  const { requestAdapter } = GPU.prototype;
  GPU.prototype.requestAdapter = function (options) {
    return requestAdapter.call(this, { ...options, powerPreference: 'high-performance' });
  };
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function (descriptor) {
    // tfjs 4.22 puts an array among the features, which browsers turn into text and Dawn's bindings refuse.
    const features = [...(descriptor?.requiredFeatures ?? [])].flat() as GPUFeatureName[];
    return requestDevice.call(this, { ...descriptor, requiredFeatures: features });
  };
}

async function dawn(): Promise<GPU> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  return create([]);
}

let opened: Promise<void> | undefined;

async function open(): Promise<void> {
  if (!globalThis.navigator?.gpu) {
    const gpu = await dawn();
    const { cpus } = await import('node:os');
    // Node 20 has no navigator, and libraries ask it for more than the GPU.
    const own = globalThis.navigator ?? { userAgent: `Node.js/${process.version}`, hardwareConcurrency: cpus().length };
    Object.defineProperty(own, 'gpu', { value: gpu, configurable: true });
    if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: own, configurable: true });
  }
  shareAdapter();
}

/** Brings WebGPU into this process, once for all engines, where it has none of its own: Dawn. */
export function openGpu(): Promise<void> {
  opened ??= open();
  return opened;
}

/**
 * The adapter on which engines will work, as text.
 *
 * @throws {Error} There is none.
 */
export async function adapterText(): Promise<string> {
  await openGpu();
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('WebGPU finds no adapter on this machine.');
  return textOf(adapter);
}
