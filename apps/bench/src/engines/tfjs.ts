import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { openGpu } from '../gpu/open.ts';
import type { Engine, Operation, OperationName, OperationOptions } from './engine.ts';
import { inProcess } from './in-process.ts';
import { recipeOf } from './recipes.ts';
import { trainingStep } from './tfjs-training.ts';

type Tfjs = typeof import('@tensorflow/tfjs-core');
/** The backends of TensorFlow.js that take part. */
export type TfjsBackend = 'cpu' | 'wasm' | 'webgpu';
type Body = (x: Tensor, y: Tensor, z: Tensor) => Tensor;

function bodiesOf(tf: Tfjs): Readonly<Partial<Record<OperationName, Body>>> {
  return {
    add: (x, y) => tf.add(x, y),
    mulAdd: (x, y, z) => tf.add(tf.mul(x, y), z),
    chain: (x, y) => {
      const t = tf.sub(tf.mul(tf.maximum(tf.add(tf.mul(x, y), 1.5), 0), 0.25), y);
      return tf.add(tf.mul(tf.minimum(t, 2), 1.1), y);
    },
    exp: (x) => tf.exp(x),
    tanh: (x) => tf.tanh(x),
    gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
    sigmoid: (x) => tf.sigmoid(x),
    div: (x, y) => tf.div(x, y),
    minimum: (x, y) => tf.minimum(x, y),
    sum: (x) => tf.sum(x),
    sumRows: (x) => tf.sum(x, 1),
    sumColumns: (x) => tf.sum(x, 0),
    max: (x) => tf.max(x, 1),
    argmax: (x) => tf.argMax(x, 1),
    softmax: (x) => tf.softmax(x),
    logSoftmax: (x) => tf.logSoftmax(x),
    layerNorm: (x) => {
      const { mean, variance } = tf.moments(x, 1, true);
      return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    },
  };
}

function sumOf(tf: Tfjs, x: Tensor, y: Tensor, times: number): Tensor {
  let sum = tf.add(x, y);
  for (let i = 1; i < times; i++) {
    const next = tf.add(sum, y);
    sum.dispose();
    sum = next;
  }
  return sum;
}

/** Images as `[N, H, W, C]` and kernels as `[H, W, in, out]`: tfjs has no other layout on these backends. */
function convolution(
  tf: Tfjs,
  name: OperationName,
  inputs: readonly Tensor[],
  { stride = 1, padding = 0 }: OperationOptions,
): Operation<Tensor> {
  const depthwise = inputs[1]?.shape[1] !== inputs[0]?.shape[1];
  const [image, gradient] = [inputs[0], inputs[2]].map((x) => x && tf.transpose(x, [0, 2, 3, 1]));
  const kernel = tf.transpose(inputs[1] as Tensor, depthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]);
  const forward = (x: Tensor, weight: Tensor): Tensor =>
    (depthwise ? tf.depthwiseConv2d : tf.conv2d)(x as Tensor4D, weight as Tensor4D, stride, padding);
  if (name === 'conv') {
    return {
      run: () => [forward(image as Tensor, kernel)],
      toCommon: (value) => tf.transpose(value, [0, 3, 1, 2]),
    };
  }
  const backward = tf.grads(forward);
  return {
    run: () => backward([image as Tensor, kernel], gradient as Tensor),
    toCommon: (value) => {
      if (value.shape[0] === image?.shape[0] && value.shape[1] === image?.shape[1]) {
        return tf.transpose(value, [0, 3, 1, 2]);
      }
      return tf.transpose(value, depthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]);
    },
  };
}

/** A training step that reads its loss: where the device has to be awaited, that is the last it does. */
function step(tf: Tfjs, run: () => Tensor): Operation<Tensor> {
  if (tf.getBackend() !== 'webgpu') {
    return {
      run: () => {
        const loss = run();
        loss.dataSync();
        return [loss];
      },
    };
  }
  return {
    run: async () => {
      const loss = run();
      await loss.data();
      return [loss];
    },
    ended: true,
  };
}

function operation(
  tf: Tfjs,
  name: OperationName,
  inputs: readonly Tensor[],
  options: OperationOptions,
): Operation<Tensor> | null {
  const [x, y, z] = inputs as [Tensor, Tensor, Tensor];
  const recipe = recipeOf(name);
  if (recipe) return step(tf, trainingStep(tf, recipe, inputs));
  if (name === 'conv' || name === 'convBackward') return convolution(tf, name, inputs, options);
  if (name === 'adds') return { run: () => [sumOf(tf, x, y, options.times ?? 1)] };
  if (name === 'matmul') {
    const [left, right] = options.transposes ?? 'nn';
    return { run: () => [tf.matMul(x as Tensor2D, y as Tensor2D, left === 't', right === 't')] };
  }
  const body = bodiesOf(tf)[name];
  return body ? { run: () => [tf.tidy(() => body(x, y, z))] } : null;
}

/** What a backend on WebGPU has; its work is sent when something is read, or when there is much of it. */
type GpuBackend = Pick<WebGPUBackend, 'ensureCommandEncoderReady' | 'endComputePassEncoder' | 'submitQueue' | 'queue'>;

/** Waits until the device has done all that it was asked for, without reading more than others read. */
async function waitForGpu(tf: Tfjs): Promise<void> {
  const backend = tf.backend() as unknown as GpuBackend;
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await backend.queue.onSubmittedWorkDone();
}

async function load(backend: TfjsBackend): Promise<Tfjs> {
  if (backend === 'webgpu') await openGpu();
  const tf = await import('@tensorflow/tfjs-core');
  tf.enableProdMode();
  // It registers the gradients, which the core alone does not have.
  await import('@tensorflow/tfjs-layers');
  if (backend === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
  else if (backend === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  else {
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    const { createRequire } = await import('node:module');
    const { dirname, sep } = await import('node:path');
    const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(`${dirname(entry)}${sep}`);
    wasm.setThreadsCount(1);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs does not open its ${backend} backend`);
  return tf;
}

/** TensorFlow.js on one of its backends, wasm with one thread. */
export async function tfjsEngine(backend: TfjsBackend): Promise<Engine> {
  const tf = await load(backend);
  return inProcess<Tensor>({
    name: `tfjs ${backend}`,
    enter: () => tf.setBackend(backend),
    array: (data, { shape, classes }) => tf.tensor(data, [...shape], classes === undefined ? 'float32' : 'int32'),
    operation: (name, inputs, options) => operation(tf, name, inputs, options),
    wait: () => (backend === 'webgpu' ? waitForGpu(tf) : undefined),
    read: async (value) => Float32Array.from(await value.data()),
    release: (value) => value.dispose(),
    close: () => {},
  });
}
