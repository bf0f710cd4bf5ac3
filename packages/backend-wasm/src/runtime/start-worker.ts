import { workerSource } from './worker-source.ts';

/** What a thread is given. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  /** Its private memory (address). */
  readonly scratch: number;
}

/** A running thread. */
export interface WorkerHandle {
  end(): void;
}

interface NodeWorker {
  unref(): void;
  on(event: string, listener: (argument: unknown) => void): void;
  terminate(): Promise<unknown>;
}

/** Parts of Node that this file uses. */
interface NodeModules {
  'node:worker_threads': { readonly Worker: new (source: string, options: object) => NodeWorker };
  'node:os': { availableParallelism(): number };
}

/** A module of Node, or of an engine that has the same; undefined in pages. */
function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.(name) as NodeModules[Name] | undefined;
}

/** Processors that this process may use. */
export function availableThreads(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return nodeModule('node:os')?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
}

/**
 * Starts a thread that does not keep the process alive.
 *
 * @param onEnd - Told when it has ended: with a reason where the engine refused it.
 */
export function startWorker(start: WorkerStart, onEnd: (reason?: string) => void): WorkerHandle | undefined {
  try {
    const node = nodeModule('node:worker_threads');
    return node ? startNode(node.Worker, start, onEnd) : startWeb(start, onEnd);
  } catch (error) {
    onEnd((error as Error).message);
    return undefined;
  }
}

function startNode(
  Worker: NodeModules['node:worker_threads']['Worker'],
  start: WorkerStart,
  onEnd: (reason?: string) => void,
): WorkerHandle {
  // Without the flags of this process, which may load things that a thread has no use for.
  const worker = new Worker(workerSource, { eval: true, workerData: start, execArgv: [], name: 'flambeau' });
  worker.on('error', (error) => onEnd((error as Error).message));
  worker.on('exit', () => onEnd());
  worker.unref();
  return { end: () => void worker.terminate() };
}

function startWeb(start: WorkerStart, onEnd: (reason?: string) => void): WorkerHandle {
  const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(url, { type: 'module', name: 'flambeau' });
  worker.onerror = (event) => {
    event.preventDefault();
    onEnd(event.message || "the page's content security policy forbids it; add 'worker-src blob:'");
  };
  worker.postMessage(start);
  return {
    end: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
