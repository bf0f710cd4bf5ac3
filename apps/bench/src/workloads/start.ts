import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Flags } from '../flags.ts';
import { median } from '../numbers.ts';
import { short, tableText } from '../report.ts';
import type { SpecialWorkload } from './workload.ts';

/** A way to begin, as an application would write it. */
interface Beginning {
  readonly name: string;
  /** Whether the command line asks for it. */
  asked(flags: Flags): boolean;
  /** What a page has already: run first, and not timed. */
  readonly given?: string;
  /** Imports and computes `value`, the first result. */
  readonly script: string;
  /** Imports what a model with one linear layer and SGD needs. */
  readonly model: string;
  /** A file that is loaded beside the code. */
  readonly asset?: string;
}

const tfjsModel = `import { matMul, add, variable, train } from '@tensorflow/tfjs-core';
  import '@tensorflow/tfjs-core/dist/register_all_gradients';`;

/** WebGPU of this process, as browsers have it. */
const givenGpu = `const { create, globals } = await import('webgpu'); Object.assign(globalThis, globals);
  const own = globalThis.navigator ?? { userAgent: 'Node.js', hardwareConcurrency: 1 };
  Object.defineProperty(own, 'gpu', { value: create([]) });
  if (!globalThis.navigator) globalThis.navigator = own;
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function (descriptor) {
    return requestDevice.call(this, { ...descriptor, requiredFeatures: [...(descriptor?.requiredFeatures ?? [])].flat() });
  };`;

