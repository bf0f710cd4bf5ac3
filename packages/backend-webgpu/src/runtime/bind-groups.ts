import type { OwnedBuffer } from './buffers.ts';
import type { BindingLayout } from './programs.ts';
import type { WebGpuStatistics } from './statistics.ts';

/** Sets of buffers remembered in one generation; there are two. */
const GENERATION = 4096;

interface Entry {
  readonly layout: BindingLayout;
  /** {@link Piece.id} of each buffer's memory. */
  readonly ids: readonly number[];
  readonly group: GPUBindGroup;
  next: Entry | undefined;
}

/**
 * Bind groups by layout and memory. Those not used for long are forgotten, among them those of memory that is no more: it
 * never returns under its number.
 */
export class BindGroups {
  readonly #device: GPUDevice;
  readonly #statistics: WebGpuStatistics;
  #young = new Map<number, Entry>();
  #old = new Map<number, Entry>();
  #count = 0;

  constructor(device: GPUDevice, statistics: WebGpuStatistics) {
    this.#device = device;
    this.#statistics = statistics;
  }

  /** The bind group of buffers, none of which was freed. */
  find(layout: BindingLayout, buffers: readonly OwnedBuffer[]): GPUBindGroup {
    let hash = layout.id;
    for (let i = 0; i < buffers.length; i++) hash = (Math.imul(hash, 0x01000193) ^ idOf(buffers[i])) & 0x3fffffff;
    return search(this.#young.get(hash), layout, buffers) ?? this.#miss(hash, layout, buffers);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#count = 0;
  }

  #miss(hash: number, layout: BindingLayout, buffers: readonly OwnedBuffer[]): GPUBindGroup {
    const group = search(this.#old.get(hash), layout, buffers) ?? this.#make(layout, buffers);
    if (this.#count === GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#count = 0;
    }
    this.#young.set(hash, { layout, ids: buffers.map(idOf), group, next: this.#young.get(hash) });
    this.#count++;
    return group;
  }

  #make(layout: BindingLayout, buffers: readonly OwnedBuffer[]): GPUBindGroup {
    this.#statistics.bindGroups++;
    return this.#device.createBindGroup({
      layout: layout.group,
      entries: buffers.map(({ memory }, binding) => ({ binding, resource: { buffer: memory as GPUBuffer } })),
    });
  }
}

function idOf(buffer: OwnedBuffer | undefined): number {
  return buffer?.piece?.id ?? -1;
}

function search(
  first: Entry | undefined,
  layout: BindingLayout,
  buffers: readonly OwnedBuffer[],
): GPUBindGroup | undefined {
  next: for (let entry = first; entry; entry = entry.next) {
    if (entry.layout !== layout) continue;
    for (let i = 0; i < buffers.length; i++) if (entry.ids[i] !== idOf(buffers[i])) continue next;
    return entry.group;
  }
  return undefined;
}
