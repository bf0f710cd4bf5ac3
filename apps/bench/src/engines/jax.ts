import type { numpy } from '@jax-js/jax';
import { openGpu } from '../gpu/open.ts';
import type { Engine, Operation, OperationName, OperationOptions } from './engine.ts';
import { inProcess } from './in-process.ts';
import { trainingStep } from './jax-training.ts';
import { recipeOf } from './recipes.ts';

type Jax = typeof import('@jax-js/jax');
type JaxArray = numpy.Array;
/** The devices of jax-js that take part. */
export type JaxDevice = 'wasm' | 'webgpu';
type Body = (x: JaxArray, y: JaxArray, z: JaxArray) => JaxArray;

/** Bodies for `jit`; jax-js consumes its operands, so one that is used again is taken by reference. */
function bodiesOf({ numpy: np, nn }: Jax): Readonly<Partial<Record<OperationName, Body>>> {
  return {
    add: (x, y) => x.add(y),
    mulAdd: (x, y, z) => x.mul(y).add(z),
    chain: (x, y) => {
      const t = np.maximum(x.mul(y.ref).add(1.5), 0).mul(0.25).sub(y.ref);
      return np.minimum(t, 2).mul(1.1).add(y);
    },
    exp: (x) => np.exp(x),
    tanh: (x) => np.tanh(x),
    gelu: (x) => nn.gelu(x, { approximate: false }),
    sigmoid: (x) => nn.sigmoid(x),
    div: (x, y) => x.div(y),
    minimum: (x, y) => np.minimum(x, y),
    sum: (x) => x.sum(),
    sumRows: (x) => x.sum(1),
    sumColumns: (x) => x.sum(0),
    max: (x) => np.max(x, 1),
    argmax: (x) => np.argmax(x, 1),
    softmax: (x) => nn.softmax(x, -1),
    logSoftmax: (x) => nn.logSoftmax(x, -1),
    layerNorm: (x) => nn.standardize(x, -1, { epsilon: 1e-5 }),
  };
}

function convolution(
  jax: Jax,
  name: OperationName,
  inputs: readonly JaxArray[],
  { stride = 1, padding = 0 }: OperationOptions,
): () => JaxArray[] {
  const [image, kernel, gradient] = inputs as [JaxArray, JaxArray, JaxArray];
  const featureGroupCount = (image.shape[1] as number) / (kernel.shape[1] as number);
  const around: [number, number] = [padding, padding];
  const forward = (x: JaxArray, weight: JaxArray): JaxArray =>
    jax.lax.convGeneralDilated(x, weight, [stride, stride], [around, around], { featureGroupCount });
  if (name === 'conv') {
    const compiled = jax.jit(forward);
    return () => [compiled(image.ref, kernel.ref)];
  }
  // The product with the gradient comes apart from the convolution's own work; it is small beside it.
  const loss = (x: JaxArray, weight: JaxArray, dy: JaxArray): JaxArray => forward(x, weight).mul(dy).sum();
  const compiled = jax.jit(jax.grad(loss, { argnums: [0, 1] }));
  return () => compiled(image.ref, kernel.ref, gradient.ref) as unknown as JaxArray[];
}

function operation(
  jax: Jax,
  device: JaxDevice,
  name: OperationName,
  inputs: readonly JaxArray[],
  options: OperationOptions,
): Operation<JaxArray> | null {
  const [x, y] = inputs as [JaxArray, JaxArray];
  const recipe = recipeOf(name);
  if (recipe) {
    const ended = device === 'webgpu';
    return { run: trainingStep(jax, recipe, inputs, options.compiled ?? true, ended), ended };
  }
  if (name === 'conv' || name === 'convBackward') return { run: convolution(jax, name, inputs, options) };
  if (name === 'adds') {
    return {
      run: () => {
        let sum = x.ref.add(y.ref);
        for (let i = 1; i < (options.times ?? 1); i++) sum = sum.add(y.ref);
        return [sum];
      },
    };
  }
  const [left, right] = options.transposes ?? 'nn';
  const body: Body | undefined =
    name === 'matmul'
      ? (a, b) => jax.numpy.matmul(left === 't' ? a.transpose() : a, right === 't' ? b.transpose() : b)
      : bodiesOf(jax)[name];
  if (!body) return null;
  const compiled = jax.jit(body) as (...operands: JaxArray[]) => JaxArray;
  return { run: () => [compiled(...inputs.map((input) => input.ref))] };
}

/** jax-js on one of its devices, wasm with one thread; operations and whole steps are compiled by `jit`. */
export async function jaxEngine(device: JaxDevice): Promise<Engine> {
  if (device === 'webgpu') await openGpu();
  const jax = await import('@jax-js/jax');
  const open = await jax.init(device);
  if (!open.includes(device)) throw new Error(`jax-js does not open its ${device} device`);
  return inProcess<JaxArray>({
    name: `jax-js ${device}`,
    enter: () => jax.defaultDevice(device),
    array: (data, { shape, classes }) =>
      classes === undefined
        ? jax.numpy.array(data, { shape: [...shape] })
        : jax.numpy.array(Int32Array.from(data), { shape: [...shape] }),
    operation: (name, inputs, options) => operation(jax, device, name, inputs, options),
    wait: (values) => jax.blockUntilReady([...values]),
    read: async (value) => Float32Array.from((await value.ref.data()) as Float32Array),
    release: (value) => value.dispose(),
    close: () => {},
  });
}