const beginnings: readonly Beginning[] = [
  {
    name: 'flambeau cpu',
    asked: () => true,
    script: `const { tensor, use } = await import('flambeau');
      use('cpu');
      const value = (await tensor([[1, 2], [3, 4]]).matmul(tensor([[1, 0], [0, 1]])).toArray())[3];`,
    model: `import { Linear } from '@flambeau/nn'; import { SGD } from '@flambeau/optim';
      import { cpu } from '@flambeau/backend-cpu'; console.log(Linear, SGD, cpu);`,
  },
  {
    name: 'flambeau wasm',
    asked: ({ device }) => device === 'wasm',
    script: `const { openBackend, tensor, use } = await import('flambeau');
      await openBackend('wasm');
      use('wasm');
      const value = (await tensor([[1, 2], [3, 4]]).matmul(tensor([[1, 0], [0, 1]])).toArray())[3];`,
    model: `import { Linear } from '@flambeau/nn'; import { SGD } from '@flambeau/optim';
      import { wasm } from '@flambeau/backend-wasm'; console.log(Linear, SGD, wasm);`,
  },
  {
    name: 'flambeau webgpu',
    asked: ({ device }) => device === 'webgpu',
    given: givenGpu,
    script: `const { openBackend, tensor, use } = await import('flambeau');
      await openBackend('webgpu');
      use('webgpu');
      const value = (await tensor([[1, 2], [3, 4]]).matmul(tensor([[1, 0], [0, 1]])).toArray())[3];`,
    model: `import { Linear } from '@flambeau/nn'; import { SGD } from '@flambeau/optim';
      import { webgpu } from '@flambeau/backend-webgpu'; console.log(Linear, SGD, webgpu);`,
  },
  {
    name: 'jax-js webgpu',
    asked: ({ device, peers }) => device === 'webgpu' && peers.includes('jax'),
    given: givenGpu,
    script: `const { init, defaultDevice, numpy } = await import('@jax-js/jax');
      await init('webgpu'); defaultDevice('webgpu');
      const value = (await numpy.matmul(numpy.array([[1, 2], [3, 4]]), numpy.array([[1, 0], [0, 1]])).data())[3];`,
    model: `import { init, defaultDevice, numpy, valueAndGrad, jit } from '@jax-js/jax';
      console.log(init, defaultDevice, numpy.matmul, numpy.add, valueAndGrad, jit);`,
  },
  {
    name: 'tfjs webgpu',
    asked: ({ peers }) => peers.includes('tfjs-webgpu'),
    given: givenGpu,
    script: `const tf = await import('@tensorflow/tfjs-core'); await import('@tensorflow/tfjs-backend-webgpu');
      tf.enableProdMode(); await tf.setBackend('webgpu');
      tf.env().set('WEBGPU_CPU_FORWARD', false);
      const value = (await tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1, 0], [0, 1]])).data())[3];`,
    model: `${tfjsModel} import '@tensorflow/tfjs-backend-webgpu'; console.log(matMul, add, variable, train);`,
  },
  {
    name: 'jax-js wasm',
    asked: ({ device, peers }) => device !== 'webgpu' && peers.includes('jax'),
    script: `const { init, defaultDevice, numpy } = await import('@jax-js/jax');
      await init('wasm'); defaultDevice('wasm');
      const value = (await numpy.matmul(numpy.array([[1, 2], [3, 4]]), numpy.array([[1, 0], [0, 1]])).data())[3];`,
    model: `import { init, defaultDevice, numpy, valueAndGrad, jit } from '@jax-js/jax';
      console.log(init, defaultDevice, numpy.matmul, numpy.add, valueAndGrad, jit);`,
  },
  {
    name: 'tfjs wasm',
    asked: ({ peers }) => peers.includes('tfjs-wasm'),
    script: `const tf = await import('@tensorflow/tfjs-core'); const wasm = await import('@tensorflow/tfjs-backend-wasm');
      const { createRequire } = await import('node:module'); const { dirname } = await import('node:path');
      const entry = createRequire(process.cwd() + '/x.js').resolve('@tensorflow/tfjs-backend-wasm');
      tf.enableProdMode(); wasm.setWasmPaths(dirname(entry) + '/'); wasm.setThreadsCount(1); await tf.setBackend('wasm');
      const value = (await tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1, 0], [0, 1]])).data())[3];`,
    model: `${tfjsModel} import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
      console.log(matMul, add, variable, train, setWasmPaths);`,
    asset: '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  },
  {
    name: 'tfjs cpu',
    asked: ({ peers }) => peers.includes('tfjs-cpu'),
    script: `const tf = await import('@tensorflow/tfjs-core'); await import('@tensorflow/tfjs-backend-cpu');
      tf.enableProdMode(); await tf.setBackend('cpu');
      const value = (await tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1, 0], [0, 1]])).data())[3];`,
    model: `${tfjsModel} import '@tensorflow/tfjs-backend-cpu'; console.log(matMul, add, variable, train);`,
  },
];

/** Packages are found from here, which lies in this app, built or not. */
const folder = fileURLToPath(new URL('.', import.meta.url));

/** Time from before the import to the first result, in a new process (milliseconds). */
async function firstResult({ name, given = '', script }: Beginning): Promise<number> {
  const text = `${given}
    const started = performance.now();
    ${script}
    process.stdout.write('\\n' + JSON.stringify([performance.now() - started, value]));
    process.exit(0);`;
  const args = ['--input-type=module', '--eval', text];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  const [time, value] = JSON.parse(stdout.trim().split('\n').at(-1) as string) as [number, number];
  if (value !== 4) throw new Error(`${name} gives ${value} instead of 4`);
  return time;
}

/** Bytes that a page loads, minified and compressed: code, and what is loaded beside it. */
async function shipped({ model, asset }: Beginning): Promise<{ code: number; asset: number }> {
  const { outputFiles } = await build({
    stdin: { contents: model, resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    external: ['node:*', 'webgpu', 'worker_threads', 'perf_hooks', 'os', 'fs', 'path', 'crypto'],
    logLevel: 'silent',
  });
  const size = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;
  if (asset === undefined) return { code: size(outputFiles[0]!.contents), asset: 0 };
  const [scope, name, ...rest] = asset.split('/') as [string, string, ...string[]];
  const entry = createRequire(import.meta.url).resolve(`${scope}/${name}/package.json`);
  return { code: size(outputFiles[0]!.contents), asset: size(await readFile(join(dirname(entry), ...rest))) };
}

/** Import and first result in new processes, and the bytes of a first model. */
export const startWorkload: SpecialWorkload = {
  name: 'start',
  title: 'import and first result, in a new process; minified and compressed bytes of Linear, SGD and one backend',
  async run({ flags }) {
    const all = beginnings
      .filter((beginning) => beginning.asked(flags))
      .map((beginning) => ({ beginning, samples: [] as number[] }));
    for (const { beginning } of all) await firstResult(beginning);
    for (let round = 0; round < flags.rounds; round++) {
      for (const { beginning, samples } of all) samples.push(await firstResult(beginning));
    }
    const found = [];
    for (const { beginning, samples } of all) {
      found.push({ name: beginning.name, median: median(samples), samples, bytes: await shipped(beginning) });
    }
    const rows = found.map(({ name, median: middle, bytes }) => {
      const beside = bytes.asset ? ` + ${short(bytes.asset / 1e3)}` : '';
      return [name, short(middle), `${short(bytes.code / 1e3)}${beside}`];
    });
    return { table: `${tableText(this, ['ms', 'KB'], rows)}\n`, record: { workload: this.name, packages: found } };
  },
};
