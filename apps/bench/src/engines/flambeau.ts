import { fromArray, nn, openBackend, scope, setDefaultDevice, type Tensor } from 'flambeau';
import type { Engine, Operation, OperationName, OperationOptions } from './engine.ts';
import { trainingStep } from './flambeau-training.ts';
import { inProcess } from './in-process.ts';
import { type Recipe, recipeOf } from './recipes.ts';

type Body = (x: Tensor, y: Tensor, z: Tensor) => Tensor;

const bodies: Readonly<Partial<Record<OperationName, Body>>> = {
  add: (x, y) => x.add(y),
  mulAdd: (x, y, z) => scope(() => x.mul(y).add(z)),
  chain: (x, y) => scope(() => x.mul(y).add(1.5).clamp(0).mul(0.25).sub(y).clamp(null, 2).mul(1.1).add(y)),
  exp: (x) => x.exp(),
  tanh: (x) => x.tanh(),
  gelu: (x) => nn.functional.gelu(x),
  sigmoid: (x) => x.sigmoid(),
  div: (x, y) => x.div(y),
  minimum: (x, y) => x.minimum(y),
  sum: (x) => x.sum(),
  sumRows: (x) => x.sum(1),
  sumColumns: (x) => x.sum(0),
  max: (x) => x.amax(1),
  argmax: (x) => x.argmax(1),
  softmax: (x) => nn.functional.softmax(x, -1),
  logSoftmax: (x) => nn.functional.logSoftmax(x, -1),
  layerNorm: (x) => nn.functional.layerNorm(x, x.shape.slice(1)),
};

function sumOf(x: Tensor, y: Tensor, times: number): Tensor {
  let sum = x.add(y);
  for (let i = 1; i < times; i++) {
    const next = sum.add(y);
    sum.dispose();
    sum = next;
  }
  return sum;
}

function convolution(name: OperationName, inputs: readonly Tensor[], options: OperationOptions): () => Tensor[] {
  const [image, kernel, gradient] = inputs as [Tensor, Tensor, Tensor];
  const groups = (image.shape[1] as number) / (kernel.shape[1] as number);
  const { stride = 1, padding = 0 } = options;
  const forward = (): Tensor => nn.functional.conv2d(image, kernel, null, { stride, padding, groups });
  if (name === 'conv') return () => [forward()];
  image.requiresGrad_();
  kernel.requiresGrad_();
  return () => {
    const output = forward();
    output.backward(gradient);
    output.dispose();
    const gradients = [image.grad as Tensor, kernel.grad as Tensor];
    image.grad = null;
    kernel.grad = null;
    return gradients;
  };
}

/** A training step that reads its loss: where the device has to be awaited, that is the last it does. */
function trainingOperation(recipe: Recipe, inputs: readonly Tensor[], atOnce: boolean): Operation<Tensor> {
  const step = trainingStep(recipe, inputs);
  if (atOnce) {
    return {
      run: () => {
        const loss = step();
        loss.itemSync();
        return [loss];
      },
    };
  }
  return {
    run: async () => {
      const loss = step();
      await loss.item();
      return [loss];
    },
    ended: true,
  };
}

function operation(name: OperationName, inputs: readonly Tensor[], options: OperationOptions): () => readonly Tensor[] {
  const [x, y, z] = inputs as [Tensor, Tensor, Tensor];
  if (name === 'conv' || name === 'convBackward') return convolution(name, inputs, options);
  if (name === 'adds') return () => [sumOf(x, y, options.times ?? 1)];
  if (name === 'matmul') {
    const [left, right] = options.transposes ?? 'nn';
    return () => [(left === 't' ? x.t() : x).matmul(right === 't' ? y.t() : y)];
  }
  const body = bodies[name] as Body;
  return () => [body(x, y, z)];
}

/**
 * Flambeau as an application uses it: tensors, modules and optimizers, one operation at a time.
 *
 * @param device - A registered device.
 * @param name - What the table calls it.
 */
export async function flambeauEngine(device: string, name: string): Promise<Engine> {
  const backend = await openBackend(device);
  return inProcess<Tensor>({
    name,
    enter: () => setDefaultDevice(device),
    array: (data, { shape, classes }) =>
      fromArray(classes === undefined ? data : Int32Array.from(data), shape, { device }),
    operation: (operationName, inputs, options) => {
      const recipe = recipeOf(operationName);
      if (recipe) return trainingOperation(recipe, inputs, backend.readSync !== undefined);
      return { run: operation(operationName, inputs, options) };
    },
    wait: () => backend.synchronize(),
    read: async (value) => Float32Array.from((await value.toArray()) as ArrayLike<number>),
    release: (value) => value.dispose(),
    close: () => {},
  });
}
