/** What a stretch of work asked of WebGPU. */
export interface GpuCounts {
  readonly dispatches: number;
  readonly submits: number;
  /** Bytes that went to the device: written by the queue, or through buffers mapped for it. */
  readonly uploaded: number;
  /** Bytes mapped for reading. */
  readonly downloaded: number;
  /** Of the bytes that went to the device, those into uniform buffers: sizes, strides and other numbers of a launch. */
  readonly uniform: number;
  readonly bindGroups: number;
  readonly buffers: number;
  readonly pipelines: number;
}

type Counts = { -readonly [name in keyof GpuCounts]: GpuCounts[name] };
type Arguments<Method> = Method extends (...args: infer Args) => unknown ? Args : never;

/** The classes' methods, for a while replaced by ones that look at the call first. */
class Wrappings {
  readonly #undo: (() => void)[] = [];

  wrap<Class extends object, Name extends keyof Class & string>(
    type: { prototype: Class },
    name: Name,
    look: (self: Class, ...args: Arguments<Class[Name]>) => void,
  ): void {
    const { prototype } = type;
    const original = prototype[name];
    const looking = function (this: Class, ...args: Arguments<Class[Name]>): unknown {
      look(this, ...args);
      return (original as (...args: unknown[]) => unknown).apply(this, args);
    };
    prototype[name] = looking as Class[Name];
    this.#undo.push(() => {
      prototype[name] = original;
    });
  }

  remove(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }
}

/** Bytes of a `writeBuffer`: its offset and size count elements where the data is a typed array. */
function writtenBytes(data: AllowSharedBufferSource, offset = 0, size?: number): number {
  const unit = 'BYTES_PER_ELEMENT' in data ? (data.BYTES_PER_ELEMENT as number) : 1;
  return size === undefined ? data.byteLength - offset * unit : size * unit;
}

function watch(wrappings: Wrappings, counts: Counts): void {
  const upload = (usage: number, bytes: number): void => {
    counts.uploaded += bytes;
    if (usage & GPUBufferUsage.UNIFORM) counts.uniform += bytes;
  };
  const count = (name: keyof Counts) => (): void => {
    counts[name]++;
  };
  wrappings.wrap(GPUQueue, 'submit', count('submits'));
  wrappings.wrap(GPUQueue, 'writeBuffer', (_, buffer, __, data, offset, size) =>
    upload(buffer.usage, writtenBytes(data, offset, size)),
  );
  wrappings.wrap(GPUComputePassEncoder, 'dispatchWorkgroups', count('dispatches'));
  wrappings.wrap(GPUComputePassEncoder, 'dispatchWorkgroupsIndirect', count('dispatches'));
  wrappings.wrap(GPUDevice, 'createBindGroup', count('bindGroups'));
  wrappings.wrap(GPUDevice, 'createComputePipeline', count('pipelines'));
  wrappings.wrap(GPUDevice, 'createComputePipelineAsync', count('pipelines'));
  wrappings.wrap(GPUDevice, 'createBuffer', (_, { size, usage, mappedAtCreation }) => {
    counts.buffers++;
    if (mappedAtCreation) upload(usage, size);
  });
  wrappings.wrap(GPUBuffer, 'mapAsync', (buffer, mode, offset = 0, size = buffer.size - offset) => {
    if (mode === GPUMapMode.READ) counts.downloaded += size;
    else counts.uploaded += size;
  });
  // What was written into a mapped buffer has been counted; here it only turns out what it was for.
  wrappings.wrap(GPUCommandEncoder, 'copyBufferToBuffer', (_, ...args: unknown[]) => {
    const [target, size] = typeof args[1] === 'number' ? [args[2], args[4]] : [args[1], args[2]];
    const { usage, size: whole } = target as GPUBuffer;
    if (usage & GPUBufferUsage.UNIFORM) counts.uniform += (size as number | undefined) ?? whole;
  });
}

/** Counts what `work` asks of WebGPU, whoever asks. What is not being counted is not slowed down. */
export async function countGpu(work: () => Promise<void>): Promise<GpuCounts> {
  const counts: Counts = {
    dispatches: 0,
    submits: 0,
    uploaded: 0,
    downloaded: 0,
    uniform: 0,
    bindGroups: 0,
    buffers: 0,
    pipelines: 0,
  };
  const wrappings = new Wrappings();
  watch(wrappings, counts);
  try {
    await work();
  } finally {
    wrappings.remove();
  }
  return counts;
}
