import { type Backend, type DeviceBuffer, dtypes } from '@flambeau/backend';
import type { Storage } from './storage.ts';

/** Storages made inside one `scope`. */
export interface Scope {
  readonly storages: Set<Storage>;
  readonly kept: Set<Storage>;
  readonly parent: Scope | null;
}

let current: Scope | null = null;

/** Makes a scope the one that adopts new storages; null for none. Returns the one before. */
export function enterScope(scope: Scope | null): Scope | null {
  const before = current;
  current = scope;
  return before;
}

/** The scope that adopts new storages now. */
export function currentScope(): Scope | null {
  return current;
}

/** Puts a new storage into the current scope. */
export function adopt(storage: Storage): void {
  current?.storages.add(storage);
}

/** Lets a storage outlive every scope that is open now. */
export function keepStorage(storage: Storage): void {
  for (let scope = current; scope; scope = scope.parent) scope.kept.add(storage);
}

interface Held {
  readonly backend: Backend;
  readonly buffer: DeviceBuffer;
}

// Memory outside the collector's sight is freed when the last tensor on it is collected.
const finalizers = new FinalizationRegistry<Held>(({ backend, buffer }) => backend.free(buffer));

/** One live storage, with the place where it was made. */
interface Birth {
  readonly storage: WeakRef<Storage>;
  readonly site: string;
}

let births: Set<Birth> | null = null;

/** Watches a new storage: finalizer where the device needs one, and its birthplace while tracking. */
export function trackCreation(storage: Storage, buffer: DeviceBuffer): void {
  const { backend } = storage.device;
  if (!backend.capabilities.collected) finalizers.register(storage, { backend, buffer });
  if (births) births.add({ storage: new WeakRef(storage), site: callSite() });
}

/**
 * Starts or stops recording where tensors are made, for {@link leakReport}. Costs some microseconds per tensor.
 */
export function trackMemory(on = true): void {
  births = on ? new Set() : null;
}

/** Tensors that share one birthplace. */
export interface LeakSite {
  /** The first stack line outside Flambeau's own op code. */
  readonly site: string;
  readonly tensors: number;
  readonly bytes: number;
}

/** Where the live tensors were made since {@link trackMemory} was switched on, largest first. */
export function leakReport(): LeakSite[] {
  const sites = new Map<string, { tensors: number; bytes: number }>();
  for (const birth of births ?? []) {
    const storage = birth.storage.deref();
    if (!storage || storage.disposed) {
      births?.delete(birth);
      continue;
    }
    const entry = sites.get(birth.site) ?? { tensors: 0, bytes: 0 };
    entry.tensors += 1;
    entry.bytes += storage.length * dtypes[storage.dtype].bytes;
    sites.set(birth.site, entry);
  }
  return [...sites].map(([site, entry]) => ({ site, ...entry })).sort((a, b) => b.bytes - a.bytes);
}

/** The first stack line that is not part of this package. */
function callSite(): string {
  return siteOf(new Error());
}

/** Engines that keep only so many frames of an error make it in half the time. */
interface Stacks {
  stackTraceLimit: number;
}

/** Disposals whose places are remembered: making a stack takes several times as long as a small op. */
let remembered = 4096;

/** Where a tensor is disposed: the place itself for the first thousands, later only while {@link trackMemory} is on. */
export function disposalSite(): () => string {
  if (births || remembered > 0) {
    remembered--;
    return laterCallSite();
  }
  return untracked;
}

const untracked = (): string => 'by dispose(); call trackMemory() to see where';

/** Frames from here to the code that called a tensor's method, and one more. */
const NEAR = 5;

/** As {@link callSite}, for places that are seldom asked for: writing a stack out takes longer than most ops. */
export function laterCallSite(): () => string {
  const stacks = Error as unknown as Stacks;
  const before = stacks.stackTraceLimit;
  stacks.stackTraceLimit = NEAR;
  const trace = new Error();
  stacks.stackTraceLimit = before;
  return () => siteOf(trace);
}

function siteOf(trace: Error): string {
  const lines = (trace.stack ?? '').split('\n').slice(2);
  const outside = lines.find((line) => !/[\\/](autograd|backend)[\\/](src|dist)[\\/](?!.*\.test\.)/.test(line));
  return (outside ?? lines.at(-1) ?? 'an unknown place').trim();
}
