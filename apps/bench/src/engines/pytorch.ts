import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Case } from '../workloads/workload.ts';
import type { Engine, Prepared } from './engine.ts';
import { pytorchScript } from './pytorch-script.ts';
import { blockParameters, heads, recipeOf } from './recipes.ts';

type Reply = Readonly<Record<string, unknown>>;

/** The first of these that has PyTorch is taken; a system's own Python often stands behind another one. */
const usualInterpreters = ['python3', '/usr/bin/python3', 'python'] as const;

/** A Python process that answers each line with a line. */
class PythonProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(interpreter: string, threads: number) {
    this.#child = spawn(interpreter, ['-u', '-c', pytorchScript, String(threads)], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    // A missing interpreter shows as an end of its output.
    this.#child.on('error', () => {});
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line, or null where the process has ended. */
  async reply(): Promise<Reply | null> {
    const { value, done } = await this.#lines.next();
    return done ? null : (JSON.parse(value) as Reply);
  }

  async ask(request: object): Promise<Reply> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const reply = await this.reply();
    if (!reply) throw new Error('the Python process has ended');
    if (typeof reply.error === 'string') throw new Error(reply.error);
    return reply;
  }

  close(): void {
    this.#child.stdin.end();
  }
}

async function start(threads: number, interpreters: readonly string[]): Promise<[PythonProcess, Reply] | null> {
  for (const interpreter of interpreters) {
    const python = new PythonProcess(interpreter, threads);
    const hello = await python.reply();
    if (hello) return [python, hello];
  }
  return null;
}

function requestOf(test: Case, folder: string): object {
  const { transposes = 'nn', times = 1, stride = 1, padding = 0 } = test.options ?? {};
  return {
    do: 'prepare',
    operation: test.operation,
    options: { transposes, times, stride, padding, heads, blockParameters, recipe: recipeOf(test.operation) },
    inputs: test.inputs.map(({ shape, classes = 0 }, i) => ({ path: join(folder, `${i}.f32`), shape, classes })),
  };
}

/**
 * PyTorch on the processor, in a process of its own that takes its turns as the others do. Arrays travel through files.
 *
 * @param interpreters - Where to look for it.
 * @returns Null where none of these has PyTorch.
 */
export async function pytorchEngine(
  threads: number,
  interpreters: readonly string[] = usualInterpreters,
): Promise<Engine | null> {
  const started = await start(threads, interpreters);
  if (!started) return null;
  const [python, hello] = started;
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-bench-'));
  const prepared: Prepared = {
    async result(runs) {
      const path = join(folder, 'result.f32');
      rmSync(path, { force: true });
      await python.ask({ do: 'result', runs, path });
      const bytes = readFileSync(path);
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    },
    time: async (runs) => (await python.ask({ do: 'time', runs })).milliseconds as number,
    close: () => {},
  };
  return {
    name: `PyTorch ${hello.version}${threads === 1 ? '' : ` ×${threads}`}`,
    async prepare(test, data) {
      for (const [i, array] of data.entries()) writeFileSync(join(folder, `${i}.f32`), array);
      await python.ask(requestOf(test, folder));
      return prepared;
    },
    close() {
      python.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
